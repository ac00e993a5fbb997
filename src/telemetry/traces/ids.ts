import { randomFillSync } from 'node:crypto'

/** `00-` 32 digits `-` 16 digits `-00`. */
const TRACEPARENT_LENGTH = 55
const UNSAMPLED = Buffer.from(`00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`)
const TRACE_ID_START = 3
const SPAN_ID_START = 36
const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8
const ID_BYTES = TRACE_ID_BYTES + SPAN_ID_BYTES

/**
 * So many are made at a time, and given out as slices of one text: made one by one they cost five times as much, which a request
 * that is not recorded would pay too.
 */
const COUNT = 128
const random = Buffer.allocUnsafeSlow(COUNT * ID_BYTES)
const characters = Buffer.alloc(COUNT * TRACEPARENT_LENGTH, UNSAMPLED)
let text = ''
let used = 0

const DIGITS = Buffer.from('0123456789abcdef')

/** The `traceparent` of a trace that begins, not sampled. */
export function newTraceparent(): string {
  if (used === text.length) refill()
  used += TRACEPARENT_LENGTH
  return text.slice(used - TRACEPARENT_LENGTH, used)
}

/**
 * The four words of 32 bits of the newest trace id, XORed. From its bytes: digits cost more to read than all else about a request
 * that is not recorded.
 */
export function foldOfNewest(): number {
  const from = (used / TRACEPARENT_LENGTH - 1) * ID_BYTES
  let fold = 0
  for (let at = from; at < from + TRACE_ID_BYTES; at += 4) {
    fold ^= (random[at]! << 24) | (random[at + 1]! << 16) | (random[at + 2]! << 8) | random[at + 3]!
  }
  return fold >>> 0
}

/** 16 digits. */
export function newSpanId(): string {
  if (used === text.length) refill()
  used += TRACEPARENT_LENGTH
  const end = used - TRACEPARENT_LENGTH + SPAN_ID_START
  return text.slice(end, end + SPAN_ID_BYTES * 2)
}

/** All zeros, which would be invalid, are as likely as guessing another's id. */
function refill(): void {
  randomFillSync(random)
  for (let at = 0, from = 0; at < characters.length; at += TRACEPARENT_LENGTH, from += ID_BYTES) {
    writeDigits(from, TRACE_ID_BYTES, at + TRACE_ID_START)
    writeDigits(from + TRACE_ID_BYTES, SPAN_ID_BYTES, at + SPAN_ID_START)
  }
  text = characters.toString('latin1')
  used = 0
}

function writeDigits(from: number, count: number, to: number): void {
  for (let i = 0; i < count; i++) {
    const byte = random[from + i]!
    characters[to + i * 2] = DIGITS[byte >>> 4]!
    characters[to + i * 2 + 1] = DIGITS[byte & 15]!
  }
}
