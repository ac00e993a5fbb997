import { escapeByte, escapedByte, isDecodable, isLiteralCharacter, isUnreserved } from './percent.js'
import type { Segment, Template, TemplateVariable } from './types.js'

/*
 * The grammar of google/api/http.proto ("Path template syntax"):
 *
 *     Template  = "/" Segments [ Verb ] ;
 *     Segments  = Segment { "/" Segment } ;
 *     Segment   = "*" | "**" | LITERAL | Variable ;
 *     Variable  = "{" FieldPath [ "=" Segments ] "}" ;
 *     FieldPath = IDENT { "." IDENT } ;
 *     Verb      = ":" LITERAL ;
 *
 * What it leaves open, and where we go further:
 *
 *     IDENT     = [A-Za-z_][A-Za-z0-9_]* ;
 *     LITERAL   = 1*( unreserved | pct-encoded | sub-delims | "@" ) ;   RFC 3986, as it stands in a request path
 *
 * - `/` alone is a template.
 * - Literals and `*`s may follow the `**`, of which there is one at most.
 * - The last `:` of the last segment, outside braces, begins the verb; any other is part of its literal.
 * - A literal does not begin with `*`: `*x` and `***` are mistakes more often than meant.
 * - A variable's segments hold no variable.
 */

/** A template, or what is wrong with its source and where (an index into it, from 0). */
export type ParsedTemplate = { readonly template: Template } | { readonly error: string; readonly offset: number }

/** Parses a path template. The error text names the character and its offset. */
export function parseTemplate(source: string): ParsedTemplate {
  try {
    return { template: new Parser(source).parse() }
  } catch (error) {
    if (error instanceof TemplateSyntaxError) return { error: error.message, offset: error.offset }
    throw error
  }
}

class TemplateSyntaxError extends Error {
  readonly offset: number

  constructor(message: string, offset: number) {
    super(`${message} at offset ${offset}`)
    this.offset = offset
  }
}

const isLetter = (char: string) => /^[A-Za-z_]$/.test(char)
const isLetterOrDigit = (char: string) => /^[A-Za-z0-9_]$/.test(char)

class Parser {
  private readonly source: string
  /** One past the segments: where the verb's colon is, or the end. */
  private readonly limit: number
  private at = 1
  private doubleStarAt = -1
  private readonly segments: Segment[] = []
  private readonly variables: TemplateVariable[] = []

  constructor(source: string) {
    this.source = source
    const colon = verbColon(source)
    this.limit = colon === -1 ? source.length : colon
  }

  parse(): Template {
    if (this.source === '') throw new TemplateSyntaxError('an empty template', 0)
    if (this.source[0] !== '/') throw new TemplateSyntaxError(`a template begins with '/': ${this.describe(0)}`, 0)
    if (this.source !== '/') this.parseSegments(false)
    if (this.at < this.limit) throw this.unexpected('')
    const verb = this.limit < this.source.length ? this.parseVerb() : ''
    return { source: this.source, segments: this.segments, verb, variables: this.variables }
  }

  private parseVerb(): string {
    const from = this.limit + 1
    if (from === this.source.length) throw new TemplateSyntaxError(`empty verb after ':'`, this.limit)
    return this.parseLiteral(from, this.source.length)
  }

  private parseSegments(isInVariable: boolean): void {
    for (;;) {
      this.parseSegment(isInVariable)
      if (this.at >= this.limit || this.source[this.at] !== '/') return
      this.at++
    }
  }

  private parseSegment(isInVariable: boolean): void {
    const char = this.at < this.limit ? this.source[this.at] : undefined
    if (char === undefined || char === '/' || (char === '}' && isInVariable)) {
      throw new TemplateSyntaxError('empty segment', this.at)
    }
    if (char === '{') {
      if (isInVariable) throw new TemplateSyntaxError(`a variable inside a variable: unexpected '{'`, this.at)
      this.parseVariable()
    } else if (char === '*') {
      this.parseStars(isInVariable)
    } else {
      const end = this.segmentEnd(isInVariable)
      const text = this.parseLiteral(this.at, end)
      if (text === '.' || text === '..') {
        throw new TemplateSyntaxError(`the dot segment '${text}' can match no request`, this.at)
      }
      this.segments.push({ kind: 'literal', text })
      this.at = end
    }
  }

