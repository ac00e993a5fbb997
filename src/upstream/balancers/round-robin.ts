import type { Balancer, BalancerFactory, Candidate } from './types.js'

const BEST = 4

/** How well a candidate can take a call now. An idle one is taken in its turn: that is how it gets connected. */
function rankOf({ state, isHealthy }: Candidate): number {
  const isUsable = state === 'READY' || state === 'IDLE'
  if (!isHealthy) return isUsable ? 2 : 1
  if (isUsable) return BEST
  return state === 'CONNECTING' ? 3 : 1
}

/**
 * Each endpoint in turn. One that is connecting waits its turn while another can take the call at once; one that is
 * unhealthy gets calls only where no other is left, and one that has failed to connect is the last resort.
 */
class RoundRobin<C extends Candidate> implements Balancer<C> {
  private candidates: readonly C[] = []
  private next = 0
  private readonly random: () => number

  constructor(random: () => number) {
    this.random = random
  }

  update(candidates: readonly C[]): void {
    this.candidates = candidates
    this.next = Math.floor(this.random() * candidates.length)
  }

  pick(tried: readonly C[]): C | undefined {
    const { candidates } = this
    const count = candidates.length
    let best = -1
    let bestRank = 0
    for (let step = 0; step < count; step++) {
      const at = (this.next + step) % count
      const candidate = candidates[at]!
      if (tried.length > 0 && tried.includes(candidate)) continue
      const rank = rankOf(candidate)
      if (rank <= bestRank) continue
      best = at
      bestRank = rank
      if (rank === BEST) break
    }
    if (best < 0) return undefined
    this.next = best + 1
    return candidates[best]
  }
}

export const roundRobin: BalancerFactory = (random) => new RoundRobin(random)
