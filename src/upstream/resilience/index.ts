import type { Upstream } from '../types.js'
import { withTryTimeout } from './per-try.js'
import { retrying } from './retry.js'
import { systemResilience, type ResilienceDependencies, type RetrySettings, type UnaryCall } from './types.js'

export type { ResilienceDependencies, RetrySettings, UnaryCall, UnaryEnd } from './types.js'
export { RetryBudget } from './retry-budget.js'

/** What is wanted round the calls of one method to one upstream; each absent: not wanted. */
export interface ResilienceSettings {
  readonly perTryTimeoutMs?: number | undefined
  readonly retry?: RetrySettings | undefined
  /** Sending a request twice does no harm. */
  readonly isSafe: boolean
}

/** Calls on an upstream with what is wanted round them; the upstream's own where nothing is. */
export function resilientCall(
  upstream: Upstream,
  { perTryTimeoutMs, retry, isSafe }: ResilienceSettings,
  dependencies: ResilienceDependencies = systemResilience,
): UnaryCall {
  const call: UnaryCall = (options, message, onEnd) => upstream.unary(options, message, onEnd)
  if (retry !== undefined) {
    const { retryBudget: budget } = upstream
    return retrying(call, { settings: retry, isSafe, perTryTimeoutMs, budget }, dependencies)
  }
  return perTryTimeoutMs === undefined ? call : withTryTimeout(call, perTryTimeoutMs, dependencies.now)
}