  private parseStars(isInVariable: boolean): void {
    const isDouble = this.at + 1 < this.limit && this.source[this.at + 1] === '*'
    if (isDouble) {
      if (this.doubleStarAt !== -1) {
        throw new TemplateSyntaxError(`a second '**' (the first is at ${this.doubleStarAt})`, this.at)
      }
      this.doubleStarAt = this.at
    }
    this.segments.push({ kind: isDouble ? 'doubleStar' : 'star' })
    this.at += isDouble ? 2 : 1
    this.requireSegmentEnd(isDouble ? `after '**'` : `after '*'`, isInVariable)
  }

  private parseVariable(): void {
    const brace = this.at++
    const fieldPath = [this.parseIdentifier(brace)]
    while (this.source[this.at] === '.') {
      this.at++
      fieldPath.push(this.parseIdentifier(brace))
    }
    const start = this.segments.length
    if (this.source[this.at] === '=') {
      this.at++
      this.parseSegments(true)
    } else {
      this.segments.push({ kind: 'star' })
    }
    if (this.at >= this.limit) throw unclosed(brace)
    if (this.source[this.at] !== '}') throw this.unexpected(' in a variable')
    this.at++
    const end = this.segments.length
    const isMultiSegment = end - start > 1 || this.segments[start]?.kind === 'doubleStar'
    this.variables.push({ fieldPath, start, end, isMultiSegment })
    this.requireSegmentEnd('after a variable, which is a whole segment', false)
  }

  private parseIdentifier(brace: number): string {
    const from = this.at
    while (this.at < this.limit && isLetterOrDigit(this.source.charAt(this.at))) this.at++
    if (this.at > from && isLetter(this.source.charAt(from))) return this.source.slice(from, this.at)
    if (from >= this.limit) throw unclosed(brace)
    throw new TemplateSyntaxError(`a field name begins with a letter or '_': ${this.describe(from)}`, from)
  }

  /** Where a literal that begins here ends: at the `/`, the verb or, in a variable, the `}`. */
  private segmentEnd(isInVariable: boolean): number {
    let end = this.at
    while (end < this.limit && this.source[end] !== '/' && !(isInVariable && this.source[end] === '}')) end++
    return end
  }

  /** Literal text `[from, to)`, unreserved characters decoded and the digits of other escapes in upper case. */
  private parseLiteral(from: number, to: number): string {
    let text = ''
    for (let at = from; at < to; at++) {
      const code = this.source.charCodeAt(at)
      if (code === 0x25) {
        const byte = escapedByte(this.source.slice(0, to), at)
        if (byte === -1) throw new TemplateSyntaxError(`'%' is not followed by two hexadecimal digits`, at)
        if (byte === 0) throw new TemplateSyntaxError(`'%00' can match no request`, at)
        text += isUnreserved(byte) ? String.fromCharCode(byte) : escapeByte(byte)
        at += 2
      } else if (isLiteralCharacter(code) || code === 0x3a) {
        text += this.source[at]
      } else {
        throw new TemplateSyntaxError(`illegal character ${this.describe(at)}${whyIllegal(code)}`, at)
      }
    }
    if (!isDecodable(text)) throw new TemplateSyntaxError('escapes that are not UTF-8', from)
    return text
  }

  private requireSegmentEnd(where: string, isInVariable: boolean): void {
    const char = this.source[this.at]
    if (this.at >= this.limit || char === '/' || (isInVariable && char === '}')) return
    throw this.unexpected(` ${where}`)
  }

  private unexpected(where: string): TemplateSyntaxError {
    return new TemplateSyntaxError(`unexpected ${this.describe(this.at)}${where}`, this.at)
  }

  private describe(at: number): string {
    const code = this.source.codePointAt(at)
    if (code === undefined) return 'the end'
    const isShown = code > 0x20 && (code < 0x7f || code > 0xa0) && !(code >= 0xd800 && code <= 0xdfff)
    return isShown ? `'${String.fromCodePoint(code)}'` : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  }
}

function unclosed(brace: number): TemplateSyntaxError {
  return new TemplateSyntaxError(`unclosed '{'`, brace)
}

function whyIllegal(code: number): string {
  if (code === 0x3f) return ' (query parameters are not part of a template)'
  if (code === 0x7b) return ' (a variable is a whole segment)'
  if (code === 0x7d) return ' (it closes nothing)'
  return ' (percent-encode it)'
}

/** Offset of the colon that begins the verb, or -1. */
function verbColon(source: string): number {
  let colon = -1
  let isInBraces = false
  for (let at = 0; at < source.length; at++) {
    const char = source[at]
    if (char === '{') isInBraces = true
    else if (char === '}') isInBraces = false
    else if (isInBraces) continue
    else if (char === '/') colon = -1
    else if (char === ':') colon = at
  }
  return colon
}
