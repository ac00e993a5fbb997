/** Over how long calls and retries are counted (contract, "Retry"). */
const WINDOW_SECONDS = 10
/** Retries a second that are allowed however few calls there are. */
const MIN_PER_SECOND = 3

/**
 * How many retries and hedges an upstream takes, whoever asks for them: a share of the calls of the last ten seconds, or
 * three a second if that is more. Without it, retries multiply the load of an upstream just when it has too much.
 *
 * Counted in seconds of the clock: calls over at most ten of them, retries over at least ten, so that the share holds.
 */
export class RetryBudget {
  readonly #calls = new Int32Array(WINDOW_SECONDS)
  readonly #retries = new Int32Array(WINDOW_SECONDS + 1)
  /** When the last three retries were, ms. */
  readonly #latest = new Float64Array(MIN_PER_SECOND).fill(-Infinity)
  #latestAt = 0
  /** The second that is being counted. */
  #second = 0
  /** Calls and retries in their windows. */
  #callCount = 0
  #retryCount = 0
  /** Retries under way. */
  #inFlight = 0
  /** Retries that may be under way at once (`breaker.maxRetries`). */
  readonly maxInFlight: number

  constructor(maxInFlight = Infinity) {
    this.maxInFlight = maxInFlight
  }

  /** Retries under way. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Counts a call's first attempt. */
  countCall(nowMs: number): void {
    this.#advance(nowMs)
    this.#calls[this.#second % WINDOW_SECONDS]!++
    this.#callCount++
  }

  /**
   * Takes a retry out of the budget. When it is over, hand it back with `end`.
   *
   * @param share of calls, 0 to 1
   * @returns false where the budget is spent, or too many are under way
   */
  begin(share: number, nowMs: number): boolean {
    if (this.#inFlight >= this.maxInFlight) return false
    this.#advance(nowMs)
    const isWithinShare = this.#retryCount < share * this.#callCount
    if (!isWithinShare && !this.#isWithinMinimum(nowMs)) return false
    this.#retries[this.#second % (WINDOW_SECONDS + 1)]!++
    this.#retryCount++
    this.#latest[this.#latestAt] = nowMs
    this.#latestAt = (this.#latestAt + 1) % MIN_PER_SECOND
    this.#inFlight++
    return true
  }

  /** A retry is over. */
  end(): void {
    this.#inFlight--
  }

  /** Neither more than three in the last second, nor what that is in the whole window. */
  #isWithinMinimum(nowMs: number): boolean {
    return nowMs - this.#latest[this.#latestAt]! >= 1000 && this.#retryCount < MIN_PER_SECOND * WINDOW_SECONDS
  }

  #advance(nowMs: number): void {
    const second = Math.floor(nowMs / 1000)
    // A clock that was set back counts on in the second it was in.
    const passed = Math.min(second - this.#second, WINDOW_SECONDS + 1)
    for (let i = 1; i <= passed; i++) {
      const leaving = second - passed + i
      this.#callCount -= this.#calls[leaving % WINDOW_SECONDS]!
      this.#calls[leaving % WINDOW_SECONDS] = 0
      this.#retryCount -= this.#retries[leaving % (WINDOW_SECONDS + 1)]!
      this.#retries[leaving % (WINDOW_SECONDS + 1)] = 0
    }
    if (passed > 0) this.#second = second
  }
}
