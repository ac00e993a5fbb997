import { randomFillSync } from 'node:crypto'

/** Random bytes are asked for so many at a time: the call costs more than the bytes. */
const pool = Buffer.allocUnsafeSlow(24 * 256)
let used = pool.length

/** So many random bytes as hexadecimal digits. @param count at most 24 */
function randomHex(count: number): string {
  if (used + count > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += count
  // All zeros, which would be invalid, are as likely as guessing another's id.
  return pool.toString('hex', used - count, used)
}

export const newSpanId = (): string => randomHex(8)

/** A trace id and a span id, 32 and 16 digits, one behind the other. */
export const newIds = (): string => randomHex(24)
