import { depthExceeded, quote, transcodeError } from '../errors/transcode-error.js'
import { MAX_DEPTH } from '../wire/reader.js'
import { placeOf } from './locate.js'
import { nextHash } from './name-table.js'

export const CH = {
  Tab: 0x09,
  LineFeed: 0x0a,
  CarriageReturn: 0x0d,
  Space: 0x20,
  Quote: 0x22,
  Plus: 0x2b,
  Comma: 0x2c,
  Minus: 0x2d,
  Point: 0x2e,
  Zero: 0x30,
  Nine: 0x39,
  Colon: 0x3a,
  OpenBracket: 0x5b,
  Backslash: 0x5c,
  CloseBracket: 0x5d,
  OpenBrace: 0x7b,
  CloseBrace: 0x7d,
} as const

const EMPTY = Buffer.alloc(0)
const SMALL_OBJECT = 8
const NULL = Buffer.from('null')
const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')

/**
 * Reads the tokens of a JSON text from its bytes, which are known to be UTF-8, strictly as RFC 8259 has it. What is wrong
 * is a StatusError MALFORMED_JSON with line and column.
 */
export abstract class JsonScanner {
  protected bytes: Buffer = EMPTY
  protected at = 0
  /** Of the string that `hashString` went over. */
  protected hash = 0
  protected depth = 0

  /** Levels of messages, Structs and ListValues, of which there may be 100. */
  protected enter(): void {
    if (++this.depth > MAX_DEPTH) throw depthExceeded()
  }

  protected leave(): void {
    this.depth--
  }

  protected skipSpace(): void {
    const { bytes } = this
    let at = this.at
    for (;;) {
      const byte = bytes[at]
      if (byte !== CH.Space && byte !== CH.LineFeed && byte !== CH.CarriageReturn && byte !== CH.Tab) break
      at++
    }
    this.at = at
  }

  /** Goes behind a key's colon and the space round it. */
  protected colon(): void {
    if (this.bytes[this.at] !== CH.Colon) {
      this.skipSpace()
      if (this.bytes[this.at] !== CH.Colon) throw this.unexpected('":"')
    }
    this.at++
    if (this.bytes[this.at]! <= CH.Space) this.skipSpace()
  }

  /** Goes into an array or object: true where it is empty, and then the position is behind it. */
  protected begin(close: number): boolean {
    this.at++
    this.skipSpace()
    if (this.bytes[this.at] !== close) return false
    this.at++
    return true
  }

  /** After an item: true behind the closing character, false behind a comma and before the next item. */
  protected isLast(close: number): boolean {
    const { bytes } = this
    let byte = bytes[this.at]!
    if (byte <= CH.Space) {
      this.skipSpace()
      byte = bytes[this.at]!
    }
    if (byte === CH.Comma) {
      this.at++
      if (bytes[this.at]! <= CH.Space) this.skipSpace()
      return false
    }
    if (byte !== close) throw this.unexpected(close === CH.CloseBrace ? '"," or "}"' : '"," or "]"')
    this.at++
    return true
  }

  protected null(): void {
    this.word(NULL)
  }

  protected true(): void {
    this.word(TRUE)
  }

  protected false(): void {
    this.word(FALSE)
  }

  private word(word: Uint8Array): void {
    for (let i = 0; i < word.length; i++) {
      if (this.bytes[this.at + i] !== word[i]) throw this.unexpected('a value')
    }
    this.at += word.length
  }

  /**
   * From a string's quote to the one that ends it, which it returns; -1 where there is an escape before. Leaves the
   * position at the string's first quote, and its hash.
   */
  protected hashString(): number {
    const { bytes } = this
    let hash = 0
    for (let at = this.at + 1; ; at++) {
      const byte = bytes[at]!
      if (byte === CH.Quote) {
        this.hash = hash
        return at
      }
      if (byte === CH.Backslash) return -1
      if (!(byte >= CH.Space)) throw this.inString(at)
      hash = nextHash(hash, byte)
    }
  }

  /** The string at the position; goes behind it. */
  protected string(): string {
    const { bytes } = this
    const start = this.at + 1
    for (let at = start; ; at++) {
      const byte = bytes[at]!
      if (byte === CH.Quote) {
        this.at = at + 1
        return bytes.toString('utf8', start, at)
      }
      if (byte === CH.Backslash) return this.escapedString(start, at)
      if (!(byte >= CH.Space)) throw this.inString(at)
    }
  }

  /** A string with escapes; the first is at `first`. */
  private escapedString(start: number, first: number): string {
    const { bytes } = this
    let out = bytes.toString('utf8', start, first)
    let from = first
    for (let at = first; ;) {
      const byte = bytes[at]!
      if (byte === CH.Quote) {
        this.at = at + 1
        return out + bytes.toString('utf8', from, at)
      }
      if (!(byte >= CH.Space)) throw this.inString(at)
      if (byte !== CH.Backslash) {
        at++
        continue
      }
      out += bytes.toString('utf8', from, at)
      this.at = at
      out += String.fromCodePoint(this.escape())
      at = this.at
      from = at
    }
  }

