import { CommentCollector, type Comments } from './comments.js'

/** What a token is. The names are those of protoc's tokenizer (io/tokenizer.h). */
export type TokenKind = 'start' | 'end' | 'identifier' | 'integer' | 'float' | 'string' | 'symbol'

/** Told of what is wrong in the text itself; scanning goes on. */
export type ScanErrors = (offset: number, message: string) => void

const LINE_FEED = 10
const SPACE = 32
const DOUBLE_QUOTE = 34
const APOSTROPHE = 39
const ASTERISK = 42
const PLUS = 43
const MINUS = 45
const DOT = 46
const SLASH = 47
const ZERO = 48
const BACKSLASH = 92
const BYTE_ORDER_MARK = 0xfeff

/** Class of an ASCII character: 1 letter or underscore, 2 digit, 4 white space but line feed. */
const CLASS = new Uint8Array(128)
const LETTER = 1
const DIGIT = 2
const BLANK = 4
for (let unit = 0; unit < 128; unit++) {
  const character = String.fromCharCode(unit)
  if ((character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') || character === '_')
    CLASS[unit] = LETTER
  else if (character >= '0' && character <= '9') CLASS[unit] = DIGIT
  else if (unit === SPACE || unit === 9 || unit === 11 || unit === 12 || unit === 13) CLASS[unit] = BLANK
}
const isLetter = (unit: number) => unit < 128 && CLASS[unit] === LETTER
const isDigit = (unit: number) => unit < 128 && CLASS[unit] === DIGIT
const isBlank = (unit: number) => unit < 128 && CLASS[unit] === BLANK
const isHexDigit = (unit: number) => isDigit(unit) || (unit >= 97 && unit <= 102) || (unit >= 65 && unit <= 70)

/**
 * Splits a `.proto` file into tokens, one at a time, over character codes (no regular expressions: the text is
 * untrusted). Which comment belongs to which declaration is decided as in protoc's `Tokenizer::NextWithComments`.
 */
export class Scanner {
  readonly text: string
  kind: TokenKind = 'start'
  /** Text of the current token; a string token with its quotes. */
  token = ''
  /** Offsets of the current token, end exclusive. */
  start = 0
  end = 0
  previousStart = 0
  previousEnd = 0
  #at = 0
  readonly #onError: ScanErrors

  constructor(text: string, onError: ScanErrors) {
    this.text = text
    this.#onError = onError
    if (text.charCodeAt(0) === BYTE_ORDER_MARK) this.#at = 1
  }

  /** Goes to the next token, passing over comments. */
  next(): void {
    for (;;) {
      const unit = this.#unit()
      if (unit === LINE_FEED || isBlank(unit)) this.#at++
      else if (unit === SLASH && this.#isCommentStart()) this.#skipComment()
      else break
    }
    this.#scan()
  }

  /** Goes to the next token and tells what comments stand between the current one and it. */
  nextWithComments(): Comments {
    const collector = new CommentCollector()
    /** Where the line of the previous token, or of a comment after it, begins to end; -1: it has ended. */
    let sameLineFrom = this.kind === 'start' ? -1 : this.#at
    if (this.kind === 'start') collector.detachFromPrevious()
    else {
      this.#skipBlanks()
      const unit = this.#unit()
      if (unit === SLASH && this.#isCommentStart()) {
        if (this.text.charCodeAt(this.#at + 1) === SLASH) {
          collector.lineComment(this.#lineComment())
          collector.flush()
        } else {
          collector.blockComment(this.#blockComment())
          sameLineFrom = this.#at
          this.#skipBlanks()
          // With the next token on the same line, nobody can say to which of the two the comment belongs: see below.
          if (this.#unit() === LINE_FEED) {
            this.#at++
            collector.flush()
            sameLineFrom = -1
          }
        }
      } else if (unit === LINE_FEED) this.#at++
      else {
        this.next()
        return collector.none()
      }
    }
    for (;;) {
      this.#skipBlanks()
      const unit = this.#unit()
      if (unit === SLASH && this.#isCommentStart()) {
        if (this.text.charCodeAt(this.#at + 1) === SLASH) collector.lineComment(this.#lineComment())
        else {
          collector.blockComment(this.#blockComment())
          this.#skipBlanks()
          if (this.#unit() === LINE_FEED) this.#at++
        }
      } else if (unit === LINE_FEED) {
        this.#at++
        collector.flush()
        collector.detachFromPrevious()
      } else {
        this.#scan()
        if (sameLineFrom >= 0 && !this.text.slice(sameLineFrom, this.start).includes('\n')) collector.detachSingle()
        if (this.kind === 'end' || this.token === '}' || this.token === ']' || this.token === ')') collector.flush()
        return collector.finish()
      }
    }
  }

  #unit(): number {
    return this.#at < this.text.length ? this.text.charCodeAt(this.#at) : -1
  }

  #skipBlanks(): void {
    while (this.#at < this.text.length && isBlank(this.text.charCodeAt(this.#at))) this.#at++
  }

  #lineEnd(offset: number): number {
    const end = this.text.indexOf('\n', offset)
    return end < 0 ? this.text.length : end
  }

  #isCommentStart(): boolean {
    const following = this.text.charCodeAt(this.#at + 1)
    return following === SLASH || following === ASTERISK
  }

  #skipComment(): void {
    if (this.text.charCodeAt(this.#at + 1) === SLASH) this.#at = Math.min(this.#lineEnd(this.#at) + 1, this.text.length)
    else this.#at = this.#blockCommentEnd()
  }

  /** Text of a `//` comment with its line feed; the cursor is after it. */
  #lineComment(): string {
    const begin = this.#at + 2
    this.#at = Math.min(this.#lineEnd(begin) + 1, this.text.length)
    return this.text.slice(begin, this.#at)
  }

  /** Text of a block comment, of each further line without leading white space and one asterisk. */
  #blockComment(): string {
    const begin = this.#at + 2
    const end = this.#blockCommentEnd()
    const isClosed = this.text.startsWith('*/', end - 2) && end - 2 >= begin
    const contentEnd = isClosed ? end - 2 : end
    this.#at = end
    let content = ''
    let lineBegin = begin
    for (;;) {
      const lineFeed = this.text.indexOf('\n', lineBegin)
      if (lineFeed < 0 || lineFeed >= contentEnd)
        return content + this.text.slice(lineBegin, Math.max(lineBegin, contentEnd))
      content += this.text.slice(lineBegin, lineFeed + 1)
      lineBegin = lineFeed + 1
      while (lineBegin < contentEnd && isBlank(this.text.charCodeAt(lineBegin))) lineBegin++
      // The asterisk of the closing `*/` is not content either.
      if (lineBegin < end && this.text.charCodeAt(lineBegin) === ASTERISK) lineBegin++
    }
  }

  #blockCommentEnd(): number {
    const begin = this.#at
    const close = this.text.indexOf('*/', begin + 2)
    if (close < 0) {
      this.#onError(begin, 'a block comment is not closed: `*/` is missing')
      return this.text.length
    }
    const nested = this.text.indexOf('/*', begin + 2)
    if (nested >= 0 && nested < close) this.#onError(nested, '`/*` inside a block comment: block comments do not nest')
    return close + 2
  }

  #scan(): void {
    this.previousStart = this.start
    this.previousEnd = this.end
    const begin = this.#at
    this.start = begin
    const unit = this.#unit()
    if (unit < 0) {
      this.kind = 'end'
      this.token = ''
      this.end = begin
      return
    }
    if (isLetter(unit)) {
      this.kind = 'identifier'
      let at = begin + 1
      while (at < this.text.length) {
        const following = this.text.charCodeAt(at)
        if (following >= 128 || (CLASS[following]! & (LETTER | DIGIT)) === 0) break
        at++
      }
      this.#at = at
    } else if (isDigit(unit) || (unit === DOT && isDigit(this.text.charCodeAt(begin + 1)))) {
      if (unit === DOT && this.kind === 'identifier' && this.end === begin)
        this.#onError(begin, 'a space is needed between an identifier and a decimal point')
      this.#number(unit)
    } else if (unit === DOUBLE_QUOTE || unit === APOSTROPHE) {
      this.kind = 'string'
      this.#string(unit)
    } else {
      this.kind = 'symbol'
      this.#at++
      if (unit < SPACE || unit === 127) this.#onError(begin, `control character U+${hex4(unit)} outside a string`)
      else if (unit >= 128) this.#onError(begin, `character U+${hex4(unit)} outside a string or comment`)
    }
    this.end = this.#at
    this.token = this.text.slice(begin, this.#at)
  }

  #number(first: number): void {
    this.kind = 'integer'
    this.#at++
    const second = this.#unit()
    if (first === ZERO && (second === 120 || second === 88)) {
      this.#at++
      if (!isHexDigit(this.#unit())) this.#onError(this.#at, '`0x` must be followed by hexadecimal digits')
      while (isHexDigit(this.#unit())) this.#at++
    } else if (first === ZERO && isDigit(second)) {
      while (isDigit(this.#unit())) {
        if (this.#unit() > 55) this.#onError(this.#at, 'a number that begins with a zero is octal: only digits 0 to 7')
        this.#at++
      }
    } else {
      if (first === DOT) this.kind = 'float'
      this.#digits()
      if (first !== DOT && this.#unit() === DOT) {
        this.kind = 'float'
        this.#at++
        this.#digits()
      }
      if (this.#unit() === 101 || this.#unit() === 69) {
        this.kind = 'float'
        this.#at++
        if (this.#unit() === MINUS || this.#unit() === PLUS) this.#at++
        if (!isDigit(this.#unit())) this.#onError(this.#at, '`e` must be followed by an exponent')
        this.#digits()
      }
    }
    const following = this.#unit()
    if (isLetter(following)) this.#onError(this.#at, 'a space is needed between a number and an identifier')
    else if (following === DOT)
      this.#onError(
        this.#at,
        this.kind === 'float'
          ? 'this number already has a decimal point or an exponent'
          : 'hexadecimal and octal numbers must be integers',
      )
  }

  #digits(): void {
    while (isDigit(this.#unit())) this.#at++
  }

  #string(quote: number): void {
    const begin = this.#at
    this.#at++
    for (;;) {
      const unit = this.#unit()
      if (unit === quote) {
        this.#at++
        return
      }
      if (unit < 0 || unit === LINE_FEED) {
        this.#onError(begin, 'a string is not closed on its line')
        return
      }
      this.#at +=
        unit === BACKSLASH && this.#at + 1 < this.text.length && this.text.charCodeAt(this.#at + 1) !== LINE_FEED
          ? 2
          : 1
    }
  }
}

function hex4(unit: number): string {
  return unit.toString(16).toUpperCase().padStart(4, '0')
}
