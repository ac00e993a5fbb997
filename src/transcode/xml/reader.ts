import type { StatusError } from '../../status/index.js'
import { depthExceeded, quote } from '../errors/transcode-error.js'
import { MAX_DEPTH } from '../wire/reader.js'
import { isAllowed, isSpace, replaceSpace, trimSpace } from './characters.js'
import { CH, Markup } from './markup.js'
import { NamespaceScope, XMLNS_NAMESPACE } from './namespaces.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { Ampersand, Apostrophe, CloseBracket, Equals, Exclamation, Greater, Less, Question, Quote, Slash, Space } = CH

/**
 * Elements nested deeper than this are refused. Messages are limited to 100 levels when they are walked, and a level of
 * messages has at most two elements: the field and the entry of a map, the item of a wrapped list, or the kind of a Value.
 */
const MAX_NESTING = 2 * MAX_DEPTH + 2
/** Attributes and namespace declarations of one element. */
const MAX_ATTRIBUTES = 256

/** ASCII characters at which reading text has to look closer: markup, references, `]]>`, what XML cannot hold. */
const STOPS_TEXT = new Uint8Array(128)
/** The same in an attribute's value, where white space other than a space is one. */
const STOPS_VALUE = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  const isMarkup = code === Less || code === Ampersand
  STOPS_TEXT[code] = isMarkup || code === CloseBracket || !isAllowed(code) ? 1 : 0
  STOPS_VALUE[code] = isMarkup || code === Quote || code === Apostrophe || code < Space ? 1 : 0
}

/** What stands next in an element's content. */
export const Content = { End: 0, Element: 1, Text: 2 } as const
export type Content = (typeof Content)[keyof typeof Content]

export interface XmlAttribute {
  readonly localName: string
  /** '': none, which is what an attribute without prefix has. */
  readonly namespace: string
  /** Normalized as one of type CDATA (XML 1.0 §3.3.3). */
  readonly value: string
}

interface RawAttribute {
  readonly prefix: string
  readonly localName: string
  readonly value: string
  readonly at: number
}

const NO_ATTRIBUTES: readonly XmlAttribute[] = []

/**
 * Reads a document, strictly: well-formed by XML 1.0 (fifth edition) and Namespaces in XML 1.0, without DOCTYPE, with no
 * entities but the five and character references. It goes forward only and never back, holds nothing of what it has
 * read, and is told what to expect: elements one after the other (`next`), the text of one (`text`), or nothing of it
 * (`skip`). Comments and processing instructions are not seen.
 *
 * Every method throws StatusError INVALID_ARGUMENT: MALFORMED_XML with line and column, DEPTH_EXCEEDED.
 */
export class XmlReader extends Markup {
  readonly #namespaces = new NamespaceScope()
  /** Where the names of the open elements begin, outermost first, and how long they are. */
  readonly #openAt: number[] = []
  readonly #openLength: number[] = []
  #depth = 0
  /** The element begun last is `<a/>`. */
  #isEmpty = false
  /** Where it begins. */
  #elementAt = 0

  /** Of the element begun last. */
  localName = ''
  namespace = ''
  attributes: readonly XmlAttribute[] = NO_ATTRIBUTES

  /** Begins the root element. */
  begin(): void {
    this.miscellaneous()
    if (this.at >= this.source.length) throw this.malformed('there is no root element')
    if (this.source.charCodeAt(this.at) !== Less) throw this.malformed('text before the root element')
    if (this.source.startsWith('<!DOCTYPE', this.at)) throw this.malformed('a DOCTYPE, which is never read')
    this.#startTag()
  }

  /** After the root element: there is nothing but comments, processing instructions and space to the end. */
  finish(): void {
    this.miscellaneous()
    if (this.at < this.source.length) throw this.malformed('text after the root element')
  }

