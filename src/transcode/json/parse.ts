import { isUtf8 } from 'node:buffer'
import { formatPath, type PathStep } from '../errors/field-path.js'
import { depthExceeded, quote, transcodeError } from '../errors/transcode-error.js'
import { TreeNode } from '../tree/node.js'

/**
 * Arrays and objects nested deeper than this are refused while parsing. Messages are limited to 100 levels when they
 * are walked, and a level of messages has at most two of JSON: the message and the list or map it is in.
 */
const MAX_NESTING = 200

/**
 * The value a JSON text stands for, read strictly as RFC 8259 has it: UTF-8 without byte order mark, one value and
 * nothing after it, no key twice in an object, no lone surrogate. Time and memory are linear in the text's length.
 *
 * @throws StatusError INVALID_ARGUMENT: MALFORMED_JSON with line and column, DUPLICATE_FIELD, DEPTH_EXCEEDED
 */
export function parseJson(bytes: Uint8Array): TreeNode {
  if (!isUtf8(bytes)) throw transcodeError('MALFORMED_JSON', 'the body is not UTF-8')
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  return new JsonParser(text).parse()
}

const CH = {
  Tab: 0x09,
  LineFeed: 0x0a,
  CarriageReturn: 0x0d,
  Space: 0x20,
  Quote: 0x22,
  Comma: 0x2c,
  Minus: 0x2d,
  Plus: 0x2b,
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

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** Objects with fewer keys than this look for a duplicate one by one. */
const SMALL_OBJECT = 8

class JsonParser {
  readonly #text: string
  #at = 0
  /** Keys and indexes of the arrays and objects round the position, outermost first. */
  readonly #path: PathStep[] = []

  constructor(text: string) {
    this.#text = text
  }

  parse(): TreeNode {
    if (this.#text.charCodeAt(0) === 0xfeff) throw this.#malformed('a byte order mark before the value')
    this.#skipSpace()
    const value = this.#value()
    this.#skipSpace()
    if (this.#at < this.#text.length) throw this.#malformed('text after the value')
    return value
  }

  #value(): TreeNode {
    const code = this.#text.charCodeAt(this.#at)
    switch (code) {
      case CH.OpenBrace:
        return this.#object()
      case CH.OpenBracket:
        return this.#array()
      case CH.Quote:
        return TreeNode.string(this.#string())
      case 0x6e:
        return this.#word('null', TreeNode.null)
      case 0x74:
        return this.#word('true', TreeNode.true)
      case 0x66:
        return this.#word('false', TreeNode.false)
      default:
        if (code === CH.Minus || isDigit(code)) return TreeNode.number(this.#number())
        throw this.#unexpected('a value')
    }
  }

  #word(word: string, node: TreeNode): TreeNode {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected('a value')
    this.#at += word.length
    return node
  }

  #object(): TreeNode {
    const level = this.#enter()
    const keys: string[] = []
    const items: TreeNode[] = []
    let seen: Set<string> | undefined
    this.#at++
    this.#skipSpace()
    if (this.#text.charCodeAt(this.#at) === CH.CloseBrace) {
      this.#at++
    } else {
      for (;;) {
        if (this.#text.charCodeAt(this.#at) !== CH.Quote) throw this.#unexpected('a key in double quotes')
        const start = this.#at
        const key = this.#string()
        this.#path[level] = key
        if (seen === undefined && keys.length >= SMALL_OBJECT) seen = new Set(keys)
        if (seen === undefined ? keys.includes(key) : seen.has(key)) throw this.#duplicate(key, start)
        seen?.add(key)
        keys.push(key)
        this.#skipSpace()
        if (this.#text.charCodeAt(this.#at) !== CH.Colon) throw this.#unexpected('":"')
        this.#at++
        this.#skipSpace()
        items.push(this.#value())
        if (this.#isLast(CH.CloseBrace, '"," or "}"')) break
      }
    }
    this.#path.length = level
    return TreeNode.object(keys, items)
  }

  #array(): TreeNode {
    const level = this.#enter()
    const items: TreeNode[] = []
    this.#at++
    this.#skipSpace()
    if (this.#text.charCodeAt(this.#at) === CH.CloseBracket) {
      this.#at++
    } else {
      do {
        this.#path[level] = items.length
        items.push(this.#value())
      } while (!this.#isLast(CH.CloseBracket, '"," or "]"'))
    }
    this.#path.length = level
    return TreeNode.array(items)
  }

  /** Begins an array or object; returns where its place in the path is. */
  #enter(): number {
    const level = this.#path.length
    if (level >= MAX_NESTING) throw depthExceeded()
    this.#path.push(0)
    return level
  }

  /** After an item: true behind the closing character, false behind a comma and before the next item. */
  #isLast(close: number, expected: string): boolean {
    this.#skipSpace()
    const code = this.#text.charCodeAt(this.#at)
    if (code !== close && code !== CH.Comma) throw this.#unexpected(expected)
    this.#at++
    if (code === close) return true
    this.#skipSpace()
    return false
  }

  #string(): string {
    const text = this.#text
    const start = ++this.#at
    for (let at = start; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === CH.Quote) {
        this.#at = at + 1
        return text.slice(start, at)
      }
      if (code === CH.Backslash) return this.#escapedString(start, at)
      if (code < CH.Space) {
        this.#at = at
        throw this.#malformed('a control character in a string')
      }
    }
    this.#at = text.length
    throw this.#malformed('a string without its end')
  }

  /** A string with escapes; the first is at `first`. */
  #escapedString(start: number, first: number): string {
    const text = this.#text
    let out = text.slice(start, first)
    let at = first
    let from = first
    for (;;) {
      if (at >= text.length) {
        this.#at = text.length
        throw this.#malformed('a string without its end')
      }
      const code = text.charCodeAt(at)
      if (code === CH.Quote) {
        this.#at = at + 1
        return out + text.slice(from, at)
      }
      if (code < CH.Space) {
        this.#at = at
        throw this.#malformed('a control character in a string')
      }
      if (code !== CH.Backslash) {
        at++
        continue
      }
      out += text.slice(from, at)
      this.#at = at
      out += this.#escape()
      at = this.#at
      from = at
    }
  }

  /** The escape at the position; a surrogate takes the escape of its other half with it. */
  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? ''
    if (letter !== 'u') {
      const character = ESCAPES[letter]
      if (character === undefined) throw this.#malformed('an escape that does not exist')
      this.#at += 2
      return character
    }
    const unit = this.#hex(this.#at + 2)
    if (unit >= 0xdc00 && unit <= 0xdfff) throw this.#malformed('a lone surrogate')
    if (unit < 0xd800 || unit > 0xdbff) {
      this.#at += 6
      return String.fromCharCode(unit)
    }
    if (!this.#text.startsWith('\\u', this.#at + 6)) throw this.#malformed('a lone surrogate')
    const low = this.#hex(this.#at + 8)
    if (low < 0xdc00 || low > 0xdfff) throw this.#malformed('a lone surrogate')
    this.#at += 12
    return String.fromCharCode(unit, low)
  }

  #hex(from: number): number {
    let value = 0
    for (let i = from; i < from + 4; i++) {
      const code = this.#text.charCodeAt(i)
      const lower = code | 0x20
      const digit = isDigit(code) ? code - CH.Zero : lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
      if (digit === -1) throw this.#malformed('\\u without four hexadecimal digits')
      value = value * 16 + digit
    }
    return value
  }

  #number(): string {
    const text = this.#text
    const start = this.#at
    let at = text.charCodeAt(start) === CH.Minus ? start + 1 : start
    if (text.charCodeAt(at) === CH.Zero) at++
    else at = this.#digits(at)
    if (text.charCodeAt(at) === CH.Point) at = this.#digits(at + 1)
    if ((text.charCodeAt(at) | 0x20) === 0x65) {
      const sign = text.charCodeAt(at + 1)
      at = this.#digits(sign === CH.Plus || sign === CH.Minus ? at + 2 : at + 1)
    }
    this.#at = at
    return text.slice(start, at)
  }

  #digits(from: number): number {
    let at = from
    while (isDigit(this.#text.charCodeAt(at))) at++
    if (at === from) {
      this.#at = at
      throw this.#unexpected('a digit')
    }
    return at
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== CH.Space && code !== CH.LineFeed && code !== CH.CarriageReturn && code !== CH.Tab) return
      this.#at++
    }
  }

  #unexpected(expected: string): Error {
    const found =
      this.#at < this.#text.length ? quote(String.fromCodePoint(this.#text.codePointAt(this.#at)!)) : 'the end'
    return this.#malformed(`expected ${expected}, found ${found}`)
  }

  #malformed(what: string): Error {
    return transcodeError('MALFORMED_JSON', `the body is not JSON: ${what}, at ${this.#place(this.#at)}`)
  }

  #duplicate(key: string, at: number): Error {
    const field = formatPath(this.#path)
    const message = `${field}: the key ${quote(key)} stands twice in its object, at ${this.#place(at)}`
    return transcodeError('DUPLICATE_FIELD', message, field)
  }

  /** Lines and columns count from 1; a column is a UTF-16 unit. */
  #place(at: number): string {
    let line = 1
    let lineStart = 0
    for (let next = this.#text.indexOf('\n'); next !== -1 && next < at; next = this.#text.indexOf('\n', next + 1)) {
      line++
      lineStart = next + 1
    }
    return `line ${line} column ${at - lineStart + 1}`
  }
}

function isDigit(code: number): boolean {
  return code >= CH.Zero && code <= CH.Nine
}
