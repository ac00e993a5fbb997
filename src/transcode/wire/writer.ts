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

/** Writes protobuf wire bytes into a buffer that grows. A submessage's length is patched in when it ends. */
export class WireWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_SIZE)
  #length = 0

  /** Bytes written so far. */
  get length(): number {
    return this.#length
  }

  /** An unsigned 32-bit number as a varint. */
  uint32(value: number): void {
    this.#reserve(5)
    let rest = value >>> 0
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#buffer[this.#length++] = rest
  }

  /** A signed 32-bit number as a varint: negative ones take ten bytes, as int64 would. */
  int32(value: number): void {
    if (value >= 0) this.uint32(value)
    else this.varint64(BigInt(value))
  }

  /** A 64-bit number, signed or not, as a varint of its two's complement. */
  varint64(value: bigint): void {
    this.#reserve(10)
    const bits = BigInt.asUintN(64, value)
    let low = Number(bits & 0xffffffffn)
    let high = Number(bits >> 32n)
    while (high !== 0 || low > 0x7f) {
      this.#buffer[this.#length++] = (low & 0x7f) | 0x80
      low = ((low >>> 7) | (high << 25)) >>> 0
      high >>>= 7
    }
    this.#buffer[this.#length++] = low
  }

  fixed32(value: number): void {
    this.#reserve(4)
    this.#length = this.#buffer.writeUInt32LE(value >>> 0, this.#length)
  }

  fixed64(value: bigint): void {
    this.#reserve(8)
    this.#length = this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.#length)
  }

  float(value: number): void {
    this.#reserve(4)
    this.#length = this.#buffer.writeFloatLE(value, this.#length)
  }

  double(value: number): void {
    this.#reserve(8)
    this.#length = this.#buffer.writeDoubleLE(value, this.#length)
  }

  /** A string's length and its UTF-8 bytes. */
  string(value: string): void {
    const size = Buffer.byteLength(value, 'utf8')
    this.uint32(size)
    this.#reserve(size)
    this.#buffer.write(value, this.#length, size, 'utf8')
    this.#length += size
  }

  /** A length and the bytes. */
  bytes(value: Uint8Array): void {
    this.uint32(value.length)
    this.raw(value)
  }

  /** Bytes as they are. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#buffer.set(value, this.#length)
    this.#length += value.length
  }

  /** Starts a length-delimited value; hand the mark to `end`. */
  begin(): number {
    this.#reserve(1)
    return this.#length++
  }

  /** Ends the value started at the mark: its length goes before it. */
  end(mark: number): void {
    const start = mark + 1
    const size = this.#length - start
    if (size < 0x80) {
      this.#buffer[mark] = size
      return
    }
    const extra = size < 0x4000 ? 1 : size < 0x200000 ? 2 : size < 0x10000000 ? 3 : 4
    this.#reserve(extra)
    this.#buffer.copyWithin(start + extra, start, this.#length)
    const end = this.#length + extra
    this.#length = mark
    this.uint32(size)
    this.#length = end
  }

  /** Forgets everything written after the mark, which was `length` at some time. */
  rewind(length: number): void {
    this.#length = length
  }

  /** What was written, as an array of its own. */
  finish(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#buffer, 0, this.#length)
  }

  #reserve(size: number): void {
    const needed = this.#length + size
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }
}
