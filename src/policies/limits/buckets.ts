import type { RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible'
import type { Quota, Verdict } from './types.js'

/** Three hundred years: Redis takes no longer ones for a time. */
const MAX_SECONDS = 10_000_000_000

/** When a burst that has been spent is full again: as long as the rate takes to give so many; whole s, as Redis wants them. */
export function burstSeconds({ burst, seconds, points }: Quota): number {
  return Math.min(MAX_SECONDS, Math.max(1, Math.ceil((burst * seconds) / points)))
}

/** A window and the burst beyond it, each counted by a limiter of rate-limiter-flexible. */
export class Buckets {
  readonly #rate: RateLimiterAbstract
  readonly #burst: RateLimiterAbstract | undefined

  constructor(rate: RateLimiterAbstract, burst: RateLimiterAbstract | undefined) {
    this.#rate = rate
    this.#burst = burst
  }

  /** Rejects where the limiter does. */
  consume(key: string, cost: number): Promise<Verdict> {
    const counted = this.#rate.consume(key, cost).then(allow, refuse)
    return this.#burst === undefined ? counted : this.#withBurst(this.#burst, key, cost, counted)
  }

  async #withBurst(burst: RateLimiterAbstract, key: string, cost: number, counted: Promise<Verdict>): Promise<Verdict> {
    // Asked for together: to a store elsewhere it is one journey.
    const [rate, before] = await Promise.all([counted, burst.get(key)])
    if (rate.isAllowed) {
      return { ...rate, remaining: rate.remaining + (before === null ? burst.points : before.remainingPoints) }
    }
    const verdict = await burst.consume(key, cost).then(allow, refuse)
    return { ...verdict, msBeforeNext: Math.min(rate.msBeforeNext, verdict.msBeforeNext) }
  }
}

function allow({ remainingPoints, msBeforeNext }: RateLimiterRes): Verdict {
  return { isAllowed: true, remaining: remainingPoints, msBeforeNext }
}

/** The library rejects with a result where a limit is reached, and with an Error where counting failed. */
function refuse(refusal: unknown): Verdict {
  if (!isResult(refusal)) throw refusal
  return { isAllowed: false, remaining: 0, msBeforeNext: refusal.msBeforeNext }
}

function isResult(refusal: unknown): refusal is RateLimiterRes {
  return typeof refusal === 'object' && refusal !== null && 'msBeforeNext' in refusal
}
