import * as readyText from './ready-text.js'
import type { ReadyText } from './ready-text.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { BLOCK, WORD } = readyText

/** Short texts lie one after the other in buffers of this size. */
const CHUNK_SIZE = 64 * 1024
/** A chunk with less room than this is left for the next. */
const MIN_ROOM = 4 * 1024
/** What is not reserved beyond at once for a long text, whatever the last one was. */
const MAX_EXPECTED = 4 * 1024 * 1024

const DIGIT_PAIRS = Buffer.from(Array.from({ length: 100 }, (_, pair) => String(pair).padStart(2, '0')).join(''))
const BASE64 = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
const BILLION = 1_000_000_000
/** High halves below this are of numbers that a double holds. */
const SAFE_HIGH = 0x200000

/**
 * Text being written as UTF-8 bytes. Nothing is a string on the way here that was none before: digits, base64 and names
 * go in as bytes.
 *
 * A text that is done stays where it was written, and the next begins after it, so that texts are not copied. One that is
 * too long for that gets a buffer of its own, of the size that the last long one needed: answers of a method are often of
 * a size, and new memory costs more than what is written into it.
 */
export class TextOutput {
  buffer: Buffer = Buffer.allocUnsafeSlow(CHUNK_SIZE)
  #capacity = CHUNK_SIZE
  /** The same bytes, for writing four at a time. */
  view = viewOf(this.buffer)
  /** Where the text begins in the buffer. */
  #start = 0
  /** Where the text ends so far. Setting it back forgets what was written after. */
  length = 0
  /** The chunk, while a long text has another buffer. */
  #chunk: Buffer | undefined = undefined
  #chunkStart = 0
  /** Bytes that the next long text may need. */
  #expected = 0

