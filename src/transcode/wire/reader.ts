import { WireType } from './writer.js'

/** Bytes that are no protobuf message: who reads decides whose fault that is. */
export class WireError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'WireError'
  }
}

/** Messages nested deeper than this are refused, on the wire as in text (protobuf's own default everywhere). */
export const MAX_DEPTH = 100

/** Reads protobuf wire bytes. Every method throws WireError where the bytes do not have what it reads. */
export class WireReader {
  readonly bytes: Uint8Array
  readonly #view: DataView
  position: number
  end: number

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = 0
    this.end = bytes.length
  }

  get isAtEnd(): boolean {
    return this.position >= this.end
  }

  /** A field's tag. Field number 0 and the wire types 6 and 7 are refused. */
  tag(): number {
    const start = this.position
    const tag = this.uint32()
    // A tag has 32 bits, so five bytes; what does not fit into the fifth is lost in uint32, so look at it here.
    const size = this.position - start
    if (size > 5 || (size === 5 && this.bytes[start + 4]! > 0x0f)) throw new WireError('a tag has more than 32 bits')
    if (tag >>> 3 === 0) throw new WireError('field number 0')
    if ((tag & 7) > WireType.Fixed32) throw new WireError(`wire type ${tag & 7} does not exist`)
    return tag
  }

  /** The low 32 bits of a varint, unsigned. */
  uint32(): number {
    let low = 0
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte()
      if (i < 5) low |= (byte & 0x7f) << (7 * i)
      if (byte < 0x80) return low >>> 0
    }
    throw new WireError('a varint is longer than ten bytes')
  }

  /** A varint, unsigned 64 bits. */
  uint64(): bigint {
    let low = 0
    let middle = 0
    let high = 0
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte()
      if (i < 4) low |= (byte & 0x7f) << (7 * i)
      else if (i < 8) middle |= (byte & 0x7f) << (7 * (i - 4))
      else high |= (byte & 0x7f) << (7 * (i - 8))
      if (byte < 0x80) {
        return BigInt.asUintN(64, BigInt(low) | (BigInt(middle) << 28n) | (BigInt(high) << 56n))
      }
    }
    throw new WireError('a varint is longer than ten bytes')
  }

  /** True for any non-zero varint, also one whose low 32 bits are zero. */
  bool(): boolean {
    let bits = 0
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte()
      bits |= byte & 0x7f
      if (byte < 0x80) return bits !== 0
    }
    throw new WireError('a varint is longer than ten bytes')
  }

  fixed32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  fixed64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
  }

  float(): number {
    return this.#view.getFloat32(this.#take(4), true)
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true)
  }

  /** The bytes of a length-delimited value, as a view. */
  lengthDelimited(): Uint8Array {
    const size = this.#size()
    const start = this.#take(size)
    return this.bytes.subarray(start, start + size)
  }

  /**
   * Narrows the reader to the length-delimited value that begins here; returns the outer end, to be handed to `leave`.
   */
  enter(): number {
    const size = this.#size()
    if (size > this.end - this.position) throw new WireError('a length runs past the end')
    const outer = this.end
    this.end = this.position + size
    return outer
  }

  leave(outerEnd: number): void {
    this.end = outerEnd
  }

  /** Skips the value after a tag; a group to its end tag. */
  skip(tag: number, depth: number): void {
    switch (tag & 7) {
      case WireType.Varint:
        this.bool()
        return
      case WireType.Fixed64:
        this.#take(8)
        return
      case WireType.LengthDelimited:
        this.#take(this.#size())
        return
      case WireType.Fixed32:
        this.#take(4)
        return
      case WireType.StartGroup:
        this.#skipGroup(tag >>> 3, depth + 1)
        return
      default:
        throw new WireError('an end tag without its group')
    }
  }

  #skipGroup(number: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new WireError(`nested deeper than ${MAX_DEPTH} levels`)
    while (!this.isAtEnd) {
      const tag = this.tag()
      if ((tag & 7) === WireType.EndGroup) {
        if (tag >>> 3 !== number) throw new WireError('a group ends with the tag of another')
        return
      }
      this.skip(tag, depth)
    }
    throw new WireError('a group without its end tag')
  }

  /** A length: as a varint it may have ten bytes, but no value that a message could have needs more than 31 bits. */
  #size(): number {
    const first = this.#byte()
    if (first < 0x80) return first
    this.position--
    const size = this.uint64()
    if (size > 0x7fffffffn) throw new WireError('a length runs past the end')
    return Number(size)
  }

  #byte(): number {
    if (this.position >= this.end) throw new WireError('the bytes end within a varint')
    return this.bytes[this.position++]!
  }

  #take(size: number): number {
    if (size > this.end - this.position) throw new WireError('a length runs past the end')
    const start = this.position
    this.position += size
    return start
  }
}
