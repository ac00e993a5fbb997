import { RateLimiterMemory } from 'rate-limiter-flexible'
import { Buckets, burstSeconds } from './buckets.js'
import type { Limiter, Quota, Verdict } from './types.js'

/** Callers that a limit remembers: more of them, and the one first seen is forgotten, so that nobody can fill the memory. */
const MAX_KEYS = 100_000

/** Counts the requests of each caller against one quota, in the memory of this process. */
export class MemoryLimiter implements Limiter {
  readonly #buckets: Buckets
  readonly #keys = new Set<string>()

  constructor(quota: Quota) {
    const { points, seconds, burst } = quota
    // Without a prefix, which would be put before each key of each request.
    const keyPrefix = ''
    this.#buckets = new Buckets(
      new RateLimiterMemory({ points, duration: seconds, keyPrefix }),
      burst === 0 ? undefined : new RateLimiterMemory({ points: burst, duration: burstSeconds(quota), keyPrefix }),
    )
  }

  /** Callers that are remembered. */
  get size(): number {
    return this.#keys.size
  }

  consume(key: string, cost: number): Promise<Verdict> {
    if (!this.#keys.has(key)) this.#remember(key)
    return this.#buckets.consume(key, cost)
  }

  #remember(key: string): void {
    if (this.#keys.size >= MAX_KEYS) {
      const { value: oldest } = this.#keys.keys().next()
      if (oldest !== undefined) {
        this.#keys.delete(oldest)
        this.#buckets.forget(oldest)
      }
    }
    this.#keys.add(key)
  }
}
