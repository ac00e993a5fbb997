import { mixed } from '../balancers/index.js'
import type { UnaryCall } from '../resilience/types.js'
import type { CallOptions } from '../types.js'

/** One of the targets that calls are spread over. */
export interface SplitTarget {
  readonly call: UnaryCall
  /** What it is, the same in every process and after every reload: a number that chance is drawn from. */
  readonly id: number
  /** Share of the calls against the others' weights; 0: none. */
  readonly weight: number
}

/** What says which calls belong together; undefined: nothing about this one does. */
export type StickyKey = (options: CallOptions) => number | undefined

/**
 * Spreads calls over targets by weight. Calls of one key go to one target: the one with the highest of the scores that key
 * and target draw (weighted rendezvous hashing), so that a change of weights moves as few keys as that change is, and
 * gateways agree without talking to one another. A call without a key goes where chance says.
 *
 * @param targets one at least with a weight of more than 0
 */
export function splitting(
  targets: readonly SplitTarget[],
  keyOf: StickyKey | undefined,
  random: () => number,
): UnaryCall {
  const total = targets.reduce((sum, { weight }) => sum + weight, 0)
  return (options, message, onEnd) => {
    const key = keyOf?.(options)
    const target = key === undefined ? byChance(targets, random() * total) : byKey(targets, key)
    return target.call(options, message, onEnd)
  }
}

/** @param point at least 0, less than the sum of the weights */
function byChance(targets: readonly SplitTarget[], point: number): SplitTarget {
  let rest = point
  for (const target of targets) {
    rest -= target.weight
    if (rest < 0) return target
  }
  return targets.find(({ weight }) => weight > 0)!
}

function byKey(targets: readonly SplitTarget[], key: number): SplitTarget {
  let best = targets[0]!
  let bestScore = -Infinity
  for (const target of targets) {
    // Evenly between 0 and 1, neither of them.
    const draw = (mixed(key ^ target.id) + 0.5) / 2 ** 32
    // The smaller, the better: -ln(draw) / weight is how long one waits for a target of this weight.
    const score = target.weight === 0 ? -Infinity : Math.log(draw) / target.weight
    if (score > bestScore) {
      bestScore = score
      best = target
    }
  }
  return best
}
