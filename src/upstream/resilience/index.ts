import { hedging } from './hedge.js'
import { withTryTimeout } from './per-try.js'
import { RetryBudget } from './retry-budget.js'
import { retrying } from './retry.js'
import {
  systemResilience,
  type HedgeSettings,
  type ResilienceDependencies,
  type RetrySettings,
  type UnaryCall,
} from './types.js'

export { RetryBudget, systemResilience }
export type { HedgeSettings, ResilienceDependencies, RetrySettings, UnaryCall, UnaryEnd } from './types.js'

/** What is wanted round the calls of one method to one upstream; each absent: not wanted. */
export interface ResilienceSettings {
  readonly perTryTimeoutMs?: number | undefined
  readonly retry?: RetrySettings | undefined
  /** Only where sending a request twice does no harm. */
  readonly hedge?: HedgeSettings | undefined
  /** Sending a request again does no harm. */
  readonly isSafe: boolean
  /** Some method retries or hedges: the budget is a share of all calls, so that those of methods that do neither count. */
  readonly isCounted: boolean
}

/** A call with what is wanted round it; itself where nothing is. */
export function resilientCall(
  call: UnaryCall,
  budget: RetryBudget,
  settings: ResilienceSettings,
  dependencies: ResilienceDependencies = systemResilience,
): UnaryCall {
  const whole = withAttempts(call, budget, settings, dependencies)
  if (!settings.isCounted) return whole
  return (options, message, onEnd) => {
    // Once, here: a call that is both hedged and retried is one.
    budget.countCall(dependencies.now())
    return whole(options, message, onEnd)
  }
}

function withAttempts(
  call: UnaryCall,
  budget: RetryBudget,
  { perTryTimeoutMs, retry, hedge, isSafe }: ResilienceSettings,
  dependencies: ResilienceDependencies,
): UnaryCall {
  if (hedge !== undefined) {
    // Each attempt has its own time-out; a retry begins when all of them have failed.
    const one = perTryTimeoutMs === undefined ? call : withTryTimeout(call, perTryTimeoutMs, dependencies.now)
    const hedged = hedging(one, { settings: hedge, budget }, dependencies)
    if (retry === undefined) return hedged
    return retrying(hedged, { settings: retry, isSafe, perTryTimeoutMs: undefined, budget }, dependencies)
  }
  if (retry !== undefined) return retrying(call, { settings: retry, isSafe, perTryTimeoutMs, budget }, dependencies)
  return perTryTimeoutMs === undefined ? call : withTryTimeout(call, perTryTimeoutMs, dependencies.now)
}
