import { CandidateSet, Rank } from './candidates.js'
import type { Balancer, BalancerFactory, BalancerOptions, Candidate } from './types.js'
import { Weights } from './weights.js'

/** Draws that meet one that may not be picked are made again so often; then all are looked at. */
const DRAWS = 4

/**
 * Of two endpoints drawn by chance that with fewer calls under way (Mitzenmacher, “The power of two choices in randomized
 * load balancing”): a slow one gets fewer calls without anybody measuring it. Where weights differ they are drawn, and
 * their calls counted, in proportion.
 */
class LeastRequest<C extends Candidate> implements Balancer<C> {
  private readonly set = new CandidateSet<C>()
  private readonly weights: Weights
  private readonly random: () => number
  /** Sums of the weights up to and with each place. */
  private sums = new Float64Array(0)

  constructor(options: BalancerOptions) {
    this.random = options.random
    this.weights = new Weights(options)
  }

  update(candidates: readonly C[]): void {
    this.set.update(candidates)
    this.weights.update(candidates)
    if (this.sums.length !== candidates.length) this.sums = new Float64Array(candidates.length)
    this.addUp()
  }

  refresh(): void {
    this.set.refresh()
    this.weights.refresh()
    this.addUp()
  }

  pick(tried: readonly C[]): C | undefined {
    const { all } = this.set
    if (all.length === 0) return undefined
    if (this.weights.step()) this.addUp()
    const first = this.draw(tried)
    if (first < 0) return this.leastOfAll(tried)
    let second = this.draw(tried)
    // Two draws of the same are one choice.
    for (let again = 1; second === first && again < DRAWS; again++) second = this.draw(tried)
    return all[second < 0 || this.load(first) <= this.load(second) ? first : second]
  }

  /** The place of one that can take a call at once; -1 where the draws met none. */
  private draw(tried: readonly C[]): number {
    const { set } = this
    const { all } = set
    for (let draws = 0; draws < DRAWS; draws++) {
      const at = this.weights.areEqual ? Math.floor(this.random() * all.length) : this.drawByWeight()
      if (set.rankOf(all[at]!, tried) === Rank.Ready) return at
    }
    return -1
  }

  private drawByWeight(): number {
    const { sums } = this
    const target = this.random() * sums[sums.length - 1]!
    let low = 0
    let high = sums.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sums[middle]! > target) high = middle
      else low = middle + 1
    }
    return low
  }

  /** The least loaded of the best rank: where few can take a call, chance does not find them. */
  private leastOfAll(tried: readonly C[]): C | undefined {
    const { set } = this
    const { all } = set
    const start = Math.floor(this.random() * all.length)
    let best = -1
    let bestRank: number = Rank.Excluded
    for (let step = 0; step < all.length; step++) {
      const at = (start + step) % all.length
      const rank = set.rankOf(all[at]!, tried)
      if (rank > bestRank || rank === Rank.Excluded) continue
      if (rank === bestRank && this.load(at) >= this.load(best)) continue
      best = at
      bestRank = rank
    }
    return best < 0 ? undefined : all[best]
  }

  private load(at: number): number {
    return (this.set.all[at]!.inFlight + 1) / this.weights.current[at]!
  }

  private addUp(): void {
    let sum = 0
    for (let at = 0; at < this.sums.length; at++) this.sums[at] = sum += this.weights.current[at]!
  }
}

export const leastRequest: BalancerFactory = (options) => new LeastRequest(options)
