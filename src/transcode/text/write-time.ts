import { ValueError } from '../errors/transcode-error.js'
import { dateFromEpoch } from '../values/timestamp.js'
import type { TimeParts } from '../wire/known-ranges.js'
import type { TextOutput } from './text-output.js'

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z (timestamp.proto). */
const MIN_SECONDS = -62135596800
const MAX_SECONDS = 253402300799
const SECONDS_PER_DAY = 86400
/** About 10,000 years (duration.proto). */
const MAX_DURATION = 315576000000
const MAX_NANOS = 999_999_999

const DASH = 0x2d
const COLON = 0x3a
const POINT = 0x2e

/**
 * Writes a Timestamp: UTC with `Z`, and 0, 3, 6 or 9 digits of a second, as few as are exact.
 *
 * @throws ValueError where it is out of range
 */
export function writeTimestamp(out: TextOutput, time: TimeParts): void {
  const { nanos } = time
  const seconds = secondsOf(time)
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS) {
    throw new ValueError(`a Timestamp of ${time.seconds} seconds is not between the years 0001 and 9999`)
  }
  if (nanos < 0 || nanos > MAX_NANOS) throw new ValueError(`a Timestamp of ${nanos} nanos is not within a second`)
  const days = Math.floor(seconds / SECONDS_PER_DAY) | 0
  writeDateTime(out, dateFromEpoch(days), (seconds - days * SECONDS_PER_DAY) | 0)
  writeNanos(out, nanos)
  out.byte(0x5a)
}

/** `2026-01-31T23:59:59` */
const DATE_TIME_SIZE = 19

/**
 * @param date as a number of eight digits
 * @param ofDay seconds
 */
function writeDateTime(out: TextOutput, date: number, ofDay: number): void {
  out.reserve(DATE_TIME_SIZE)
  const { buffer, length: at } = out
  const century = (date / 1_000_000) | 0
  const year = ((date / 10_000) | 0) - century * 100
  const month = ((date / 100) | 0) - century * 10_000 - year * 100
  const minutes = (ofDay / 60) | 0
  const hour = (minutes / 60) | 0
  twoDigits(buffer, at, century)
  twoDigits(buffer, at + 2, year)
  buffer[at + 4] = DASH
  twoDigits(buffer, at + 5, month)
  buffer[at + 7] = DASH
  twoDigits(buffer, at + 8, date - century * 1_000_000 - year * 10_000 - month * 100)
  buffer[at + 10] = 0x54
  twoDigits(buffer, at + 11, hour)
  buffer[at + 13] = COLON
  twoDigits(buffer, at + 14, minutes - hour * 60)
  buffer[at + 16] = COLON
  twoDigits(buffer, at + 17, ofDay - minutes * 60)
  out.length = at + DATE_TIME_SIZE
}

function twoDigits(buffer: Uint8Array, at: number, value: number): void {
  const tens = (value / 10) | 0
  buffer[at] = 0x30 + tens
  buffer[at + 1] = 0x30 + value - tens * 10
}

/**
 * Writes a Duration: seconds with 0, 3, 6 or 9 digits after the point, as few as are exact, and `s`.
 *
 * @throws ValueError where it is out of range or its signs differ
 */
export function writeDuration(out: TextOutput, time: TimeParts): void {
  const { nanos } = time
  const seconds = secondsOf(time)
  if (Math.abs(seconds) > MAX_DURATION) {
    throw new ValueError(`a Duration of ${time.seconds} seconds is longer than ${MAX_DURATION} seconds`)
  }
  if (Math.abs(nanos) > MAX_NANOS) throw new ValueError(`a Duration of ${nanos} nanos is not within a second`)
  if ((seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0)) {
    throw new ValueError(`a Duration of ${seconds} seconds and ${nanos} nanos has two signs`)
  }
  if (seconds < 0 || nanos < 0) out.byte(DASH)
  out.integer(Math.abs(seconds))
  writeNanos(out, Math.abs(nanos))
  out.byte(0x73)
}

/** Exact where it is in the range of either type. */
function secondsOf({ low, high }: TimeParts): number {
  return (high | 0) * 0x100000000 + low
}

function writeNanos(out: TextOutput, nanos: number): void {
  if (nanos === 0) return
  out.byte(POINT)
  if (nanos % 1_000_000 === 0) out.padded(nanos / 1_000_000, 3)
  else if (nanos % 1000 === 0) out.padded(nanos / 1000, 6)
  else out.padded(nanos, 9)
}
