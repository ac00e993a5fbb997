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
  const days = Math.floor(seconds / SECONDS_PER_DAY)
  const ofDay = seconds - days * SECONDS_PER_DAY
  const date = dateFromEpoch(days)
  out.padded((date / 10_000) | 0, 4)
  out.byte(DASH)
  out.padded(((date / 100) | 0) % 100, 2)
  out.byte(DASH)
  out.padded(date % 100, 2)
  out.byte(0x54)
  out.padded((ofDay / 3600) | 0, 2)
  out.byte(COLON)
  out.padded(((ofDay / 60) | 0) % 60, 2)
  out.byte(COLON)
  out.padded(ofDay % 60, 2)
  writeNanos(out, nanos)
  out.byte(0x5a)
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
