import { quote, transcodeError } from '../errors/transcode-error.js'
import type { PairSource } from './pair-source.js'

export interface Pair {
  readonly name: string
  readonly value: string
}

/**
 * The pairs of a text in form encoding (WHATWG URL, application/x-www-form-urlencoded, but strict): `+` is a space,
 * escapes are valid and their bytes UTF-8. A name without `=` has an empty value; empty pairs are skipped.
 *
 * @throws StatusError INVALID_ARGUMENT: MALFORMED_PARAMETER, MALFORMED_FORM
 */
export function* readPairs(text: string, source: PairSource): Generator<Pair> {
  for (const pair of rawPairs(text)) {
    const name = decodeText(pair.name, pair.name, source)
    yield { name, value: decodeText(pair.value, name, source) }
  }
}

/** The pairs still encoded, one at a time: a body of nothing but `&` costs no memory. */
export function* rawPairs(text: string): Generator<Pair> {
  for (let from = 0; from < text.length;) {
    const ampersand = text.indexOf('&', from)
    const to = ampersand === -1 ? text.length : ampersand
    if (to > from) {
      const pair = text.slice(from, to)
      const equals = pair.indexOf('=')
      yield equals === -1 ? { name: pair, value: '' } : { name: pair.slice(0, equals), value: pair.slice(equals + 1) }
    }
    from = to + 1
  }
}

/** @param name the pair's name, for the error */
export function decodeText(text: string, name: string, source: PairSource): string {
  // Decoding leaves characters over ASCII as they are, so look here.
  if (!source.allowsUnescaped && hasUnescaped(text)) throw malformed(name, source)
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    throw malformed(name, source)
  }
}

function hasUnescaped(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7e) return true
  return false
}

function malformed(name: string, { noun, reasons }: PairSource): Error {
  return transcodeError(reasons.malformed, `${noun} ${quote(name)} is not UTF-8 in percent-encoding`)
}