  /**
   * Goes on to the next element within the current one, whose start tag is then read, or to its end, which then is.
   * Goes no further where there is text that is not only white space.
   */
  next(): Content {
    if (this.#isEmpty) return this.#leaveEmpty()
    for (;;) {
      const code = this.source.charCodeAt(this.at)
      if (isSpace(code)) {
        this.at++
      } else if (code === Less) {
        const next = this.source.charCodeAt(this.at + 1)
        if (next === Slash) {
          this.#endTag()
          return Content.End
        }
        if (next === Question) this.instruction()
        else if (next !== Exclamation) {
          this.#startTag()
          return Content.Element
        } else if (!this.isCdata()) this.comment()
        else if (trimSpace(this.cdata()) !== '') return Content.Text
      } else if (code === Ampersand) {
        if (!isSpace(this.reference().charCodeAt(0))) return Content.Text
      } else if (this.at >= this.source.length) {
        throw this.#unclosed()
      } else {
        return Content.Text
      }
    }
  }

  /** The whole text of the current element, whose end tag is then read; undefined where it has an element in it. */
  text(): string | undefined {
    if (this.#isEmpty) {
      this.#leaveEmpty()
      return ''
    }
    const text = this.#characters(true)
    if (this.source.charCodeAt(this.at + 1) !== Slash) return undefined
    this.#endTag()
    return text
  }

  /** Passes over the rest of the current element. `levels`: how deep elements in it may be nested. */
  skip(levels: number): void {
    const outer = this.#depth
    for (;;) {
      if (this.#isEmpty) this.#leaveEmpty()
      else {
        this.#characters(false)
        if (this.source.charCodeAt(this.at + 1) !== Slash) {
          if (this.#depth - outer >= levels) throw depthExceeded()
          this.#startTag()
          continue
        }
        this.#endTag()
      }
      if (this.#depth < outer) return
    }
  }

  /** Of the element begun last: `line 1 column 5`. */
  elementPlace(): string {
    return this.place(this.#elementAt)
  }

  #startTag(): void {
    const { source } = this
    const nameAt = this.at + 1
    this.#elementAt = this.at
    const nameEnd = this.scanName(nameAt)
    const colon = this.colon
    if (this.#depth >= MAX_NESTING) throw depthExceeded()
    this.#openAt[this.#depth] = nameAt
    this.#openLength[this.#depth] = nameEnd - nameAt
    this.#depth++
    let code = source.charCodeAt(nameEnd)
    this.at = nameEnd
    this.attributes = NO_ATTRIBUTES
    if (code !== Greater && code !== Slash) {
      this.#readAttributes()
      code = source.charCodeAt(this.at)
    }
    if (code === Slash) {
      if (source.charCodeAt(this.at + 1) !== Greater) throw this.malformed('a start tag without its end')
      this.#isEmpty = true
      this.at += 2
    } else this.at++
    if (colon === -1) {
      this.namespace = this.#namespaces.default
      this.localName = source.slice(nameAt, nameEnd)
    } else {
      this.namespace = this.#resolve(source.slice(nameAt, colon), nameAt)
      this.localName = source.slice(colon + 1, nameEnd)
    }
  }

  /** The attributes of a start tag, to its `>` or `/`. */
  #readAttributes(): void {
    const raw: RawAttribute[] = []
    for (;;) {
      const before = this.at
      this.skipSpace()
      const code = this.source.charCodeAt(this.at)
      if (code === Greater || code === Slash) break
      if (this.at >= this.source.length) throw this.malformed('a start tag without its end')
      if (this.at === before) throw this.malformed('white space is missing before an attribute')
      if (raw.length === MAX_ATTRIBUTES) throw this.malformed(`an element with more than ${MAX_ATTRIBUTES} attributes`)
      raw.push(this.#readAttribute())
    }
    const [first] = raw
    if (first === undefined) return
    if (raw.length === 1 && first.prefix === '' && first.localName !== 'xmlns') {
      this.attributes = [{ localName: first.localName, namespace: '', value: first.value }]
      return
    }
    // An element's declarations hold for its other attributes too, whichever comes first.
    for (const attribute of raw) {
      if (!isDeclaration(attribute)) continue
      const prefix = attribute.prefix === '' ? '' : attribute.localName
      const wrong = this.#namespaces.declare(prefix, attribute.value, this.#depth)
      if (wrong !== undefined) throw this.malformed(wrong, attribute.at)
    }
    const attributes: XmlAttribute[] = []
    const names = raw.length === 1 ? undefined : new Set<string>()
    for (const attribute of raw) {
      const { prefix, localName, value, at } = attribute
      const declares = isDeclaration(attribute)
      const namespace = declares ? XMLNS_NAMESPACE : prefix === '' ? '' : this.#resolve(prefix, at)
      if (names !== undefined) {
        const name = namespace === '' ? localName : `{${namespace}}${localName}`
        if (names.has(name)) throw this.malformed(`the attribute ${quote(localName)} stands twice in its tag`, at)
        names.add(name)
      }
      if (!declares) attributes.push({ localName, namespace, value })
    }
    if (attributes.length > 0) this.attributes = attributes
  }

  #readAttribute(): RawAttribute {
    const { source } = this
    const at = this.at
    const end = this.scanName(at)
    const colon = this.colon
    this.at = end
    this.skipSpace()
    if (source.charCodeAt(this.at) !== Equals) throw this.malformed('an attribute without "="')
    this.at++
    this.skipSpace()
    const value = this.#value()
    return colon === -1
      ? { prefix: '', localName: source.slice(at, end), value, at }
      : { prefix: source.slice(at, colon), localName: source.slice(colon + 1, end), value, at }
  }

  #value(): string {
    const { source } = this
    const mark = source.charCodeAt(this.at)
    if (mark !== Quote && mark !== Apostrophe) throw this.malformed("an attribute's value without quotes")
    let from = ++this.at
    let out = ''
    let hasOtherSpace = false
    for (;;) {
      const code = source.charCodeAt(this.at)
      if (code < 128 ? STOPS_VALUE[code] === 0 : code < 0xfffe) {
        this.at++
        continue
      }
      if (code === mark || code === Ampersand) {
        // White space that a reference stands for stays what it is; all other is a space.
        const piece = source.slice(from, this.at)
        out += hasOtherSpace ? replaceSpace(piece) : piece
        if (code === mark) {
          this.at++
          return out
        }
        out += this.reference()
        from = this.at
      } else if (isSpace(code)) {
        hasOtherSpace = true
        this.at++
      } else if (code === Less) {
        throw this.malformed('"<" in the value of an attribute')
      } else if (this.at >= source.length) {
        throw this.malformed("an attribute's value without its end")
      } else if (isAllowed(code)) {
        // The other kind of quotes.
        this.at++
      } else {
        throw this.notAllowed(code)
      }
    }
  }

  /** Reads text, CDATA sections and references, up to the next start or end tag. `keeps`: the text is wanted. */
  #characters(keeps: boolean): string {
    const { source } = this
    let from = this.at
    let out = ''
    for (;;) {
      const code = source.charCodeAt(this.at)
      if (code < 128 ? STOPS_TEXT[code] === 0 : code < 0xfffe) {
        this.at++
        continue
      }
      if (code === CloseBracket) {
        if (source.startsWith(']]>', this.at)) throw this.malformed('"]]>" in text')
        this.at++
        continue
      }
      if (code !== Less && code !== Ampersand) {
        throw this.at >= source.length ? this.#unclosed() : this.notAllowed(code)
      }
      if (keeps && from < this.at) out = out === '' ? source.slice(from, this.at) : out + source.slice(from, this.at)
      if (code === Ampersand) {
        const character = this.reference()
        if (keeps) out += character
      } else {
        const next = source.charCodeAt(this.at + 1)
        if (next === Question) this.instruction()
        else if (next !== Exclamation) return out
        else if (!this.isCdata()) this.comment()
        else {
          const section = this.cdata()
          if (keeps) out += section
        }
      }
      from = this.at
    }
  }

  #endTag(): void {
    const { source } = this
    const depth = this.#depth - 1
    const openAt = this.#openAt[depth]!
    const length = this.#openLength[depth]!
    const at = this.at + 2
    let same = 0
    while (same < length && source.charCodeAt(openAt + same) === source.charCodeAt(at + same)) same++
    let end = at + same
    if (same < length) throw this.#wrongEnd(openAt, length)
    if (source.charCodeAt(end) !== Greater) {
      while (isSpace(source.charCodeAt(end))) end++
      if (end >= source.length) throw this.#unclosed()
      if (source.charCodeAt(end) !== Greater) throw this.#wrongEnd(openAt, length)
    }
    this.at = end + 1
    this.#leave()
  }

  #leaveEmpty(): typeof Content.End {
    this.#isEmpty = false
    this.#leave()
    return Content.End
  }

  #leave(): void {
    this.#namespaces.leave(this.#depth)
    this.#depth--
  }

  #resolve(prefix: string, at: number): string {
    const namespace = prefix === 'xmlns' ? undefined : this.#namespaces.find(prefix)
    if (namespace === undefined) throw this.malformed(`the prefix ${quote(prefix)} is not declared`, at)
    return namespace
  }

  #unclosed(): StatusError {
    const depth = this.#depth - 1
    const name = this.source.slice(this.#openAt[depth], this.#openAt[depth]! + this.#openLength[depth]!)
    return this.malformed(`the element ${quote(name)} has no end tag`)
  }

  #wrongEnd(openAt: number, length: number): StatusError {
    return this.malformed(`the end tag is not that of ${quote(this.source.slice(openAt, openAt + length))}`)
  }
}

function isDeclaration({ prefix, localName }: RawAttribute): boolean {
  return prefix === 'xmlns' || (prefix === '' && localName === 'xmlns')
}
