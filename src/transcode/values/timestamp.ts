import { quote, ValueError } from '../errors/transcode-error.js'
import { parseNanos } from './nanos.js'

/** Seconds since the epoch and the nanoseconds after them, as google.protobuf.Timestamp and Duration hold them. */
export interface SecondsAndNanos {
  readonly seconds: bigint
  readonly nanos: number
}

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z (timestamp.proto). */
export const MIN_SECONDS = -62135596800
const MAX_SECONDS = 253402300799
const SECONDS_PER_DAY = 86400
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const PATTERN = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/

/**
 * An RFC 3339 time: upper-case `T` and `Z`, any offset, at most nine digits of a second (ProtoJSON, conformance suite).
 *
 * @throws ValueError
 */
export function parseTimestamp(text: string): SecondsAndNanos {
  const match = PATTERN.exec(text)
  if (match === null) throw new ValueError(`${quote(text)} is not an RFC 3339 time`)
  const part = (index: number): number => Number(match[index] ?? 0)
  const local = secondsOf(part(1), part(2), part(3), part(4), part(5), part(6))
  if (Number.isNaN(local) || part(9) >= 24 || part(10) >= 60) {
    throw new ValueError(`${quote(text)} is not a time that exists`)
  }
  const offset = (match[8] === '-' ? -1 : 1) * (part(9) * 3600 + part(10) * 60)
  const seconds = local - offset
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS) {
    throw new ValueError(`${quote(text)} is not between the years 0001 and 9999`)
  }
  return { seconds: BigInt(seconds), nanos: parseNanos(match[7] ?? '') }
}

/** Seconds from the epoch to a time in UTC; NaN where it does not exist. May be before year 1, where year 0 is. */
export function secondsOf(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number {
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return NaN
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return NaN
  return daysFromEpoch(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second
}

function daysIn(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return month === 2 && isLeap ? 29 : DAYS_IN_MONTH[month - 1]!
}

/**
 * Days from 1970-01-01 in the proleptic Gregorian calendar. Counted in years that begin in March, so that the leap day
 * is a year's last, within cycles of 400 years, which all have 146,097 days.
 */
function daysFromEpoch(year: number, month: number, day: number): number {
  // One cycle more, so that nothing is negative and integer division rounds down.
  const y = year + 400 - (month <= 2 ? 1 : 0)
  const era = (y / 400) | 0
  const yearOfEra = y - era * 400
  const dayOfYear = (((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) | 0) + day - 1
  const dayOfEra = yearOfEra * 365 + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear
  return (era - 1) * 146097 + dayOfEra - 719468
}

/**
 * The reverse of `daysFromEpoch`, as a number of eight digits: `20260131`.
 *
 * @param days of the years from 0001 to 9999, so that nothing is negative once they are counted from the year 0
 */
export function dateFromEpoch(days: number): number {
  const shifted = days + 719468
  const era = (shifted / 146097) | 0
  const dayOfEra = shifted - era * 146097
  const leapDays = ((dayOfEra / 1460) | 0) - ((dayOfEra / 36524) | 0) + ((dayOfEra / 146096) | 0)
  const yearOfEra = ((dayOfEra - leapDays) / 365) | 0
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0))
  const monthFromMarch = ((5 * dayOfYear + 2) / 153) | 0
  const day = dayOfYear - (((153 * monthFromMarch + 2) / 5) | 0) + 1
  const month = monthFromMarch + (monthFromMarch < 10 ? 3 : -9)
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return year * 10_000 + month * 100 + day
}
