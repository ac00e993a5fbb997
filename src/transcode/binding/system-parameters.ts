import { quote, transcodeError } from '../errors/transcode-error.js'
import { QUERY } from '../form/pair-source.js'
import { PairReader } from '../form/pairs.js'
import { FORMAT_NAMES, FORMATS } from '../formats/index.js'
import type { ResponseWishes } from '../types.js'

const NO_WISHES: ResponseWishes = Object.freeze({ format: undefined, enumsAsIntegers: false, prettyPrint: false })

/**
 * What the system parameters of a query ask of the response (cloud.google.com/apis, "System parameters"): `$alt`
 * (`json`, `json;enum-encoding=int`, `proto` …) and `$prettyPrint`. Other names that begin with `$` are ignored.
 *
 * @throws StatusError INVALID_ARGUMENT where a value is not one of these, or either is given twice
 */
export function readWishes(query: string): ResponseWishes {
  if (!query.includes('$') && !query.includes('%24')) return NO_WISHES
  let alt: ResponseWishes | undefined
  let prettyPrint: boolean | undefined
  const pairs = new PairReader(query, QUERY)
  while (pairs.next()) {
    if (!pairs.rawName.startsWith('$') && !pairs.rawName.startsWith('%24')) continue
    const name = pairs.name()
    if (name === '$alt') {
      if (alt !== undefined) throw repeated(name)
      alt = readAlt(pairs.value(name))
    } else if (name === '$prettyPrint') {
      if (prettyPrint !== undefined) throw repeated(name)
      prettyPrint = readFlag(name, pairs.value(name))
    }
  }
  if (alt === undefined && prettyPrint === undefined) return NO_WISHES
  return { ...(alt ?? NO_WISHES), prettyPrint: prettyPrint ?? false }
}

function readAlt(value: string): ResponseWishes {
  const [name, ...parameters] = value.split(';').map((part) => part.trim())
  const format = FORMAT_NAMES.find((known) => FORMATS[known].name === name)
  const isKnown = parameters.every((parameter) => parameter === 'enum-encoding=int')
  if (format === undefined || !isKnown || (parameters.length > 0 && format !== 'json')) {
    const known = FORMAT_NAMES.join(', ')
    throw transcodeError(
      'MALFORMED_PARAMETER',
      `$alt: ${quote(value)} is none of ${known}, json;enum-encoding=int`,
      '$alt',
    )
  }
  return { format, enumsAsIntegers: parameters.length > 0, prettyPrint: false }
}

function readFlag(name: string, value: string): boolean {
  if (value === '' || value === 'true' || value === '1') return true
  if (value === 'false' || value === '0') return false
  throw transcodeError('MALFORMED_PARAMETER', `${name}: ${quote(value)} is not true or false`, name)
}

function repeated(name: string): Error {
  return transcodeError('REPEATED_PARAMETER', `${name} is given twice`, name)
}
