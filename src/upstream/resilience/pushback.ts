import type { Metadata } from '../types.js'

const NAME = 'grpc-retry-pushback-ms'
const MAX_INT32 = 2 ** 31 - 1

/**
 * How long the server asks to wait before another attempt, ms; `stop`: there is to be none; undefined: it says nothing.
 * A signed 32-bit number in ASCII; what is negative or no number means stop (gRPC proposal A6, "Pushback").
 */
export function pushbackOf(trailers: Metadata): number | 'stop' | undefined {
  for (let at = 0; at + 1 < trailers.length; at += 2) {
    if (trailers[at] !== NAME) continue
    const value = trailers[at + 1]!
    const delayMs = /^[0-9]{1,10}$/.test(value) ? Number(value) : Infinity
    return delayMs <= MAX_INT32 ? delayMs : 'stop'
  }
  return undefined
}
