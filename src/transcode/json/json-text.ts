import { isUtf8 } from 'node:buffer'
import type { StatusError } from '../../status/index.js'
import { MessageWriter } from '../decode/message-writer.js'
import { FieldError, fieldErrorOf, leaving, statusOfFieldError } from '../errors/field-error.js'
import { depthExceeded, quote, shorten, transcodeError } from '../errors/transcode-error.js'
import { MAX_DEPTH } from '../wire/reader.js'
import * as charactersModule from './characters.js'
import { CH, hexDigit, isDigit } from './characters.js'
import { ObjectKeys } from './object-keys.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const {
  Backslash,
  CarriageReturn,
  CloseBrace,
  CloseBracket,
  Colon,
  Comma,
  LineFeed,
  LowerE,
  LowerF,
  LowerN,
  LowerT,
  LowerU,
  Minus,
  OpenBrace,
  OpenBracket,
  Plus,
  Point,
  Quote,
  Space,
  Tab,
  Zero,
} = CH
const { ASCII_STOPS, ESCAPED, STOPS } = charactersModule

const EMPTY = Buffer.alloc(0)
const NULL = Buffer.from('null')
const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')
/** What a value may write beside the bytes of its own text: tags, lengths, a number. */
const MARGIN = 64
/** After so many bytes a string is copied by words. */
const FEW_BYTES = 16
const WORD = 4
const TOP_BITS = 0x80808080 | 0
const ONES = 0x01010101
const SPACES = 0x20202020
const QUOTES = 0x22222222
const BACKSLASHES = 0x5c5c5c5c

/**
 * A JSON text in bytes and the position in it, read strictly as RFC 8259 has it: one value and nothing after it, no key
 * twice in an object, no lone surrogate. What reads something stands behind it after.
 *
 * Every method throws StatusError INVALID_ARGUMENT: MALFORMED_JSON with line and column, DEPTH_EXCEEDED; or FieldError.
 */
export class JsonText extends MessageWriter {
  protected bytes: Buffer = EMPTY
  protected at = 0
  protected end = 0
  /** Bytes at which a string has to be looked at closer. Whether the body is UTF-8 is asked at the first that is not ASCII. */
  protected stops: Uint8Array = ASCII_STOPS
  protected readonly keys = new ObjectKeys()
  /** The same bytes as `bytes`, where they have been asked for by the word. */
  #view: DataView | undefined

