import { randomFillSync } from 'node:crypto'

/** Digits of a trace id and of a span id. */
const TRACE_DIGITS = 32
const SPAN_DIGITS = 16

/**
 * Random digits are made so many at a time, and ids are slices of them: asking for each costs five times as much, which a request
 * that is not recorded would pay too.
 */
const bytes = Buffer.allocUnsafeSlow(6144)
let digits = ''
let used = 0

function nextDigits(count: number): string {
  if (used + count > digits.length) {
    digits = randomFillSync(bytes).toString('hex')
    used = 0
  }
  used += count
  // All zeros, which would be invalid, are as likely as guessing another's id.
  return digits.slice(used - count, used)
}

export const newTraceId = (): string => nextDigits(TRACE_DIGITS)
export const newSpanId = (): string => nextDigits(SPAN_DIGITS)
