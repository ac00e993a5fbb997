import type { ConnectivityState, Endpoint } from '../types.js'

/** What a balancer chooses from: an endpoint and how it is doing now. */
export interface Candidate {
  readonly endpoint: Endpoint
  readonly state: ConnectivityState
  readonly inFlight: number
  /** False while it is ejected or its health check says no. */
  readonly isHealthy: boolean
  /** When calls could first be sent to it, or again after it was down or unhealthy; ms, 0: not yet. */
  readonly readySinceMs: number
}

/** Chooses an endpoint per attempt. A pick allocates nothing. */
export interface Balancer<C extends Candidate> {
  /** The complete new set; the same candidate object is the same endpoint as before. */
  update(candidates: readonly C[]): void
  /**
   * A candidate that is not among `tried`; one that is connecting, unhealthy, or worse has failed to connect, only where
   * there is no better.
   * Undefined: there is none.
   */
  pick(tried: readonly C[]): C | undefined
}

/** @param random as Math.random: where a balancer starts, so that replicas do not move in step */
export type BalancerFactory = <C extends Candidate>(random: () => number) => Balancer<C>
