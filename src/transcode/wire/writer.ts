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

const INITIAL_SIZE = 256
/** Up to so many bytes a loop is quicker than the call that copies them. */
const SHORT = 128
/** A scratch writer's buffer that has grown beyond this is let go of. */
const MAX_KEPT = 1024 * 1024

/** Writes protobuf wire bytes into a buffer that grows. A submessage's length is patched in when it ends. */
export class WireWriter {
  /** What is written lies in `buffer` up to `length`; whoever writes there itself asks for room with `reserve` first. */
  buffer: Buffer
  length = 0

  constructor(initialSize = INITIAL_SIZE) {
    this.buffer = Buffer.allocUnsafe(initialSize)
  }

  /** Makes room for so many more bytes. */
  reserve(size: number): void {
    const needed = this.length + size
    if (needed <= this.buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2))
    this.buffer.copy(grown, 0, 0, this.length)
    this.buffer = grown
  }

  /** An unsigned 32-bit number as a varint. */
  uint32(value: number): void {
    this.reserve(5)
    const { buffer } = this
    let rest = value >>> 0
    let at = this.length
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
    else this.varintParts(value >>> 0, 0xffffffff)
  }

  /** A 64-bit number, signed or not, as a varint of its two's complement. */
  varint64(value: bigint): void {
    const bits = BigInt.asUintN(64, value)
    this.varintParts(Number(bits & 0xffffffffn), Number(bits >> 32n))
  }

  /** The same in two unsigned halves. */
  varintParts(low: number, high: number): void {
    this.reserve(10)
    const { buffer } = this
    let at = this.length
    while (high !== 0 || low > 0x7f) {
      buffer[at++] = (low & 0x7f) | 0x80
      low = ((low >>> 7) | (high << 25)) >>> 0
      high >>>= 7
    }
    buffer[at++] = low
    this.length = at
  }

  fixed32(value: number): void {
    this.reserve(4)
    this.length = this.buffer.writeUInt32LE(value >>> 0, this.length)
  }

  fixed64(value: bigint): void {
    this.reserve(8)
    this.length = this.buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.length)
  }

  float(value: number): void {
    this.reserve(4)
    this.length = this.buffer.writeFloatLE(value, this.length)
  }

  double(value: number): void {
    this.reserve(8)
    this.length = this.buffer.writeDoubleLE(value, this.length)
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

  /** Starts a length-delimited value; hand the mark to `end`. */
  begin(): number {
    this.reserve(1)
    return this.length++
  }

  /** Ends the value started at the mark: its length goes before it. */
  end(mark: number): void {
    this.endWide(mark, 1)
  }

  /** As `begin`, with room for a length of so many bytes: where the guess is right, nothing is moved at the end. */
  beginWide(width: number): number {
    this.reserve(width)
    const mark = this.length
    this.length += width
    return mark
  }

  /** Ends a value started with room for `width` bytes. Returns the bytes the length took. */
  endWide(mark: number, width: number): number {
    const start = mark + width
    const size = this.length - start
    const needed = size < 0x80 ? 1 : size < 0x4000 ? 2 : size < 0x200000 ? 3 : size < 0x10000000 ? 4 : 5
    if (needed !== width) {
      if (needed > width) this.reserve(needed - width)
      this.buffer.copyWithin(mark + needed, start, start + size)
      this.length = mark + needed + size
    }
    const { buffer } = this
    let rest = size
    let at = mark
    while (rest > 0x7f) {
      buffer[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    buffer[at] = rest
    return needed
  }

  /** Forgets everything written after the mark, which was `length` at some time. */
  rewind(length: number): void {
    this.length = length
  }

  /** What was written, as an array of its own. */
  finish(): Uint8Array {
    const { buffer, length } = this
    const copy = Buffer.allocUnsafe(length)
    if (length <= SHORT) for (let i = 0; i < length; i++) copy[i] = buffer[i]!
    else buffer.copy(copy, 0, 0, length)
    return copy
  }
}

let scratch = new WireWriter(4096)

/** An empty writer that is used again and again: for one synchronous step, which ends with `finish`. */
export function scratchWriter(): WireWriter {
  if (scratch.buffer.length > MAX_KEPT) scratch = new WireWriter(4096)
  scratch.length = 0
  return scratch
}
