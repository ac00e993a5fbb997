import { quote, transcodeError } from '../errors/transcode-error.js'
import type { PairSource } from './pair-source.js'

const PLUS = 0x2b
const PERCENT = 0x25

/**
 * The pairs of a text in form encoding (WHATWG URL, application/x-www-form-urlencoded), one at a time: a body of nothing
 * but `&` costs no memory. A name without `=` has an empty value; empty pairs are skipped.
 */
export class PairReader {
  /** Of the pair read last, still encoded. */
  rawName = ''
  rawValue = ''
  readonly #text: string
  readonly #source: PairSource
  #at = 0

  constructor(text: string, source: PairSource) {
    this.#text = text
    this.#source = source
  }

  /** Goes on to the next pair; false: there is none. */
  next(): boolean {
    const text = this.#text
    for (let from = this.#at; from < text.length;) {
      const ampersand = text.indexOf('&', from)
      const to = ampersand === -1 ? text.length : ampersand
      if (to > from) {
        let equals = from
        while (equals < to && text.charCodeAt(equals) !== 0x3d) equals++
        this.rawName = text.slice(from, equals)
        this.rawValue = equals < to ? text.slice(equals + 1, to) : ''
        this.#at = to + 1
        return true
      }
      from = to + 1
    }
    this.#at = text.length
    return false
  }

  /**
   * The pair's name, decoded strictly: `+` is a space, escapes are valid and their bytes UTF-8.
   *
   * @throws StatusError INVALID_ARGUMENT: MALFORMED_PARAMETER, MALFORMED_FORM
   */
  name(): string {
    return decodeText(this.rawName, this.rawName, this.#source)
  }

  /** The same of the value. `name`: the pair's, for the error. */
  value(name: string): string {
    return decodeText(this.rawValue, name, this.#source)
  }
}

function decodeText(text: string, name: string, source: PairSource): string {
  let hasPlus = false
  let hasEscape = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === PLUS) hasPlus = true
    else if (code === PERCENT) hasEscape = true
    // Decoding leaves characters over ASCII as they are, so look here.
    else if (code > 0x7e && !source.allowsUnescaped) throw malformed(name, source)
  }
  const spaced = hasPlus ? text.replaceAll('+', ' ') : text
  if (!hasEscape) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    throw malformed(name, source)
  }
}

function malformed(name: string, { noun, reasons }: PairSource): Error {
  return transcodeError(reasons.malformed, `${noun} ${quote(name)} is not UTF-8 in percent-encoding`)
}