  /** The code point that the escape at the position stands for; a surrogate takes that of its other half with it. */
  protected escape(): number {
    const { bytes } = this
    const letter = bytes[this.at + 1]
    if (letter !== 0x75) {
      const unit = escaped(letter)
      if (unit === -1) throw this.malformed('an escape that does not exist')
      this.at += 2
      return unit
    }
    const unit = this.hex(this.at + 2)
    if (unit >= 0xdc00 && unit <= 0xdfff) throw this.malformed('a lone surrogate')
    if (unit < 0xd800 || unit > 0xdbff) {
      this.at += 6
      return unit
    }
    if (bytes[this.at + 6] !== CH.Backslash || bytes[this.at + 7] !== 0x75) throw this.malformed('a lone surrogate')
    const low = this.hex(this.at + 8)
    if (low < 0xdc00 || low > 0xdfff) throw this.malformed('a lone surrogate')
    this.at += 12
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
  }

  private hex(from: number): number {
    let value = 0
    for (let i = from; i < from + 4; i++) {
      const byte = this.bytes[i]!
      const lower = byte | 0x20
      const digit = isDigit(byte) ? byte - CH.Zero : lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
      if (digit === -1) throw this.malformed('\\u without four hexadecimal digits')
      value = value * 16 + digit
    }
    return value
  }

  /** Where the number at the position ends (RFC 8259 §6). */
  protected numberEnd(): number {
    const { bytes } = this
    let at = bytes[this.at] === CH.Minus ? this.at + 1 : this.at
    if (bytes[at] === CH.Zero) at++
    else at = this.digits(at)
    if (bytes[at] === CH.Point) at = this.digits(at + 1)
    if ((bytes[at]! | 0x20) === 0x65) {
      const sign = bytes[at + 1]
      at = this.digits(sign === CH.Plus || sign === CH.Minus ? at + 2 : at + 1)
    }
    return at
  }

  private digits(from: number): number {
    let at = from
    while (isDigit(this.bytes[at]!)) at++
    if (at === from) {
      this.at = at
      throw this.unexpected('a digit')
    }
    return at
  }

  /** The text of the number at the position; goes behind it. */
  protected number(): string {
    const end = this.numberEnd()
    const text = this.bytes.toString('latin1', this.at, end)
    this.at = end
    return text
  }

  /** Goes behind a value that means nothing here: it is JSON all the same, and no deeper than a message could be. */
  protected skipValue(): void {
    switch (this.bytes[this.at]) {
      case CH.OpenBrace:
        return this.skipObject()
      case CH.OpenBracket:
        this.enter()
        if (!this.begin(CH.CloseBracket)) {
          do this.skipValue()
          while (!this.isLast(CH.CloseBracket))
        }
        return this.leave()
      default:
        this.skipScalar()
    }
  }

  private skipObject(): void {
    this.enter()
    if (!this.begin(CH.CloseBrace)) {
      const keys = new SeenKeys()
      do {
        this.requireKey()
        const start = this.at
        const key = this.string()
        if (!keys.add(key)) throw this.duplicateKey(key, start)
        this.colon()
        this.skipValue()
      } while (!this.isLast(CH.CloseBrace))
    }
    this.leave()
  }

  protected skipScalar(): void {
    switch (this.bytes[this.at]) {
      case CH.Quote:
        this.string()
        return
      case 0x6e:
        return this.null()
      case 0x74:
        return this.true()
      case 0x66:
        return this.false()
      default:
        this.requireNumber()
        this.at = this.numberEnd()
    }
  }

  protected requireKey(): void {
    if (this.bytes[this.at] !== CH.Quote) throw this.unexpected('a key in double quotes')
  }

  protected requireNumber(): void {
    const byte = this.bytes[this.at]!
    if (byte !== CH.Minus && !isDigit(byte)) throw this.unexpected('a value')
  }

  protected inString(at: number): Error {
    this.at = at
    if (at >= this.bytes.length) return this.malformed('a string without its end')
    return this.malformed('a control character in a string')
  }

  protected unexpected(expected: string): Error {
    const found = this.at < this.bytes.length ? quote(this.characterAt(this.at)) : 'the end'
    return this.malformed(`expected ${expected}, found ${found}`)
  }

  protected malformed(what: string): Error {
    return transcodeError('MALFORMED_JSON', `the body is not JSON: ${what}, at ${placeOf(this.bytes, this.at)}`)
  }

  /** A key at `start` that its object has already. */
  protected abstract duplicateKey(key: string, start: number): Error

  private characterAt(at: number): string {
    const text = this.bytes.toString('utf8', at, at + 4)
    return String.fromCodePoint(text.codePointAt(0)!)
  }
}

/** The keys of one object: compared one by one while there are few. */
export class SeenKeys {
  readonly #few: string[] = []
  #many: Set<string> | undefined = undefined

  /** @returns false where it is there already */
  add(key: string): boolean {
    if (this.#many !== undefined) {
      const before = this.#many.size
      return this.#many.add(key).size > before
    }
    if (this.#few.includes(key)) return false
    this.#few.push(key)
    if (this.#few.length >= SMALL_OBJECT) this.#many = new Set(this.#few)
    return true
  }
}

export function isDigit(byte: number): boolean {
  return byte >= CH.Zero && byte <= CH.Nine
}

/** The character that the letter after a backslash stands for; -1: none. */
function escaped(letter: number | undefined): number {
  switch (letter) {
    case CH.Quote:
    case CH.Backslash:
    case 0x2f:
      return letter
    case 0x62:
      return 0x08
    case 0x66:
      return 0x0c
    case 0x6e:
      return 0x0a
    case 0x72:
      return 0x0d
    case 0x74:
      return 0x09
    default:
      return -1
  }
}
