import type { Candidate } from './types.js'

/**
 * With fewer healthy candidates than this share, health is not asked any more: what is left would break under the calls of
 * all (Envoy's panic threshold, and its default). Where none is, those that say themselves that they do not serve are
 * believed, and those that were ejected are not.
 */
const PANIC_SHARE = 0.5

/** How good a candidate is for a call now: the lower the better; EXCLUDED for none at all. */
export const Rank = { Ready: 0, Connecting: 1, Failed: 2, Excluded: 3 } as const

/** The candidates of a balancer, and which of them may be picked. */
export class CandidateSet<C extends Candidate> {
  all: readonly C[] = []
  /** Too few are healthy: those that were ejected count as if they were. */
  private takesEjected = false
  /** And so do those whose health check says no. */
  private takesAll = false
  private readonly rankOfConnecting: number

  /**
   * @param waitsForConnecting where a call goes matters more than that it goes at once: one that connects for the first
   *   time is waited for. One that has failed does not count as connecting until it has succeeded.
   */
  constructor(waitsForConnecting = false) {
    this.rankOfConnecting = waitsForConnecting ? Rank.Ready : Rank.Connecting
  }

  update(candidates: readonly C[]): void {
    this.all = candidates
    this.refresh()
  }

  refresh(): void {
    let healthy = 0
    for (const candidate of this.all) if (candidate.isHealthy) healthy++
    this.takesEjected = healthy < this.all.length * PANIC_SHARE
    this.takesAll = this.takesEjected && healthy > 0
  }

  rankOf(candidate: C, tried: readonly C[]): number {
    if (tried.length > 0 && tried.includes(candidate)) return Rank.Excluded
    if (!candidate.isHealthy && !this.takesAll && !(this.takesEjected && candidate.isServing)) return Rank.Excluded
    const { state } = candidate
    // An idle one is taken in its turn: that is how it gets connected.
    if (state === 'READY' || state === 'IDLE') return Rank.Ready
    return state === 'CONNECTING' ? this.rankOfConnecting : Rank.Failed
  }

  /** The best rank that any has. */
  bestRank(tried: readonly C[]): number {
    let best: number = Rank.Excluded
    for (const candidate of this.all) {
      const rank = this.rankOf(candidate, tried)
      if (rank < best) best = rank
      if (best === Rank.Ready) break
    }
    return best
  }
}
