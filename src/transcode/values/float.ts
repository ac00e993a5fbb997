import { ScalarType } from '@bufbuild/protobuf'
import { quote, shorten, ValueError } from '../errors/transcode-error.js'
import { isJsonNumber } from './integer.js'

/**
 * The float or double a text stands for. `NaN`, `Infinity` and `-Infinity` are words, so quoted in JSON (`isQuoted`) and
 * plain elsewhere (`allowsWords`). A number too large for the type is an error, never an infinity.
 *
 * @throws ValueError
 */
export function parseFloating(type: ScalarType, text: string, isQuoted: boolean, allowsWords: boolean): number {
  const name = type === ScalarType.FLOAT ? 'float' : 'double'
  if (allowsWords) {
    if (text === 'NaN') return NaN
    if (text === 'Infinity') return Infinity
    if (text === '-Infinity') return -Infinity
  }
  const shown = (): string => (isQuoted ? quote(text) : shorten(text))
  if (!isJsonNumber(text)) throw new ValueError(`${shown()} is not a ${name}`)
  // Rounded here, so that what is nothing but zero as a float (`1e-50`) is known for its default.
  const value = type === ScalarType.FLOAT ? Math.fround(Number(text)) : Number(text)
  if (!Number.isFinite(value)) throw new ValueError(`${shown()} is out of the range of ${name}`)
  return value
}

/** A double as text: a number, or one of the three words. The shortest that reads back; `-0` is kept. */
export function doubleText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
}

/** Digits that always tell one float from the next. */
const FLOAT_DIGITS = 9
/** Digits of which no two decimals are the same float (FLT_DIG). */
const SURE_DIGITS = 6
/** Floats below this (FLT_MIN) have fewer bits, so that fewer digits tell them apart. */
const SMALLEST_NORMAL = 2 ** -126

/** A float as text: with as few digits as read back the same float (0.1, not 0.10000000149011612). */
export function floatText(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) {
    // Integers up to 2^24 are exact, and large ones may still be shortened below.
    if (!Number.isFinite(value) || Math.abs(value) <= 0x1000000) return doubleText(value)
  }
  // Where fewer than six digits read back, the six are those and zeros: only from here on is there one more to try.
  const first = Math.abs(value) < SMALLEST_NORMAL ? 1 : SURE_DIGITS
  for (let digits = first; digits < FLOAT_DIGITS; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return String(short)
  }
  return String(Number(value.toPrecision(FLOAT_DIGITS)))
}

/** A double as JSON text: the words in quotes. */
export function formatDouble(value: number): string {
  return Number.isFinite(value) ? doubleText(value) : `"${doubleText(value)}"`
}

/** A float as JSON text: the words in quotes. */
export function formatFloat(value: number): string {
  return Number.isFinite(value) ? floatText(value) : `"${floatText(value)}"`
}