  /** What was written, and begins the next text. */
  take(): Buffer {
    const { buffer, length } = this
    let out = buffer.subarray(this.#start, length)
    if (this.#chunk === undefined) {
      this.#start = length
    } else {
      this.#expected = Math.min(length + (length >> 4), MAX_EXPECTED)
      // Memory that is not used is not kept with it.
      if (buffer.length - out.length > out.length >> 2) out = Buffer.from(out)
    }
    this.clear()
    return out
  }

  /** Forgets what was written, and begins again. */
  clear(): void {
    if (this.#chunk !== undefined) {
      this.#setBuffer(this.#chunk)
      this.#start = this.#chunkStart
      this.#chunk = undefined
    }
    if (this.#start > CHUNK_SIZE - MIN_ROOM) {
      this.#setBuffer(Buffer.allocUnsafeSlow(CHUNK_SIZE))
      this.#start = 0
    }
    this.length = this.#start
  }

  /** Makes room for so many more bytes. */
  reserve(size: number): void {
    if (this.length + size > this.#capacity) this.#grow(size)
  }

  /** Places stay what they are: what was written is at the same offset in the larger buffer. */
  #grow(size: number): void {
    const outgrown = this.buffer
    const needed = this.length + size
    const buffer = Buffer.allocUnsafeSlow(
      Math.max(needed, outgrown.length * 2, this.#chunk === undefined ? this.#expected : 0),
    )
    outgrown.copy(buffer, this.#start, this.#start, this.length)
    if (this.#chunk === undefined) {
      this.#chunk = outgrown
      this.#chunkStart = this.#start
    }
    this.#setBuffer(buffer)
  }

  #setBuffer(buffer: Buffer): void {
    this.buffer = buffer
    this.#capacity = buffer.length
    this.view = viewOf(buffer)
  }

  byte(byte: number): void {
    if (this.length === this.#capacity) this.#grow(1)
    this.buffer[this.length++] = byte
  }

  /** Bytes of the text as they are: short ones, such as names. */
  bytes(bytes: Uint8Array): void {
    const size = bytes.length
    this.reserve(size)
    const { buffer } = this
    let at = this.length
    for (let i = 0; i < size; i++) buffer[at++] = bytes[i]!
    this.length = at
  }

  /** A text that was made ready before. A block without a loop: loops of few rounds cost more in wrong predictions. */
  ready(text: ReadyText): void {
    const { words, size } = text
    this.reserve(size + BLOCK)
    const { view, length: at } = this
    view.setInt32(at, words[0]!, true)
    view.setInt32(at + WORD, words[1]!, true)
    view.setInt32(at + 2 * WORD, words[2]!, true)
    view.setInt32(at + 3 * WORD, words[3]!, true)
    for (let i = BLOCK; i < size; i += WORD) view.setInt32(at + i, words[i >> 2]!, true)
    this.length = at + size
  }

  /** A string of ASCII characters. */
  ascii(text: string): void {
    const size = text.length
    this.reserve(size)
    const { buffer } = this
    let at = this.length
    for (let i = 0; i < size; i++) buffer[at++] = text.charCodeAt(i)
    this.length = at
  }

  /** Any string. */
  string(text: string): void {
    this.bytes(Buffer.from(text))
  }

  /** An integer within 2^53. */
  integer(value: number): void {
    this.reserve(20)
    let rest = value
    if (rest < 0) {
      this.buffer[this.length++] = 0x2d
      rest = -rest
    }
    if (rest < BILLION) {
      this.#digits(rest | 0)
      return
    }
    const high = Math.floor(rest / BILLION)
    if (high < BILLION) this.#digits(high | 0)
    else this.integer(high)
    this.padded(rest - high * BILLION, 9)
  }

  /** A 64-bit number of two unsigned halves, in two's complement. */
  signed64(low: number, high: number): void {
    if (high < 0x80000000) {
      this.unsigned64(low, high)
      return
    }
    this.byte(0x2d)
    this.unsigned64(-low >>> 0, (~high + (low === 0 ? 1 : 0)) >>> 0)
  }

  unsigned64(low: number, high: number): void {
    if (high < SAFE_HIGH) {
      this.integer(high * 0x100000000 + low)
      return
    }
    // By a billion, as one divides by hand: digits of 16 bits, remainders that a double holds.
    const first = Math.floor(high / BILLION)
    const second = (high - first * BILLION) * 0x10000 + (low >>> 16)
    const quotient = Math.floor(second / BILLION)
    const third = (second - quotient * BILLION) * 0x10000 + (low & 0xffff)
    const last = Math.floor(third / BILLION)
    this.integer((first * 0x10000 + quotient) * 0x10000 + last)
    this.padded(third - last * BILLION, 9)
  }

  /** An unsigned number with zeros before it, in so many digits. */
  padded(value: number, size: number): void {
    this.reserve(size)
    const { buffer } = this
    let rest = value | 0
    let at = (this.length += size)
    const start = at - size
    while (at - 2 >= start) {
      const quotient = (rest / 100) | 0
      const pair = (rest - quotient * 100) << 1
      buffer[--at] = DIGIT_PAIRS[pair + 1]!
      buffer[--at] = DIGIT_PAIRS[pair]!
      rest = quotient
    }
    if (at > start) buffer[start] = 0x30 + (rest % 10)
  }

  /** The digits of an unsigned number below 2^30. */
  #digits(value: number): void {
    if (value < 10) this.buffer[this.length++] = 0x30 + value
    else this.padded(value, digitsOf(value))
  }

  /** Standard base64 with padding (RFC 4648 §4) of `bytes[start, end)`. */
  base64(bytes: Uint8Array, start: number, end: number): void {
    this.reserve(4 * Math.ceil((end - start) / 3))
    const { buffer } = this
    let at = this.length
    let from = start
    for (; from + 2 < end; from += 3) {
      const bits = (bytes[from]! << 16) | (bytes[from + 1]! << 8) | bytes[from + 2]!
      buffer[at] = BASE64[bits >>> 18]!
      buffer[at + 1] = BASE64[(bits >>> 12) & 63]!
      buffer[at + 2] = BASE64[(bits >>> 6) & 63]!
      buffer[at + 3] = BASE64[bits & 63]!
      at += 4
    }
    if (from < end) {
      const isOne = from + 1 === end
      const bits = (bytes[from]! << 16) | (isOne ? 0 : bytes[from + 1]! << 8)
      buffer[at] = BASE64[bits >>> 18]!
      buffer[at + 1] = BASE64[(bits >>> 12) & 63]!
      buffer[at + 2] = isOne ? 0x3d : BASE64[(bits >>> 6) & 63]!
      buffer[at + 3] = 0x3d
      at += 4
    }
    this.length = at
  }

  /** True where what was written in two places, each `[start, end)`, is the same. */
  isSame(start: number, end: number, otherStart: number, otherEnd: number): boolean {
    if (end - start !== otherEnd - otherStart) return false
    const { buffer } = this
    for (let i = start, j = otherStart; i < end; i++, j++) if (buffer[i] !== buffer[j]) return false
    return true
  }

  /** What was written in `[start, end)`, a character a byte. */
  key(start: number, end: number): string {
    return Buffer.from(this.buffer.buffer, this.buffer.byteOffset + start, end - start).toString('latin1')
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
}

/** Decimal digits of a number from 10 to 2^30. */
function digitsOf(value: number): number {
  if (value < 1000) return value < 100 ? 2 : 3
  if (value < 1_000_000) return value < 10_000 ? 4 : value < 100_000 ? 5 : 6
  return value < 10_000_000 ? 7 : value < 100_000_000 ? 8 : value < BILLION ? 9 : 10
}
