import { CandidateSet, Rank } from './candidates.js'
import type { Balancer, BalancerFactory, Candidate } from './types.js'

/**
 * The first endpoint that can be connected to, in the order discovery gives; all calls go to it until it is lost (gRPC's
 * default policy, doc/load-balancing.md).
 */
class PickFirst<C extends Candidate> implements Balancer<C> {
  private readonly set = new CandidateSet<C>()
  private chosen: C | undefined = undefined

  update(candidates: readonly C[]): void {
    this.set.update(candidates)
    if (this.chosen !== undefined && !candidates.includes(this.chosen)) this.chosen = undefined
  }

  refresh(): void {
    this.set.refresh()
  }

  pick(tried: readonly C[]): C | undefined {
    const { set, chosen } = this
    if (chosen?.state === 'READY' && set.rankOf(chosen, tried) === Rank.Ready) return chosen
    let best: C | undefined
    let bestRank: number = Rank.Excluded
    for (const candidate of set.all) {
      const rank = set.rankOf(candidate, tried)
      if (rank === Rank.Excluded) continue
      if (candidate.state === 'READY') {
        // One that was only tried once is not left for good.
        if (tried.length === 0) this.chosen = candidate
        return candidate
      }
      if (rank >= bestRank) continue
      best = candidate
      bestRank = rank
    }
    return best
  }
}

export const pickFirst: BalancerFactory = () => new PickFirst()
