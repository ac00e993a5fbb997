import type { ConnectivityState, Endpoint } from '../types.js'

/** What a balancer chooses from: an endpoint and how it is doing now. */
export interface Candidate {
  readonly endpoint: Endpoint
  readonly state: ConnectivityState
  readonly inFlight: number
}

/** Chooses an endpoint per attempt. A pick allocates nothing. */
export interface Balancer<C extends Candidate> {
  /** The complete new set; the same candidate object is the same endpoint as before. */
  update(candidates: readonly C[]): void
  /**
   * A candidate that is not among `tried`; one that is connecting, or worse has failed to, only where there is no better.
   * Undefined: there is none.
   */
  pick(tried: readonly C[]): C | undefined
}

/** @param random as Math.random: where a balancer starts, so that replicas do not move in step */
export type BalancerFactory = <C extends Candidate>(random: () => number) => Balancer<C>
