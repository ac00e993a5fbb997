import { quote, ValueError } from '../errors/transcode-error.js'
import { parseNanos } from './nanos.js'
import type { SecondsAndNanos } from './timestamp.js'

/** About 10,000 years (duration.proto). */
const MAX_SECONDS = 315576000000n
const PATTERN = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/

/**
 * `1.5s`: seconds with up to nine digits after the point and the suffix `s`. A sign holds for seconds and nanos.
 *
 * @throws ValueError
 */
export function parseDuration(text: string): SecondsAndNanos {
  const match = PATTERN.exec(text)
  if (match === null) throw new ValueError(`${quote(text)} is not a duration in seconds such as "1.5s"`)
  const seconds = BigInt(match[2]!)
  if (seconds > MAX_SECONDS) throw new ValueError(`${quote(text)} is longer than ${MAX_SECONDS} seconds`)
  const nanos = parseNanos(match[3] ?? '')
  // 0 is never negative: `-0.5s` is 0 s and −500,000,000 ns.
  return match[1] === '-' ? { seconds: -seconds, nanos: nanos === 0 ? 0 : -nanos } : { seconds, nanos }
}
