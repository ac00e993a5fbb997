import type { AdaptiveSettings } from './gradient-limit.js'

/** Limits of an upstream (`breaker`). Each is exact: the call that would be one too many is refused at once. */
export interface BreakerLimits {
  /** Calls under way. */
  readonly maxConcurrent: number
  /** Calls that wait for a connection, or for discovery to tell of an endpoint. */
  readonly maxPending: number
  /** Retries and hedges under way. */
  readonly maxRetries: number
  /** undefined: `maxConcurrent` alone bounds them. */
  readonly adaptive?: AdaptiveSettings | undefined
}
