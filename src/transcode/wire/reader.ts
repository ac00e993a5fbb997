import { WireType } from './writer.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { EndGroup, Fixed32, Fixed64, LengthDelimited, StartGroup, Varint } = WireType

/** Bytes that are no protobuf message: who reads decides whose fault that is. */
export class WireError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'WireError'
  }
}

/** Messages nested deeper than this are refused, on the wire as in text (protobuf's own default everywhere). */
export const MAX_DEPTH = 100

/** Messages shorter than this have no view. */
const MIN_VIEWED = 512

const EMPTY = new Uint8Array(0)

/** The same eight bytes as numbers: two halves in, a float or a double out. */
const HALVES = new Uint32Array(2)
const AS_FLOAT = new Float32Array(HALVES.buffer)
const AS_DOUBLE = new Float64Array(HALVES.buffer)
const LOW = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1
const HIGH = 1 - LOW

/** Reads protobuf wire bytes. Every method throws WireError where the bytes do not have what it reads. */
export class WireReader {
  bytes: Uint8Array
  /** The bytes of a long message, for reading several at a time: making one costs as much as a short message's words. */
  view: DataView | undefined = undefined
  position = 0
  end: number
  /** The halves of a 64-bit number that was read, each unsigned. */
  low = 0
  high = 0

  constructor(bytes: Uint8Array = EMPTY) {
    this.bytes = bytes
    this.end = bytes.length
  }

  /** Begins with other bytes; without any, it holds none of a message that is done. */
  reset(bytes: Uint8Array = EMPTY): void {
    this.bytes = bytes
    this.view = bytes.length < MIN_VIEWED ? undefined : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = 0
    this.end = bytes.length
  }

  /** Four bytes as a number, little-endian; they are within the bytes. */
  word(at: number): number {
    if (this.view !== undefined) return this.view.getInt32(at, true)
    const { bytes } = this
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
  }

  get isAtEnd(): boolean {
    return this.position >= this.end
  }

  /** A field's tag. Field number 0 and the wire types 6 and 7 are refused. */
  tag(): number {
    const { bytes, position } = this
    // Nearly all tags have one byte or two.
    if (position + 1 < this.end) {
      const first = bytes[position]!
      if (first < 0x80) {
        if (first > 7 && (first & 7) <= Fixed32) {
          this.position = position + 1
          return first
        }
      } else {
        const second = bytes[position + 1]!
        if (second < 0x80 && second > 0 && (first & 7) <= Fixed32) {
          this.position = position + 2
          return (first & 0x7f) | (second << 7)
        }
      }
    }
    return this.#longTag()
  }

  #longTag(): number {
    const start = this.position
    const tag = this.uint32()
    // A tag has 32 bits, so five bytes; what does not fit into the fifth is lost in uint32, so look at it here.
    const size = this.position - start
    if (size > 5 || (size === 5 && this.bytes[start + 4]! > 0x0f)) throw new WireError('a tag has more than 32 bits')
    if (tag >>> 3 === 0) throw new WireError('field number 0')
    if ((tag & 7) > Fixed32) throw new WireError(`wire type ${tag & 7} does not exist`)
    return tag
  }

  /** The low 32 bits of a varint, unsigned. */
  uint32(): number {
    if (this.position < this.end && this.bytes[this.position]! < 0x80) return this.bytes[this.position++]!
    let low = 0
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte()
      if (i < 5) low |= (byte & 0x7f) << (7 * i)
      if (byte < 0x80) return low >>> 0
    }
    throw new WireError('a varint is longer than ten bytes')
  }

  /** A varint of 64 bits, into `low` and `high`. */
  varint64(): void {
    if (this.position < this.end && this.bytes[this.position]! < 0x80) {
      this.low = this.bytes[this.position++]!
      this.high = 0
      return
    }
    const { bytes, end } = this
    let at = this.position
    let low = 0
    let middle = 0
    let top = 0
    let byte = 0x80
    for (let shift = 0; shift < 28 && byte >= 0x80 && at < end; shift += 7) {
      byte = bytes[at++]!
      low |= (byte & 0x7f) << shift
    }
    for (let shift = 0; shift < 28 && byte >= 0x80 && at < end; shift += 7) {
      byte = bytes[at++]!
      middle |= (byte & 0x7f) << shift
    }
    for (let shift = 0; shift < 14 && byte >= 0x80 && at < end; shift += 7) {
      byte = bytes[at++]!
      top |= (byte & 0x7f) << shift
    }
    if (byte >= 0x80) {
      throw new WireError(at < end ? 'a varint is longer than ten bytes' : 'the bytes end within a varint')
    }
    this.position = at
    this.low = (low | (middle << 28)) >>> 0
    this.high = ((middle >>> 4) | (top << 24)) >>> 0
  }

  /** `low` and `high` of a sint64, as they were before they were folded (protobuf.dev, Encoding, ZigZag). */
  unzigzag(): void {
    const sign = -(this.low & 1)
    this.low = (((this.low >>> 1) | (this.high << 31)) ^ sign) >>> 0
    this.high = ((this.high >>> 1) ^ sign) >>> 0
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

  /** Unsigned 32 bits. */
  fixed32(): number {
    return this.word(this.#take(4)) >>> 0
  }

  /** 64 bits, into `low` and `high`. */
  fixed64(): void {
    const start = this.#take(8)
    this.low = this.word(start) >>> 0
    this.high = this.word(start + 4) >>> 0
  }

  float(): number {
    HALVES[0] = this.fixed32()
    return AS_FLOAT[0]!
  }

  double(): number {
    this.fixed64()
    HALVES[LOW] = this.low
    HALVES[HIGH] = this.high
    return AS_DOUBLE[0]!
  }

  /** Where the length-delimited value that begins here ends; what comes next is its first byte. */
  delimitedEnd(): number {
    const start = this.position
    const short = this.bytes[start]!
    if (start < this.end && short < this.end - start && short < 0x80) {
      this.position = start + 1
      return start + 1 + short
    }
    const size = this.#size()
    if (size > this.end - this.position) throw new WireError('a length runs past the end')
    return this.position + size
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
    const outer = this.end
    this.end = this.delimitedEnd()
    return outer
  }

  leave(outerEnd: number): void {
    this.end = outerEnd
  }

  /** Skips the value after a tag; a group to its end tag. */
  skip(tag: number, depth: number): void {
    switch (tag & 7) {
      case Varint:
        this.bool()
        return
      case Fixed64:
        this.#take(8)
        return
      case LengthDelimited:
        this.#take(this.#size())
        return
      case Fixed32:
        this.#take(4)
        return
      case StartGroup:
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
      if ((tag & 7) === EndGroup) {
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
    const second = this.position < this.end ? this.bytes[this.position]! : 0x80
    if (second < 0x80) {
      this.position++
      return (first & 0x7f) | (second << 7)
    }
    this.position--
    this.varint64()
    if (this.high !== 0 || this.low > 0x7fffffff) throw new WireError('a length runs past the end')
    return this.low
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
