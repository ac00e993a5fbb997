/** Protobuf wire types (protobuf.dev, Encoding). */
export const WireType = {
  Varint: 0,
  Fixed64: 1,
  LengthDelimited: 2,
  StartGroup: 3,
  EndGroup: 4,
  Fixed32: 5,
} as const

export type WireType = (typeof WireType)[keyof typeof WireType]

/** The tag of a field: its number and wire type, as an unsigned 32-bit number. */
export function tagOf(number: number, wireType: WireType): number {
  return ((number << 3) | wireType) >>> 0
}

/** Of a writer's first buffer: many serve one message only. */
const INITIAL_SIZE = 256
/** Bytes of a buffer that messages are written into, one behind the other. */
const SLAB_SIZE = 1 << 16
/** With less room than this left, the next message begins another. */
const MIN_ROOM = 1 << 12
const TWO_32 = 2 ** 32
/** What a call of `copyWithin` costs: fewer bytes than this are moved by a loop. */
const FEW_BYTES = 48

/** Bytes of a length as a varint. */
export function widthOf(size: number): number {
  return size < 0x80 ? 1 : size < 0x4000 ? 2 : size < 0x200000 ? 3 : size < 0x10000000 ? 4 : 5
}

/**
 * Writes protobuf wire bytes into a buffer that grows. A submessage's length is patched in when it ends. One writer
 * serves many messages, one after the other, and small ones share a buffer: each is handed out where it was written.
 */
export class WireWriter {
  /** What is written, then room: readers of text copy into it themselves, after `reserve`. Replaced when it grows. */
  buffer = Buffer.allocUnsafeSlow(INITIAL_SIZE)
  /** Where in it the next byte is written; marks are such places too. */
  length = 0
  /** Where in it the message begins. */
  #start = 0
  /** The same bytes, for writing several at a time. */
  view = viewOf(this.buffer)

  /** A field's tag. */
  tag(tag: number): void {
    if (tag < 0x80) {
      this.reserve(1)
      this.buffer[this.length++] = tag
    } else {
      this.uint32(tag)
    }
  }

