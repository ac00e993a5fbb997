import { leastRequest } from './least-request.js'
import { pickFirst } from './pick-first.js'
import { ringHash } from './ring-hash.js'
import { roundRobin } from './round-robin.js'
import type { BalancerFactory } from './types.js'

export { hashOf, mixed } from './hash.js'
export type { Balancer, BalancerOptions, Candidate } from './types.js'

export type BalancerName = 'round_robin' | 'least_request' | 'pick_first' | 'ring_hash'

/** The one table: a balancer's name in the configuration and its file. */
export const balancers: Readonly<Record<BalancerName, BalancerFactory>> = {
  round_robin: roundRobin,
  least_request: leastRequest,
  pick_first: pickFirst,
  ring_hash: ringHash,
}
