import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { LimitConfig } from '../../config/index.js'

/** Callers that a limit remembers: more of them, and the one first seen is forgotten, so that nobody can fill the memory. */
const MAX_KEYS = 100_000

/** What a limit says of one request. */
export interface Verdict {
  readonly isAllowed: boolean
  /** Of the limit and its burst together. */
  readonly remaining: number
  /** Until the window of the limit ends; of a request that is refused, until there is room again. */
  readonly msBeforeNext: number
}

/** Counts the requests of each caller against one limit, in the memory of this process (rate-limiter-flexible counts). */
export class MemoryLimiter {
  readonly #rate: RateLimiterMemory
  readonly #burst: RateLimiterMemory | undefined
  readonly #limiter: RateLimiterMemory | BurstyRateLimiter
  readonly #burstPoints: number
  readonly #keys = new Set<string>()

  constructor({ points, seconds, burst }: LimitConfig) {
    this.#burstPoints = burst
    this.#rate = new RateLimiterMemory({ points, duration: seconds })
    // It is full again after as long as the rate takes to give so many.
    this.#burst =
      burst === 0
        ? undefined
        : new RateLimiterMemory({ points: burst, duration: Math.max(1, (burst * seconds) / points) })
    this.#limiter = this.#burst === undefined ? this.#rate : new BurstyRateLimiter(this.#rate, this.#burst)
  }

  /** Callers that are remembered. */
  get size(): number {
    return this.#keys.size
  }

  async consume(key: string, cost: number): Promise<Verdict> {
    this.#remember(key)
    try {
      const { msBeforeNext } = await this.#limiter.consume(key, cost)
      return { isAllowed: true, remaining: await this.#remaining(key), msBeforeNext }
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes)
        return { isAllowed: false, remaining: 0, msBeforeNext: refusal.msBeforeNext }
      throw refusal
    }
  }

  async #remaining(key: string): Promise<number> {
    const left = (await this.#rate.get(key))?.remainingPoints ?? 0
    if (this.#burst === undefined) return left
    return left + ((await this.#burst.get(key))?.remainingPoints ?? this.#burstPoints)
  }

  #remember(key: string): void {
    if (this.#keys.has(key)) return
    if (this.#keys.size >= MAX_KEYS) {
      const { value: oldest } = this.#keys.keys().next()
      if (oldest !== undefined) {
        this.#keys.delete(oldest)
        void this.#rate.delete(oldest)
        void this.#burst?.delete(oldest)
      }
    }
    this.#keys.add(key)
  }
}

/** The limiters of one process: those whose limit did not change count on after a reload. */
export class Limiters {
  #kept = new Map<string, MemoryLimiter>()
  #opened = new Map<string, MemoryLimiter>()

  /** Begins with another configuration: what it does not ask for is forgotten when the next begins. */
  begin(): void {
    this.#kept = new Map([...this.#kept, ...this.#opened])
    this.#opened = new Map()
  }

  /** The configuration is in use: what it did not ask for is forgotten. */
  keep(): void {
    this.#kept = this.#opened
  }

  get(config: LimitConfig): MemoryLimiter {
    const key = JSON.stringify(config)
    let limiter = this.#opened.get(key) ?? this.#kept.get(key)
    limiter ??= new MemoryLimiter(config)
    this.#opened.set(key, limiter)
    return limiter
  }
}