  /** An unsigned 32-bit number as a varint. */
  uint32(value: number): void {
    this.reserve(5)
    const { buffer } = this
    let at = this.length
    let rest = value >>> 0
    while (rest > 0x7f) {
      buffer[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    buffer[at++] = rest
    this.length = at
  }

  /** A signed 32-bit number as a varint: negative ones take ten bytes, as int64 would. */
  int32(value: number): void {
    if (value >= 0) this.uint32(value)
    else this.varintOf(value >>> 0, 0xffffffff)
  }

  /** A 64-bit number, signed or not, as a varint of its two's complement. */
  varint64(value: bigint): void {
    const bits = BigInt.asUintN(64, value)
    this.varintOf(Number(bits & 0xffffffffn), Number(bits >> 32n))
  }

  /** The same of an integer that a double holds exactly, its magnitude below 2^53. */
  varint(value: number): void {
    if (value >= 0 && value < TWO_32) this.uint32(value)
    else this.varintOf(value >>> 0, Math.floor(value / TWO_32) >>> 0)
  }

  /** The same of its two halves, unsigned. */
  varintOf(lowHalf: number, highHalf: number): void {
    this.reserve(10)
    let low = lowHalf
    let high = highHalf
    while (high !== 0 || low > 0x7f) {
      this.buffer[this.length++] = (low & 0x7f) | 0x80
      low = ((low >>> 7) | (high << 25)) >>> 0
      high >>>= 7
    }
    this.buffer[this.length++] = low
  }

  fixed32(value: number): void {
    this.reserve(4)
    this.view.setUint32(this.length, value >>> 0, true)
    this.length += 4
  }

  fixed64(value: bigint): void {
    this.reserve(8)
    this.view.setBigUint64(this.length, BigInt.asUintN(64, value), true)
    this.length += 8
  }

  /** The same of an integer that a double holds exactly. */
  fixed(value: number): void {
    this.fixed32(value)
    this.fixed32(Math.floor(value / TWO_32))
  }

  float(value: number): void {
    this.reserve(4)
    this.view.setFloat32(this.length, value, true)
    this.length += 4
  }

  double(value: number): void {
    this.reserve(8)
    this.view.setFloat64(this.length, value, true)
    this.length += 8
  }

  /** A string's length and its UTF-8 bytes. */
  string(value: string): void {
    const size = Buffer.byteLength(value, 'utf8')
    this.uint32(size)
    this.reserve(size)
    this.buffer.write(value, this.length, size, 'utf8')
    this.length += size
  }

  /** A length and the bytes. */
  bytes(value: Uint8Array): void {
    this.uint32(value.length)
    this.raw(value)
  }

  /** Bytes as they are. */
  raw(value: Uint8Array): void {
    this.reserve(value.length)
    this.buffer.set(value, this.length)
    this.length += value.length
  }

  /**
   * Starts a length-delimited value; hand the mark to `end`.
   *
   * @param width bytes to leave for the length: a right guess saves moving the value
   */
  begin(width = 1): number {
    this.reserve(width)
    const mark = this.length
    this.length = mark + width
    return mark
  }

  /**
   * Ends the value started at the mark: its length goes before it, in as few bytes as hold it.
   *
   * @returns the bytes the length took
   */
  end(mark: number, width = 1): number {
    const start = mark + width
    const size = this.length - start
    const needed = widthOf(size)
    if (needed !== width) this.#move(start, mark + needed, size)
    const { buffer } = this
    let at = mark
    let rest = size
    while (rest > 0x7f) {
      buffer[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    buffer[at] = rest
    return needed
  }

  /** The same for a value that most often is shorter than 128 bytes, and was started with room for as much. */
  endShort(mark: number): void {
    const size = this.length - mark - 1
    if (size < 0x80) this.buffer[mark] = size
    else this.end(mark)
  }

  /** Moves what was written last, which begins at `from`. */
  #move(from: number, to: number, size: number): void {
    if (to > from) this.reserve(to - from)
    const { buffer } = this
    if (size > FEW_BYTES) buffer.copyWithin(to, from, from + size)
    else if (to < from) for (let i = 0; i < size; i++) buffer[to + i] = buffer[from + i]!
    else for (let i = size - 1; i >= 0; i--) buffer[to + i] = buffer[from + i]!
    this.length = to + size
  }

  /** Forgets everything written after the mark, which was `length` at some time. */
  rewind(length: number): void {
    this.length = length
  }

  /** True where two ranges of what was written hold the same. */
  isSame(start: number, end: number, otherStart: number, otherEnd: number): boolean {
    return this.buffer.compare(this.buffer, otherStart, otherEnd, start, end) === 0
  }

  /** What was written. Nothing is written there any more: the next message, after `clear`, stands elsewhere. */
  finish(): Uint8Array {
    const { buffer, length } = this
    const start = this.#start
    this.#start = length
    // Nothing is kept alive that is more than twice as large as the message, or as a slab.
    const isTight = buffer.length <= SLAB_SIZE || 2 * (length - start) >= buffer.length
    return isTight ? buffer.subarray(start, length) : Buffer.from(buffer.subarray(start, length))
  }

  /** Begins a message, whatever became of the one before. */
  clear(): void {
    const size = this.buffer.length
    if (size !== SLAB_SIZE || size - this.#start < MIN_ROOM) {
      this.#start = 0
      this.#replace(Buffer.allocUnsafeSlow(SLAB_SIZE))
    }
    this.length = this.#start
  }

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    if (this.length + size > this.buffer.length) this.#grow(this.length + size)
  }

  #grow(needed: number): void {
    // What was written moves along, at the same place: marks stay right.
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2))
    this.buffer.copy(grown, this.#start, this.#start, this.length)
    this.#replace(grown)
  }

  #replace(buffer: Buffer<ArrayBuffer>): void {
    this.buffer = buffer
    this.view = viewOf(buffer)
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length)
}
