import { CandidateSet, Rank } from './candidates.js'
import type { Balancer, BalancerFactory, Candidate } from './types.js'

/**
 * The first endpoint, in the order discovery gives, that has not failed to connect; once it is connected all calls go to it
 * until it is lost (gRPC's default policy, doc/load-balancing.md). While it connects they wait for it, as there.
 */
class PickFirst<C extends Candidate> implements Balancer<C> {
  private readonly set = new CandidateSet<C>(true)
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
    const first = this.first(tried)
    // One that a call went to because another refused it is not stayed with.
    if (first?.state === 'READY' && tried.length === 0) this.chosen = first
    return first
  }

  private first(tried: readonly C[]): C | undefined {
    let best: C | undefined
    let bestRank: number = Rank.Excluded
    for (const candidate of this.set.all) {
      const rank = this.set.rankOf(candidate, tried)
      if (rank === Rank.Ready) return candidate
      if (rank >= bestRank) continue
      best = candidate
      bestRank = rank
    }
    return best
  }
}

export const pickFirst: BalancerFactory = () => new PickFirst()
