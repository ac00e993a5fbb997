import type { Call, CallOptions, Endpoint, UnaryResult } from '../types.js'

/**
 * How a unary call ended, told exactly once, and the endpoint it ended on; undefined where it was on none. Never told
 * before the function that began the call has returned.
 */
export type UnaryEnd = (result: UnaryResult, endpoint: Endpoint | undefined) => void

/**
 * Begins a unary call. An upstream is one, and every policy round a call is a function from one to another, so that they
 * compose in any order: what a route has is put together once, when the configuration is loaded.
 */
export type UnaryCall = (options: CallOptions, message: Uint8Array, onEnd: UnaryEnd) => Call

/** What wrappers need of the world; tests give their own. */
export interface ResilienceDependencies {
  /** Milliseconds, as Date.now(). */
  now(): number
  setTimer(delayMs: number, run: () => void): { cancel(): void }
  /** At least 0, less than 1. */
  random(): number
}

export const systemResilience: ResilienceDependencies = {
  now: Date.now,
  setTimer: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
  random: Math.random,
}

/** `policies[].hedge`. */
export interface HedgeSettings {
  /** Attempts beside each other; the first counts. */
  readonly attempts: number
  /** How long nothing is heard before the next goes. */
  readonly delayMs: number
  /** gRPC status codes that leave the other attempts their chance; any other ends the call. */
  readonly on: ReadonlySet<number>
  /** Share of the upstream's calls that hedges may be, 0 to 1. */
  readonly budget: number
}

/** `policies[].retry`. */
export interface RetrySettings {
  /** The first counts. */
  readonly attempts: number
  /** gRPC status codes. */
  readonly on: ReadonlySet<number>
  readonly initialBackoffMs: number
  readonly maxBackoffMs: number
  /** Share of the upstream's calls that retries may be, 0 to 1. */
  readonly budget: number
}
