import { ScalarType } from '@bufbuild/protobuf'
import { quote, shorten, ValueError } from '../errors/transcode-error.js'

/**
 * Integers as ProtoJSON reads them: a JSON number, quoted or not, whose value has no fraction (`1e5`, `1.0`), exactly.
 * Source: protobuf.dev ProtoJSON; the conformance suite (`1e536870000` must fail, and cheaply).
 */

/** Characters of which every integer is within the 32-bit types, but for its sign. */
const SURE_DIGITS = 9
/** Digits that a 64-bit integer can have: 18446744073709551615. */
const MAX_DIGITS = 20
/** An exponent of more digits than this is beyond any text's length, whatever its value. */
const MAX_EXPONENT_DIGITS = 9

interface IntegerType {
  readonly name: string
  readonly min: bigint
  readonly max: bigint
}

const INT32: IntegerType = { name: 'int32', min: -(2n ** 31n), max: 2n ** 31n - 1n }
const UINT32: IntegerType = { name: 'uint32', min: 0n, max: 2n ** 32n - 1n }
const INT64: IntegerType = { name: 'int64', min: -(2n ** 63n), max: 2n ** 63n - 1n }
const UINT64: IntegerType = { name: 'uint64', min: 0n, max: 2n ** 64n - 1n }

const INTEGER_TYPES: Partial<Record<ScalarType, IntegerType>> = {
  [ScalarType.INT32]: INT32,
  [ScalarType.SINT32]: { ...INT32, name: 'sint32' },
  [ScalarType.SFIXED32]: { ...INT32, name: 'sfixed32' },
  [ScalarType.UINT32]: UINT32,
  [ScalarType.FIXED32]: { ...UINT32, name: 'fixed32' },
  [ScalarType.INT64]: INT64,
  [ScalarType.SINT64]: { ...INT64, name: 'sint64' },
  [ScalarType.SFIXED64]: { ...INT64, name: 'sfixed64' },
  [ScalarType.UINT64]: UINT64,
  [ScalarType.FIXED64]: { ...UINT64, name: 'fixed64' },
}

/**
 * The integer a text stands for, within the range of its type: a number for the 32-bit types, else a bigint.
 *
 * @throws ValueError `12.5 is not an int32`, `"x" is not an int32`, `3000000000 is out of the range of int32`
 */
export function parseInteger(type: ScalarType, text: string, isQuoted: boolean): number | bigint {
  const integer = INTEGER_TYPES[type]!
  if (integer.max <= 0xffffffffn && text.length <= SURE_DIGITS && isPlainInteger(text)) {
    const small = Number(text)
    // Not -0, which is no integer's bits.
    if (small >= 0 || integer.min < 0n) return small + 0
  }
  const value = exactInteger(text)
  const shown = (): string => (isQuoted ? quote(text) : shorten(text))
  if (value === undefined) throw new ValueError(`${shown()} is not ${article(integer.name)} ${integer.name}`)
  if (value === 'huge' || value < integer.min || value > integer.max) {
    throw new ValueError(`${shown()} is out of the range of ${integer.name}`)
  }
  return integer.max > 0xffffffffn ? value : Number(value)
}

/** An enum's number: any int32, or undefined where the text is none. */
export function parseEnumNumber(text: string): number | undefined {
  const value = exactInteger(text)
  return typeof value === 'bigint' && value >= INT32.min && value <= INT32.max ? Number(value) : undefined
}

export function article(typeName: string): string {
  return 'aeiou'.includes(typeName[0]!) && !typeName.startsWith('uint') ? 'an' : 'a'
}

/**
 * The exact value of a text in the grammar of JSON numbers: undefined where it is none or has a fraction, 'huge' where
 * it has more digits than any integer type. Linear in the text's length: the exponent is never expanded.
 */
function exactInteger(text: string): bigint | 'huge' | undefined {
  if (isPlainInteger(text)) return text.length > MAX_DIGITS + 1 ? 'huge' : BigInt(text)
  const parts = splitNumber(text)
  if (parts === undefined) return undefined
  const { isNegative, whole, fraction, exponent } = parts
  const digits = stripZeros(whole + fraction)
  if (digits.text === '') return 0n
  // The value is 0.DIGITS times ten to the `point`.
  const point = whole.length - digits.leading + exponent
  if (point < digits.text.length) return undefined
  if (point > MAX_DIGITS) return 'huge'
  const value = BigInt(digits.text + '0'.repeat(point - digits.text.length))
  return isNegative ? -value : value
}

/** `-?(0|[1-9][0-9]*)` */
function isPlainInteger(text: string): boolean {
  const start = text.charCodeAt(0) === 0x2d ? 1 : 0
  if (start === text.length) return false
  if (text.charCodeAt(start) === 0x30) return text.length === start + 1
  return digitsEnd(text, start) === text.length
}

interface NumberParts {
  readonly isNegative: boolean
  readonly whole: string
  readonly fraction: string
  readonly exponent: number
}

/** The parts of a JSON number (RFC 8259 §6), or undefined where the text is none. */
function splitNumber(text: string): NumberParts | undefined {
  const isNegative = text.charCodeAt(0) === 0x2d
  const wholeStart = isNegative ? 1 : 0
  const wholeEnd = digitsEnd(text, wholeStart)
  if (wholeEnd === wholeStart) return undefined
  if (text.charCodeAt(wholeStart) === 0x30 && wholeEnd > wholeStart + 1) return undefined
  let at = wholeEnd
  let fraction = ''
  if (text.charCodeAt(at) === 0x2e) {
    const fractionEnd = digitsEnd(text, at + 1)
    if (fractionEnd === at + 1) return undefined
    fraction = text.slice(at + 1, fractionEnd)
    at = fractionEnd
  }
  let exponent = 0
  if ((text.charCodeAt(at) | 0x20) === 0x65) {
    const sign = text.charCodeAt(at + 1)
    const exponentStart = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1
    const exponentEnd = digitsEnd(text, exponentStart)
    if (exponentEnd === exponentStart) return undefined
    exponent = exponentOf(text.slice(exponentStart, exponentEnd), sign === 0x2d)
    at = exponentEnd
  }
  if (at !== text.length) return undefined
  return { isNegative, whole: text.slice(wholeStart, wholeEnd), fraction, exponent }
}

/** True where the text is a JSON number (RFC 8259 §6). */
export function isJsonNumber(text: string): boolean {
  return isPlainInteger(text) || splitNumber(text) !== undefined
}

function digitsEnd(text: string, from: number): number {
  let at = from
  while (at < text.length && text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at++
  return at
}

function exponentOf(digits: string, isNegative: boolean): number {
  let start = 0
  while (start < digits.length && digits.charCodeAt(start) === 0x30) start++
  const significant = digits.slice(start)
  const value = significant.length > MAX_EXPONENT_DIGITS ? 10 ** MAX_EXPONENT_DIGITS : Number(significant)
  return isNegative ? -value : value
}

function stripZeros(digits: string): { readonly text: string; readonly leading: number } {
  let start = 0
  while (start < digits.length && digits.charCodeAt(start) === 0x30) start++
  let end = digits.length
  while (end > start && digits.charCodeAt(end - 1) === 0x30) end--
  return { text: digits.slice(start, end), leading: start }
}