  /** Stands before a body's first character. */
  protected begin(body: Uint8Array): void {
    this.clear()
    this.keys.clear()
    this.stops = ASCII_STOPS
    this.#view = undefined
    this.bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    this.at = 0
    this.end = body.length
    if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) {
      throw this.malformed('a byte order mark before the value')
    }
  }

  /** After the value: there is nothing but white space to the end. The body is let go. */
  protected finish(): void {
    if (this.peek() !== -1) throw this.malformed('text after the value')
    this.release()
  }

  protected release(): void {
    this.bytes = EMPTY
    this.#view = undefined
    this.end = 0
  }

  /** What is thrown for an error that leaves the body, which is let go. */
  protected failed(error: unknown): unknown {
    const known = fieldErrorOf(error, 'MALFORMED_FIELD', this.at)
    const failure = known instanceof FieldError ? statusOfFieldError(known, (at) => this.place(at)) : known
    this.release()
    return failure
  }

  /** The first byte that is no white space, which the position then is at; -1 at the end. */
  protected peek(): number {
    // Small, so that it is inlined wherever it stands; most often there is no white space.
    const byte = this.at < this.end ? this.bytes[this.at]! : 0
    return byte > Space ? byte : this.#peekOn()
  }

  #peekOn(): number {
    const { bytes, end } = this
    let { at } = this
    while (at < end && isSpace(bytes[at]!)) at++
    this.at = at
    return at < end ? bytes[at]! : -1
  }

  /** Makes room for a value: whatever is left of the text, and what a value writes beside it. */
  protected makeRoom(): void {
    this.out.reserve(this.end - this.at + MARGIN)
  }

  /** After an item: true behind the closing character, false behind a comma. */
  protected isLast(close: number): boolean {
    const byte = this.peek()
    if (byte !== Comma && byte !== close) {
      throw this.unexpected(close === CloseBrace ? '"," or "}"' : '"," or "]"')
    }
    this.at++
    return byte === close
  }

  /** Stands before the key that has to be next. */
  protected expectKey(): void {
    if (this.peek() !== Quote) throw this.unexpected('a key in double quotes')
  }

  protected colon(): void {
    if (this.peek() !== Colon) throw this.unexpected('":"')
    this.at++
  }

  protected null(): void {
    this.#word(NULL)
  }

  /** `true` or `false`, of which the first letter stands at the position. */
  protected bool(): boolean {
    const isTrue = this.bytes[this.at] === LowerT
    this.#word(isTrue ? TRUE : FALSE)
    return isTrue
  }

  #word(word: Uint8Array): void {
    const { bytes, at } = this
    const size = word.length
    if (at + size > this.end) throw this.unexpected('a value')
    for (let i = 1; i < size; i++) if (bytes[at + i] !== word[i]) throw this.unexpected('a value')
    this.at = at + size
  }

  /** The whole body is UTF-8, or refused; from then on its bytes are not looked at for that. */
  protected requireUtf8(): Uint8Array {
    if (!isUtf8(this.bytes)) throw transcodeError('MALFORMED_JSON', 'the body is not UTF-8')
    return (this.stops = STOPS)
  }

  /** Copies the string at the position, in UTF-8 and without its quotes, to the output; there is room for it. */
  protected copyString(): void {
    const { bytes, end, out } = this
    const { buffer } = out
    let stops: Uint8Array = this.stops
    let at = this.at + 1
    let to = out.length
    for (;;) {
      let byte = -1
      const few = at + FEW_BYTES
      while (at < end) {
        byte = bytes[at]!
        if (stops[byte] !== 0) break
        buffer[to++] = byte
        at++
        if (at === few && stops === ASCII_STOPS) {
          const size = this.#copyWords(at, to)
          at += size
          to += size
        }
      }
      this.at = at
      out.length = to
      if (at >= end) throw this.malformed('a string without its end')
      if (byte === Quote) {
        this.at = at + 1
        return
      }
      if (byte >= 0x80) {
        stops = this.requireUtf8()
        continue
      }
      if (byte !== Backslash) throw this.malformed('a control character in a string')
      this.#escape()
      at = this.at
      to = out.length
    }
  }

  /**
   * Copies from the text to the output, eight bytes at a time, up to some of which one has to be looked at: below a space, a quote, a
   * backslash, beyond ASCII. Three times as fast as byte by byte, and many strings are long.
   *
   * @returns how many bytes
   */
  #copyWords(from: number, to: number): number {
    const { buffer, byteOffset, length } = this.bytes
    const view = (this.#view ??= new DataView(buffer, byteOffset, length))
    const out = this.out.view
    const last = this.end - 2 * WORD
    let at = from
    for (let place = to; at <= last; at += 2 * WORD, place += 2 * WORD) {
      const first = view.getInt32(at, true)
      const second = view.getInt32(at + WORD, true)
      if (((stopsIn(first) | stopsIn(second)) & TOP_BITS) !== 0) break
      out.setInt32(place, first, true)
      out.setInt32(place + WORD, second, true)
    }
    return at - from
  }

  /** The escape at the position; a surrogate takes the escape of its other half with it. */
  #escape(): void {
    const { bytes, out } = this
    const letter = this.at + 1 < this.end ? bytes[this.at + 1]! : 0
    if (letter !== LowerU) {
      const character = ESCAPED[letter]!
      if (character === 0) throw this.malformed('an escape that does not exist')
      out.buffer[out.length++] = character
      this.at += 2
      return
    }
    const unit = this.#hex(this.at + 2)
    if (unit < 0xd800 || unit > 0xdfff) {
      this.#character(unit)
      this.at += 6
      return
    }
    const { at } = this
    const hasOther = at + 7 < this.end && bytes[at + 6] === Backslash && bytes[at + 7] === LowerU
    if (unit > 0xdbff || !hasOther) throw this.malformed('a lone surrogate')
    const low = this.#hex(at + 8)
    if (low < 0xdc00 || low > 0xdfff) throw this.malformed('a lone surrogate')
    this.#character(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00))
    this.at += 12
  }

  #hex(from: number): number {
    let value = 0
    for (let i = from; i < from + 4; i++) {
      const digit = i < this.end ? hexDigit(this.bytes[i]!) : -1
      if (digit === -1) throw this.malformed('\\u without four hexadecimal digits')
      value = value * 16 + digit
    }
    return value
  }

  /** A character in UTF-8: never longer than its escape. */
  #character(code: number): void {
    const { out } = this
    const { buffer } = out
    let to = out.length
    if (code < 0x80) {
      buffer[to++] = code
    } else {
      if (code < 0x800) {
        buffer[to++] = 0xc0 | (code >> 6)
      } else {
        if (code < 0x10000) {
          buffer[to++] = 0xe0 | (code >> 12)
        } else {
          buffer[to++] = 0xf0 | (code >> 18)
          buffer[to++] = 0x80 | ((code >> 12) & 0x3f)
        }
        buffer[to++] = 0x80 | ((code >> 6) & 0x3f)
      }
      buffer[to++] = 0x80 | (code & 0x3f)
    }
    out.length = to
  }

  /** The string at the position. */
  protected string(): string {
    const { out, bytes } = this
    const start = this.at + 1
    const end = this.plainEnd(start)
    if (end !== -1) {
      this.at = end + 1
      return bytes.toString('utf8', start, end)
    }
    const mark = out.length
    this.makeRoom()
    this.copyString()
    const text = out.buffer.toString('utf8', mark, out.length)
    out.rewind(mark)
    return text
  }

  /** Where a string that begins at `from` ends; -1: it has an escape, or what no string may have. */
  protected plainEnd(from: number): number {
    const { bytes, end, stops } = this
    let at = from
    while (at < end && stops[bytes[at]!] === 0) at++
    return at < end && bytes[at] === Quote ? at : -1
  }

  /** The number at the position, as its text. */
  protected number(): string {
    const start = this.at
    this.skipNumber()
    return this.bytes.toString('latin1', start, this.at)
  }

  protected skipNumber(): void {
    let at = this.at
    if (this.#byte(at) === Minus) at++
    at = this.#byte(at) === Zero ? at + 1 : this.#digits(at)
    if (this.#byte(at) === Point) at = this.#digits(at + 1)
    if ((this.#byte(at) | 0x20) === LowerE) {
      const sign = this.#byte(at + 1)
      at = this.#digits(sign === Plus || sign === Minus ? at + 2 : at + 1)
    }
    this.at = at
  }

  #digits(from: number): number {
    let at = from
    while (at < this.end && isDigit(this.bytes[at]!)) at++
    if (at > from) return at
    this.at = at
    throw this.unexpected('a digit')
  }

  /** 0 at the end: what JSON has nowhere. */
  #byte(at: number): number {
    return at < this.end ? this.bytes[at]! : 0
  }

  /**
   * Passes over the value at the position, whatever it is.
   *
   * @param levels how deep arrays and objects may be nested in it
   */
  protected skipValue(levels: number): void {
    switch (this.peek()) {
      case Quote:
        this.#skipString()
        return
      case OpenBrace:
        if (levels === 0) throw depthExceeded()
        this.#skipObject(levels - 1)
        return
      case OpenBracket:
        if (levels === 0) throw depthExceeded()
        this.#skipArray(levels - 1)
        return
      default:
        this.#skipWord()
    }
  }

  #skipWord(): void {
    const byte = this.#byte(this.at)
    if (byte === LowerN) this.null()
    else if (byte === LowerT || byte === LowerF) this.bool()
    else if (byte === Minus || isDigit(byte)) this.skipNumber()
    else throw this.unexpected('a value')
  }

  #skipString(): void {
    const end = this.plainEnd(this.at + 1)
    if (end === -1) this.string()
    else this.at = end + 1
  }

  #skipArray(levels: number): void {
    this.at++
    if (this.peek() === CloseBracket) {
      this.at++
      return
    }
    let index = 0
    try {
      do {
        this.skipValue(levels)
        index++
      } while (!this.isLast(CloseBracket))
    } catch (error) {
      throw leaving(error, index)
    }
  }

  #skipObject(levels: number): void {
    this.at++
    if (this.peek() === CloseBrace) {
      this.at++
      return
    }
    this.keys.open()
    do {
      this.skipMember(levels)
    } while (!this.isLast(CloseBrace))
    this.keys.close()
  }

  /** Passes over a key, which is added to those of its object, and its value. */
  protected skipMember(levels: number): void {
    this.expectKey()
    const keyAt = this.at
    this.addKeyHere()
    this.colon()
    try {
      this.skipValue(levels)
    } catch (error) {
      throw this.leavingKey(error, keyAt)
    }
  }

  /** An error that leaves the value of the key at `keyAt`. */
  protected leavingKey(error: unknown, keyAt: number): unknown {
    const known = fieldErrorOf(error, 'MALFORMED_FIELD', this.at)
    if (!(known instanceof FieldError)) return known
    this.at = keyAt
    return leaving(known, this.string())
  }

  /** Adds the key at the position to those of its object. */
  protected addKeyHere(): void {
    const start = this.at
    const end = this.plainEnd(start + 1)
    if (end === -1) {
      const key = this.string()
      if (!this.keys.addText(this.bytes, key)) throw this.duplicate(start)
    } else {
      this.at = end + 1
      if (!this.keys.add(this.bytes, start + 1, end)) throw this.duplicate(start)
    }
  }

  /** True where an object has a key spelled in this way before `to`; its first key is at `from`. */
  protected hasKeyBefore(key: string, from: number, to: number): boolean {
    this.at = from
    for (;;) {
      this.expectKey()
      if (this.at >= to) return false
      if (this.string() === key) return true
      this.colon()
      this.skipValue(MAX_DEPTH)
      this.isLast(CloseBrace)
    }
  }

  /** The key at `at` stands twice. */
  protected duplicate(at: number): FieldError {
    this.at = at
    const key = this.string()
    return new FieldError('DUPLICATE_FIELD', `the key ${quote(key)} stands twice in its object`, at, [key])
  }

  /** The value at the position is not what its field holds: `12.5 is not …`. */
  protected misfit(expected: string): Error {
    const { at } = this
    return new FieldError('MALFORMED_FIELD', `${this.describe()} is not ${expected}`, at)
  }

  /** The value at the position as an error names it: its text, shortened, or its kind. */
  protected describe(): string {
    const byte = this.peek()
    if (byte === OpenBrace) return 'an object'
    if (byte === OpenBracket) return 'an array'
    if (byte === Quote) return quote(this.string())
    const start = this.at
    this.#skipWord()
    return shorten(this.bytes.toString('latin1', start, this.at))
  }

  protected unexpected(expected: string): StatusError {
    if (!isUtf8(this.bytes)) return transcodeError('MALFORMED_JSON', 'the body is not UTF-8')
    const { at, end, bytes } = this
    const found = at < end ? quote(String.fromCodePoint(bytes.toString('utf8', at, at + 4).codePointAt(0)!)) : 'the end'
    return this.malformed(`expected ${expected}, found ${found}`)
  }

  protected malformed(what: string): StatusError {
    return transcodeError('MALFORMED_JSON', `the body is not JSON: ${what}, at ${this.place(this.at)}`)
  }

  /** Lines and columns count from 1; a column is a UTF-16 unit. */
  protected place(at: number): string {
    const { bytes } = this
    let line = 1
    let lineStart = 0
    for (let next = bytes.indexOf(LineFeed); next !== -1 && next < at; next = bytes.indexOf(LineFeed, next + 1)) {
      line++
      lineStart = next + 1
    }
    return `line ${line} column ${bytes.toString('utf8', lineStart, at).length + 1}`
  }
}

/** Has a top bit for a byte that a string's copy stops at. */
function stopsIn(word: number): number {
  return word | (word - SPACES) | ((word ^ QUOTES) - ONES) | ((word ^ BACKSLASHES) - ONES)
}

function isSpace(byte: number): boolean {
  return byte === Space || byte === LineFeed || byte === CarriageReturn || byte === Tab
}
