/** Turns that may come at once. */
const BURST = 2
/** Time in which one more turn is earned: where the loop is quiet, and where it churns. */
const MIN_REFILL_MS = 500
const MAX_REFILL_MS = 15_000
/** By how much that time grows with each turn that had to wait: after an answer that told nothing new, and after news. */
const IDLE_GROWTH = 1.5
const NEWS_GROWTH = 1.25

/**
 * The rate limit of a blocking query's loop: a token bucket, so that occasional changes are never delayed. Consul's
 * documentation of blocking queries asks for a burst of 2 that degrades, where values churn, to polling about every 15 s.
 * Here the time for a token grows from half a second to 15 s with every turn that has to wait: soon where questions return
 * without a change, more slowly where each return is news (a rolling deployment must not go unseen for 15 s). It falls
 * back once the loop has been quiet for long enough to fill the bucket.
 */
export class TurnLimit {
  private tokens = BURST
  private refillMs = MIN_REFILL_MS
  private at: number

  constructor(nowMs: number) {
    this.at = nowMs
  }

  /**
   * Takes a turn.
   * @param isAfterNews the turn before brought something new
   * @returns for how long to wait before it, ms
   */
  take(nowMs: number, isAfterNews: boolean): number {
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
    this.refillMs = Math.min(MAX_REFILL_MS, this.refillMs * (isAfterNews ? NEWS_GROWTH : IDLE_GROWTH))
    return waitMs
  }
}
