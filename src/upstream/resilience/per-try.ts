import type { UnaryCall } from './types.js'

/** Gives an attempt less time than the call has: for methods whose calls are tried once. */
export function withTryTimeout(call: UnaryCall, timeoutMs: number, now: () => number): UnaryCall {
  return (options, message, onEnd) => {
    const deadlineMs = now() + timeoutMs
    if (deadlineMs >= options.deadlineMs) return call(options, message, onEnd)
    return call({ ...options, deadlineMs, hasClientDeadline: false }, message, onEnd)
  }
}
