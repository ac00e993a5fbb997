import { Code } from '../../status/index.js'
import type { Call, CallOptions, Endpoint, UnaryResult } from '../types.js'
import { again } from './again.js'
import { pushbackOf } from './pushback.js'
import type { RetryBudget } from './retry-budget.js'
import type { HedgeSettings, ResilienceDependencies, UnaryCall, UnaryEnd } from './types.js'

export interface HedgeOptions {
  readonly settings: HedgeSettings
  readonly budget: RetryBudget
}

/**
 * Sends a call again, elsewhere, before the first attempt has failed: where no answer has come for a while, the next
 * attempt goes beside it, and the first good answer wins (gRPC proposal A6, "Hedging Policy"). For methods that may be
 * called twice. What it costs is taken out of the upstream's budget of retries; without budget a call is not hedged.
 */
export function hedging(call: UnaryCall, options: HedgeOptions, dependencies: ResilienceDependencies): UnaryCall {
  return (callOptions, message, onEnd) => {
    const hedged = new HedgedCall(call, options, dependencies, callOptions, message, onEnd)
    hedged.begin()
    return hedged
  }
}

class HedgedCall implements Call {
  readonly #next: UnaryCall
  readonly #options: HedgeOptions
  readonly #dependencies: ResilienceDependencies
  readonly #callOptions: CallOptions
  readonly #message: Uint8Array
  readonly #onEnd: UnaryEnd
  /** Attempts under way. */
  readonly #open = new Set<Call>()
  /** Addresses of endpoints that attempts were on which are over. */
  readonly #failed: string[] = []
  #attempts = 0
  #timer: { cancel(): void } | undefined
  /** No further attempt: somebody said so. */
  #isStopped = false
  #isOver = false

  constructor(
    next: UnaryCall,
    options: HedgeOptions,
    dependencies: ResilienceDependencies,
    callOptions: CallOptions,
    message: Uint8Array,
    onEnd: UnaryEnd,
  ) {
    this.#next = next
    this.#options = options
    this.#dependencies = dependencies
    this.#callOptions = callOptions
    this.#message = message
    this.#onEnd = onEnd
  }

  begin(): void {
    this.#attempt()
    this.#attemptIn(this.#options.settings.delayMs)
  }

  cancel(): void {
    this.#stop()
    for (const call of this.#open) call.cancel()
  }

  #attempt(): void {
    const attempt = this.#attempts++
    const options = attempt === 0 ? this.#callOptions : again(this.#callOptions, attempt, this.#endpoints())
    const call = this.#next(options, this.#message, (result, endpoint) => {
      this.#open.delete(call)
      if (attempt > 0) this.#options.budget.end()
      if (!this.#isOver) this.#onResult(result, endpoint)
    })
    this.#open.add(call)
  }

  /** Where attempts are, and were. */
  #endpoints(): string[] {
    const addresses = [...this.#failed]
    for (const { endpoint } of this.#open) if (endpoint !== undefined) addresses.push(endpoint.address)
    return addresses
  }

  #attemptIn(delayMs: number): void {
    const { settings } = this.#options
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#isStopped || this.#attempts >= settings.attempts) return
    this.#timer = this.#dependencies.setTimer(delayMs, () => this.#hedge())
  }

  /** A further attempt, if the budget has one left; and the next after it. */
  #hedge(): void {
    const { settings, budget } = this.#options
    const now = this.#dependencies.now()
    this.#timer = undefined
    if (now >= this.#callOptions.deadlineMs || !budget.begin(settings.budget, now)) this.#isStopped = true
    else {
      this.#attempt()
      this.#attemptIn(settings.delayMs)
    }
  }

  #onResult(result: UnaryResult, endpoint: Endpoint | undefined): void {
    const { settings } = this.#options
    const { status } = result
    if (status.isRefused === true) {
      // By a breaker: no room for more of them. Those under way have their chance.
      this.#stop()
      if (this.#open.size === 0) this.#finish(result, endpoint)
      return
    }
    if (status.code === Code.Ok || !this.#isSurvivable(result)) {
      this.#finish(result, endpoint)
      return
    }
    if (endpoint !== undefined) this.#failed.push(endpoint.address)
    const pushback = pushbackOf(result.trailers)
    if (pushback === 'stop') this.#stop()
    else if (pushback !== undefined) this.#attemptIn(pushback)
    else if (!this.#isStopped && this.#attempts < settings.attempts) {
      // Something to hear of sooner than by the clock: the next goes now.
      this.#timer?.cancel()
      this.#hedge()
    }
    if (this.#open.size === 0 && this.#timer === undefined) this.#finish(result, endpoint)
  }

  /** A failure that leaves the other attempts their chance. */
  #isSurvivable({ status }: UnaryResult): boolean {
    const { on } = this.#options.settings
    if (status.origin === 'local') {
      if (status.code === Code.Cancelled) return false
      if (status.isUnprocessed) return true
      if (status.code === Code.DeadlineExceeded) return on.has(Code.Unavailable) || on.has(Code.DeadlineExceeded)
    }
    return on.has(status.code)
  }

  #stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #finish(result: UnaryResult, endpoint: Endpoint | undefined): void {
    this.#isOver = true
    this.#stop()
    for (const call of this.#open) call.cancel()
    this.#onEnd(result, endpoint)
  }
}
