import { quote, transcodeError } from '../errors/transcode-error.js'

export interface QueryPair {
  readonly name: string
  readonly value: string
}

/**
 * The parameters of a query in form encoding (WHATWG URL, application/x-www-form-urlencoded, but strict): `+` is a space,
 * escapes are valid and their bytes UTF-8. A name without `=` has an empty value; empty pairs are skipped.
 *
 * @throws StatusError INVALID_ARGUMENT MALFORMED_PARAMETER
 */
export function splitQuery(query: string): QueryPair[] {
  const pairs: QueryPair[] = []
  for (const pair of rawPairs(query)) {
    const name = decode(pair.name, pair.name)
    pairs.push({ name, value: decode(pair.value, name) })
  }
  return pairs
}

/** The parameters still encoded. */
export function rawPairs(query: string): QueryPair[] {
  if (query === '') return []
  const pairs: QueryPair[] = []
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    pairs.push(
      equals === -1 ? { name: pair, value: '' } : { name: pair.slice(0, equals), value: pair.slice(equals + 1) },
    )
  }
  return pairs
}

/** @param name the parameter's name, for the error */
export function decode(text: string, name: string): string {
  for (let i = 0; i < text.length; i++) {
    // RFC 3986 §3.4: a query is ASCII. Decoding leaves other characters as they are, so look here.
    if (text.charCodeAt(i) > 0x7e) throw malformed(name)
  }
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    throw malformed(name)
  }
}

function malformed(name: string): Error {
  return transcodeError('MALFORMED_PARAMETER', `the query parameter ${quote(name)} is not UTF-8 in percent-encoding`)
}
