import type { StatusError } from '../../status/index.js'
import { quote } from '../errors/transcode-error.js'
import { formatCodePoint, isAllowed, isNameCharacter, isNameStart, isSpace } from './characters.js'
import type { DocumentText } from './document-text.js'
import { malformedXml } from './malformed.js'

/** UTF-16 units of a name. */
const MAX_NAME = 4096
/** Entity and character references of one document. They cannot multiply, but each costs more than a character. */
const MAX_REFERENCES = 100_000

export const CH = {
  LineFeed: 0x0a,
  Space: 0x20,
  Exclamation: 0x21,
  Quote: 0x22,
  Hash: 0x23,
  Ampersand: 0x26,
  Apostrophe: 0x27,
  Slash: 0x2f,
  Colon: 0x3a,
  Semicolon: 0x3b,
  Less: 0x3c,
  Equals: 0x3d,
  Greater: 0x3e,
  Question: 0x3f,
  CloseBracket: 0x5d,
  X: 0x78,
} as const

/** XML 1.0 §4.6. */
const ENTITIES: readonly (readonly [name: string, character: string])[] = [
  ['lt;', '<'],
  ['gt;', '>'],
  ['amp;', '&'],
  ['quot;', '"'],
  ['apos;', "'"],
]

/**
 * A position in a document and what may stand there wherever it is: names, references, comments, processing instructions,
 * CDATA sections. What reads one stands behind it after.
 */
export class Markup {
  protected readonly source: string
  protected at: number
  /** Of the name scanned last: where its colon is; -1: it has none. */
  protected colon = -1
  #references = 0

  constructor({ text, start }: DocumentText) {
    this.source = text
    this.at = start
  }

  /** The character of the reference at the position (XML 1.0 §4.1, §4.6). */
  protected reference(): string {
    const text = this.source
    if (++this.#references > MAX_REFERENCES) throw this.malformed(`more than ${MAX_REFERENCES} references`)
    const at = this.at + 1
    if (text.charCodeAt(at) === CH.Hash) return this.#characterReference(at + 1)
    for (const [name, character] of ENTITIES) {
      if (!text.startsWith(name, at)) continue
      this.at = at + name.length
      return character
    }
    const end = this.scanName(at)
    const isEnded = text.charCodeAt(end) === CH.Semicolon
    throw this.malformed(
      isEnded ? `the entity ${quote(text.slice(at, end))} is not one of XML's five` : 'a reference without ";"',
    )
  }

  #characterReference(digitsAt: number): string {
    const text = this.source
    const isHex = text.charCodeAt(digitsAt) === CH.X
    let at = isHex ? digitsAt + 1 : digitsAt
    const first = at
    let codePoint = 0
    for (;;) {
      const digit = digitOf(text.charCodeAt(at), isHex)
      if (digit === -1) break
      // Beyond the last character it is wrong however it goes on, so it need not grow.
      if (codePoint <= 0x10ffff) codePoint = codePoint * (isHex ? 16 : 10) + digit
      at++
    }
    if (at === first) throw this.malformed('a character reference without digits')
    if (text.charCodeAt(at) !== CH.Semicolon) throw this.malformed('a reference without ";"')
    const isCharacter = codePoint > 0xffff ? codePoint <= 0x10ffff : isAllowed(codePoint) && !isSurrogate(codePoint)
    if (!isCharacter) throw this.malformed('a reference to a character that XML cannot hold')
    this.at = at + 1
    return String.fromCodePoint(codePoint)
  }

  protected isCdata(): boolean {
    return this.source.startsWith('<![CDATA[', this.at)
  }

  protected cdata(): string {
    const start = this.at + '<![CDATA['.length
    const end = this.source.indexOf(']]>', start)
    if (end === -1) throw this.malformed('a CDATA section without its end')
    this.#checkCharacters(start, end)
    this.at = end + 3
    return this.source.slice(start, end)
  }

  protected comment(): void {
    const start = this.at + '<!--'.length
    if (!this.source.startsWith('<!--', this.at)) throw this.malformed('"<!" that begins nothing that may stand here')
    const end = this.source.indexOf('--', start)
    if (end === -1) throw this.malformed('a comment without its end')
    if (this.source.charCodeAt(end + 2) !== CH.Greater) throw this.malformed('"--" in a comment', end)
    this.#checkCharacters(start, end)
    this.at = end + 3
  }

  protected instruction(): void {
    const text = this.source
    const nameAt = this.at + 2
    const nameEnd = this.scanName(nameAt)
    if (this.colon !== -1) throw this.malformed('a processing instruction with a colon in its name')
    if (nameEnd - nameAt === 3 && text.slice(nameAt, nameEnd).toLowerCase() === 'xml') {
      throw this.malformed('an XML declaration that is not at the beginning')
    }
    const end = text.indexOf('?>', nameEnd)
    if (end === -1) throw this.malformed('a processing instruction without its end')
    if (end > nameEnd && !isSpace(text.charCodeAt(nameEnd))) {
      throw this.malformed('white space is missing after the name of a processing instruction')
    }
    this.#checkCharacters(nameEnd, end)
    this.at = end + 2
  }

  /** Comments, processing instructions and white space, outside the root element. */
  protected miscellaneous(): void {
    for (;;) {
      this.skipSpace()
      if (this.source.startsWith('<!--', this.at)) this.comment()
      else if (this.source.startsWith('<?', this.at)) this.instruction()
      else return
    }
  }

  /** The end of the qualified name that begins at a position (Namespaces in XML 1.0 §4). */
  protected scanName(from: number): number {
    const text = this.source
    this.colon = -1
    let at = from
    let isFirst = true
    for (;;) {
      let code = text.charCodeAt(at)
      if (code === CH.Colon && !isFirst && this.colon === -1) {
        this.colon = at++
        isFirst = true
        continue
      }
      if (code >= 0xd800 && code <= 0xdfff) code = text.codePointAt(at)!
      // NaN, at the end of the text, is no character of a name either.
      if (!(isFirst ? isNameStart(code) : isNameCharacter(code))) break
      isFirst = false
      at += code > 0xffff ? 2 : 1
      if (at - from > MAX_NAME) throw this.malformed(`a name longer than ${MAX_NAME} characters`, from)
    }
    if (isFirst) throw this.malformed(from >= text.length ? 'it ends within a tag' : 'a name is missing', at)
    return at
  }

  protected skipSpace(): void {
    while (isSpace(this.source.charCodeAt(this.at))) this.at++
  }

  #checkCharacters(from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const code = this.source.charCodeAt(at)
      if (!isAllowed(code)) {
        this.at = at
        throw this.notAllowed(code)
      }
    }
  }

  protected notAllowed(code: number): StatusError {
    return this.malformed(`the character ${formatCodePoint(code)}, which XML cannot hold`)
  }

  protected malformed(what: string, at = this.at): StatusError {
    return malformedXml(`${what}, at ${this.place(at)}`)
  }

  /** `line 1 column 5`, of the position where none is given. Both count from 1; a column is a UTF-16 unit. */
  place(at = this.at): string {
    let line = 1
    let lineStart = 0
    const end = Math.min(at, this.source.length)
    for (let i = 0; i < end; i++) {
      if (this.source.charCodeAt(i) !== CH.LineFeed) continue
      line++
      lineStart = i + 1
    }
    return `line ${line} column ${end - lineStart + 1}`
  }
}

function isSurrogate(codePoint: number): boolean {
  return codePoint >= 0xd800 && codePoint <= 0xdfff
}

function digitOf(code: number, isHex: boolean): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return isHex && lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
