import { Code } from '../../status/index.js'
import { localStatus, NO_METADATA } from '../protocol/call-status.js'
import type { Call, CallOptions, CallStatus, Endpoint, UnaryResult } from '../types.js'
import { again } from './again.js'
import { pushbackOf } from './pushback.js'
import type { RetryBudget } from './retry-budget.js'
import type { ResilienceDependencies, RetrySettings, UnaryCall, UnaryEnd } from './types.js'

/** gRPC proposal A6, "Exponential Backoff"; its multiplier is a setting there. */
const MULTIPLIER = 2
const MIN_JITTER = 0.8
const MAX_JITTER = 1.2

const NONE: readonly string[] = []

export interface RetryOptions {
  readonly settings: RetrySettings
  /** Sending the request twice does no harm; else it is sent again only where it never left. */
  readonly isSafe: boolean
  /** undefined: an attempt may take all the time there is. */
  readonly perTryTimeoutMs: number | undefined
  readonly budget: RetryBudget
}

/**
 * Tries again, after a pause, what failed in a way that another attempt may mend (contract, "Retry"; gRPC proposal A6):
 * on another endpoint where there is one, within the call's one deadline, the number of attempts and the upstream's
 * budget. What the server says of it (`grpc-retry-pushback-ms`) goes before the pause computed here.
 *
 * A6 holds a call committed once response headers have come. Here nothing of an answer is passed on before all of it is
 * there, so that one which breaks off may be asked for again.
 */
export function retrying(call: UnaryCall, options: RetryOptions, dependencies: ResilienceDependencies): UnaryCall {
  return (callOptions, message, onEnd) => {
    const retried = new RetriedCall(call, options, dependencies, callOptions, message, onEnd)
    retried.begin()
    return retried
  }
}

class RetriedCall implements Call {
  readonly #next: UnaryCall
  readonly #options: RetryOptions
  readonly #dependencies: ResilienceDependencies
  readonly #callOptions: CallOptions
  readonly #message: Uint8Array
  readonly #onEnd: UnaryEnd
  #attempts = 0
  /** Attempts since the server last said how long to wait: what the pause is computed from. */
  #backoffs = 0
  #failed: string[] | undefined
  #call: Call | undefined
  #pause: { cancel(): void } | undefined
  #isCancelled = false

  constructor(
    next: UnaryCall,
    options: RetryOptions,
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
    this.#attempt(this.#dependencies.now())
  }

  cancel(): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    if (this.#pause === undefined) return this.#call?.cancel()
    this.#pause.cancel()
    this.#options.budget.end()
    const status = localStatus(Code.Cancelled, 'the call was cancelled', false)
    process.nextTick(() => this.#onEnd(noAnswer(status), undefined))
  }

  #attempt(nowMs: number): void {
    const { perTryTimeoutMs } = this.#options
    const attempt = this.#attempts++
    let options = this.#callOptions
    if (perTryTimeoutMs !== undefined && nowMs + perTryTimeoutMs < options.deadlineMs) {
      // Ours, so that it says something of the endpoint when it passes.
      options = { ...options, deadlineMs: nowMs + perTryTimeoutMs, hasClientDeadline: false }
    }
    if (attempt > 0) {
      options = again(options, attempt, this.#failed ?? NONE)
    }
    this.#call = this.#next(options, this.#message, (result, endpoint) => this.#onResult(result, endpoint))
  }

  #onResult(result: UnaryResult, endpoint: Endpoint | undefined): void {
    const { budget, settings } = this.#options
    if (this.#attempts > 1) budget.end()
    this.#call = undefined
    const delayMs = this.#isCancelled || this.#attempts >= settings.attempts ? undefined : this.#delayAfter(result)
    if (delayMs === undefined || !this.#takeBudget(delayMs)) {
      this.#onEnd(result, endpoint)
      return
    }
    if (endpoint !== undefined) (this.#failed ??= []).push(endpoint.address)
    this.#pause = this.#dependencies.setTimer(delayMs, () => {
      this.#pause = undefined
      this.#attempt(this.#dependencies.now())
    })
  }

  /** Takes the next attempt out of the budget, unless the deadline passes before it. */
  #takeBudget(delayMs: number): boolean {
    const { budget, settings } = this.#options
    const now = this.#dependencies.now()
    return now + delayMs < this.#callOptions.deadlineMs && budget.begin(settings.budget, now)
  }

  /** How long to wait before the next attempt, ms; undefined: there is to be none. */
  #delayAfter({ status, trailers }: UnaryResult): number | undefined {
    if (!this.#isRetriable(status)) return undefined
    const pushback = pushbackOf(trailers)
    if (pushback === 'stop') return undefined
    if (pushback !== undefined) {
      this.#backoffs = 0
      return pushback
    }
    const { initialBackoffMs, maxBackoffMs } = this.#options.settings
    const backoff = Math.min(initialBackoffMs * MULTIPLIER ** this.#backoffs++, maxBackoffMs)
    return backoff * (MIN_JITTER + this.#dependencies.random() * (MAX_JITTER - MIN_JITTER))
  }

  #isRetriable(status: CallStatus): boolean {
    const { settings, isSafe } = this.#options
    if (status.code === Code.Ok || status.isRefused === true) return false
    const isLocal = status.origin === 'local'
    if (isLocal && status.code === Code.Unavailable && status.isUnprocessed) return true
    if (!isSafe) return false
    if (isLocal && status.code === Code.Cancelled) return false
    // An attempt that took too long is one that did not answer; the call's own deadline is looked at before the pause.
    if (isLocal && status.code === Code.DeadlineExceeded && settings.on.has(Code.Unavailable)) return true
    return settings.on.has(status.code)
  }
}

function noAnswer(status: CallStatus): UnaryResult {
  return { status, headers: NO_METADATA, trailers: NO_METADATA, message: undefined }
}
