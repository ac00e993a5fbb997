import type { ConnectivityState, Endpoint } from '../types.js'

/** What a balancer chooses from: an endpoint and how it is doing now. */
export interface Candidate {
  readonly endpoint: Endpoint
  readonly state: ConnectivityState
  readonly inFlight: number
  /** False: ejected, or its health check says no. */
  readonly isHealthy: boolean
  /** False: its health check says no. */
  readonly isServing: boolean
  /** When calls could first be sent to it, or again after it was down; ms as Date.now(), 0: not yet. */
  readonly readySinceMs: number
}

/** Chooses an endpoint per attempt. A pick allocates nothing. */
export interface Balancer<C extends Candidate> {
  /** The complete new set; the same candidate object is the same endpoint as before. */
  update(candidates: readonly C[]): void
  /** State or health of a candidate has changed. */
  refresh(): void
  /**
   * A candidate that is not among `tried`, and healthy, unless too few are; one that is connecting, or worse has failed
   * to, only where there is no better. Undefined: there is none.
   *
   * @param hash of what the call is told apart by, unsigned 32 bits; of use to ring_hash alone
   */
  pick(tried: readonly C[], hash?: number): C | undefined
}

export interface BalancerOptions {
  /** As Math.random: where a balancer starts, so that replicas do not move in step. */
  readonly random: () => number
  /** As Date.now(). */
  readonly now: () => number
  /** How long a candidate that came up gets less than its share; 0: not at all. */
  readonly slowStartMs: number
}

export type BalancerFactory = <C extends Candidate>(options: BalancerOptions) => Balancer<C>
