import type { Balancer, BalancerFactory, Candidate } from './types.js'

/**
 * Each endpoint in turn. One that is connecting waits its turn while another can take the call at once; one that has
 * failed to connect is the last resort.
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
    for (let step = 0; step < count; step++) {
      const at = (this.next + step) % count
      const candidate = candidates[at]!
      if (tried.length > 0 && tried.includes(candidate)) continue
      const { state } = candidate
      // An idle one is taken in its turn: that is how it gets connected.
      if (state === 'READY' || state === 'IDLE') {
        best = at
        break
      }
      if (best < 0 || (state === 'CONNECTING' && candidates[best]!.state !== 'CONNECTING')) best = at
    }
    if (best < 0) return undefined
    this.next = best + 1
    return candidates[best]
  }
}

export const roundRobin: BalancerFactory = (random) => new RoundRobin(random)
