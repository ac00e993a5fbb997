import { burstSeconds } from './buckets.js'
import type { Limiter, Quota, Verdict } from './types.js'
import { Windows } from './windows.js'

/** Callers that a limit remembers. */
const MAX_KEYS = 100_000

/**
 * Counts the requests of each caller against one quota, in the memory of this process; as `Buckets` does, and at once: that nobody has
 * to wait for a promise is half of what a limit costs (docs/decisions/limits.md).
 */
export class MemoryLimiter implements Limiter {
  readonly #points: number
  readonly #rate: Windows
  readonly #burstPoints: number
  readonly #burst: Windows | undefined
  readonly #now: () => number

  /** @param now a clock that is never set, in whole ms: fractions would not add up to a window's length */
  constructor(quota: Quota, now: () => number = () => Math.floor(performance.now())) {
    this.#points = quota.points
    this.#rate = new Windows(quota.seconds, MAX_KEYS)
    this.#burstPoints = quota.burst
    this.#burst = quota.burst === 0 ? undefined : new Windows(burstSeconds(quota), MAX_KEYS)
    this.#now = now
  }

  /** Callers that are remembered. */
  get size(): number {
    return this.#rate.size
  }

  consume(key: string, cost: number): Verdict {
    const nowMs = this.#now()
    const { count, endMs } = this.#rate.add(key, cost, nowMs)
    const left = this.#points - count
    if (left >= 0) {
      const burst = this.#burst === undefined ? 0 : Math.max(0, this.#burstPoints - this.#burst.countOf(key, nowMs))
      return { isAllowed: true, remaining: left + burst, msBeforeNext: endMs - nowMs }
    }
    if (this.#burst === undefined) return { isAllowed: false, remaining: 0, msBeforeNext: endMs - nowMs }
    const burst = this.#burst.add(key, cost, nowMs)
    const burstLeft = this.#burstPoints - burst.count
    return {
      isAllowed: burstLeft >= 0,
      remaining: Math.max(0, burstLeft),
      msBeforeNext: Math.min(endMs, burst.endMs) - nowMs,
    }
  }
}
