/** Turns that may come at once. */
const BURST = 2
/** Time for which one more turn is earned: where the loop is quiet, and where it churns. */
const MIN_REFILL_MS = 500
const MAX_REFILL_MS = 15_000

/**
 * The rate limit of a blocking query's loop: a token bucket, so that occasional changes are never delayed. Consul's
 * documentation of blocking queries asks for a burst of 2 that degrades, where values churn, to polling about every 15 s.
 * Here the time for a token doubles with every turn that had to wait, from half a second to 15 s, and falls back once the loop has
 * been quiet for long enough to fill the bucket.
 */
export class TurnLimit {
  private tokens = BURST
  private refillMs = MIN_REFILL_MS
  private at: number

  constructor(nowMs: number) {
    this.at = nowMs
  }

  /** Takes a turn; returns for how long to wait before it, ms. */
  take(nowMs: number): number {
    // A clock set back earns nothing, and takes nothing away.
    const passed = Math.max(0, nowMs - this.at)
    this.at = nowMs
    this.tokens = Math.min(BURST, this.tokens + passed / this.refillMs)
    if (this.tokens === BURST) this.refillMs = MIN_REFILL_MS
    if (this.tokens >= 1) {
      this.tokens -= 1
      return 0
    }
    const waitMs = Math.ceil((1 - this.tokens) * this.refillMs)
    // The turn is taken when it has waited: what it is owed comes at the rate of now.
    this.at = nowMs + waitMs
    this.tokens = 0
    this.refillMs = Math.min(MAX_REFILL_MS, this.refillMs * 2)
    return waitMs
  }
}
