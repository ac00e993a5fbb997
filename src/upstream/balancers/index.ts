import { roundRobin } from './round-robin.js'
import type { BalancerFactory } from './types.js'

export type { Balancer, Candidate } from './types.js'

export type BalancerName = 'round_robin'

/** The one table: a balancer's name in the configuration and its file. */
export const balancers: Readonly<Record<BalancerName, BalancerFactory>> = {
  round_robin: roundRobin,
}
