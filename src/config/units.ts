/** Reading the units a person writes: durations, sizes. Pure. */

/** What was read, or what is wrong with it and what to write instead. */
export type Reading = { readonly value: number } | { readonly wrong: string; readonly advice: string }

/** Longest time a Node timer can wait (a signed 32-bit count of ms); a longer one would fire at once. */
export const MAX_DURATION_MS = 2 ** 31 - 1

/** A gRPC message's length travels in 32 bits (PROTOCOL-HTTP2, Message-Length). */
export const MAX_SIZE_BYTES = 2 ** 32 - 1

const DURATION = /^(0|[1-9][0-9]*)(\.[0-9]+)?(ms|s|m|h)$/
const SIZE = /^(0|[1-9][0-9]*)(KiB|MiB|GiB)?$/
const MS_PER = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const BYTES_PER = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }

/**
 * `250ms`, `15s`, `1.5s`, `5m`, `1h` → milliseconds, rounded to a whole one (never down to 0 from more than 0). A bare
 * number, a sign, blanks and combined units (`1h30m`) are refused, so is what no timer can wait.
 */
export function parseDuration(text: string): Reading {
  const match = DURATION.exec(text)
  if (match === null) {
    return { wrong: `${JSON.stringify(text)} is not a duration`, advice: 'write it like 250ms, 15s, 5m or 1h' }
  }
  const exact = Number(match[1] + (match[2] ?? '')) * MS_PER[match[3] as keyof typeof MS_PER]
  const value = exact > 0 ? Math.max(1, Math.round(exact)) : 0
  if (value > MAX_DURATION_MS) {
    return { wrong: `${text.slice(0, 40)} is too long`, advice: 'the longest duration is 596h' }
  }
  return { value }
}

/** `16KiB`, `4MiB`, `1GiB`, or bytes as a number or digits → bytes. */
export function parseSize(written: string | number): Reading {
  const match = SIZE.exec(String(written))
  if (match === null) {
    return {
      wrong: `${JSON.stringify(written)} is not a size`,
      advice: 'write it like 16KiB, 4MiB, 1GiB or a number of bytes',
    }
  }
  const value = Number(match[1]) * (match[2] === undefined ? 1 : BYTES_PER[match[2] as keyof typeof BYTES_PER])
  if (value > MAX_SIZE_BYTES) {
    return { wrong: `${String(written).slice(0, 40)} is too large`, advice: 'the largest size is 4294967295 bytes' }
  }
  return { value }
}

/** `20%` → 0.2. The text is one that the schema's pattern for a percentage takes. */
export function shareOf(percent: string): number {
  return Number(percent.slice(0, -1)) / 100
}
