import { CandidateSet, Rank } from './candidates.js'
import type { Balancer, BalancerFactory, BalancerOptions, Candidate } from './types.js'
import { Weights } from './weights.js'

/** Weights are scaled so that the largest is this: 16 bits tell shares apart finely enough. */
const SCALE = 65_535
/** Neighbours of one weight do not have their turns in the same rounds. */
const HALF = 32_767

/**
 * Each endpoint in turn, or as often as its weight says. One that is connecting waits its turn while another can take the
 * call at once; one that has failed to connect is the last resort.
 *
 * Weights are kept by gRPC's static stride scheduler (gRFC A58): in each round over the endpoints, one of a share w of the
 * largest weight is passed over in 1 − w of the rounds, evenly. No queue, no memory but a counter.
 */
class RoundRobin<C extends Candidate> implements Balancer<C> {
  private readonly set = new CandidateSet<C>()
  private readonly weights: Weights
  private readonly options: BalancerOptions
  /** Of the endpoint whose turn it is, where all have the same weight. */
  private next = 0
  /** Counts turns, where they have not. */
  private sequence = 0

  constructor(options: BalancerOptions) {
    this.options = options
    this.weights = new Weights(options)
  }

  update(candidates: readonly C[]): void {
    this.set.update(candidates)
    this.weights.update(candidates)
    const start = Math.floor(this.options.random() * candidates.length)
    this.next = start
    this.sequence = start
  }

  refresh(): void {
    this.set.refresh()
    this.weights.refresh()
  }

  pick(tried: readonly C[]): C | undefined {
    if (this.set.all.length === 0) return undefined
    this.weights.step()
    return this.weights.areEqual ? this.inTurn(tried) : this.byWeight(tried)
  }

  private inTurn(tried: readonly C[]): C | undefined {
    const { set } = this
    const { all } = set
    const count = all.length
    let best = -1
    let bestRank: number = Rank.Excluded
    for (let step = 0, at = this.next % count; step < count; step++, at = at + 1 === count ? 0 : at + 1) {
      const rank = set.rankOf(all[at]!, tried)
      if (rank >= bestRank) continue
      best = at
      bestRank = rank
      if (rank === Rank.Ready) break
    }
    if (best < 0) return undefined
    this.next = best + 1
    return all[best]
  }

  private byWeight(tried: readonly C[]): C | undefined {
    const { set } = this
    const { all } = set
    const { current, max } = this.weights
    const rank = set.bestRank(tried)
    if (rank === Rank.Excluded) return undefined
    const count = all.length
    // Where only light ones are left that were not tried, many turns pass until one of them has its own.
    for (let turns = 4 * count + 16; turns > 0; turns--) {
      const sequence = this.sequence++
      const at = sequence % count
      if (set.rankOf(all[at]!, tried) !== rank) continue
      // Whole numbers, so that no turn is lost to rounding.
      const weight = Math.min(SCALE, Math.max(1, Math.round((current[at]! / max) * SCALE)))
      const phase = (weight * Math.floor(sequence / count) + at * HALF) % SCALE
      if (phase >= SCALE - weight) return all[at]
    }
    return this.byChance(rank, tried)
  }

  /** One of a rank, by chance in proportion to their weights. */
  private byChance(rank: number, tried: readonly C[]): C | undefined {
    const { all } = this.set
    const { current } = this.weights
    let total = 0
    for (let at = 0; at < all.length; at++) if (this.set.rankOf(all[at]!, tried) === rank) total += current[at]!
    let left = this.options.random() * total
    let last: C | undefined
    for (let at = 0; at < all.length; at++) {
      if (this.set.rankOf(all[at]!, tried) !== rank) continue
      last = all[at]
      left -= current[at]!
      if (left < 0) break
    }
    return last
  }
}

export const roundRobin: BalancerFactory = (options) => new RoundRobin(options)
