import type { Balancer, BalancerFactory, Candidate } from './types.js'

/** Each endpoint in turn. */
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
    let failed: C | undefined
    let failedAt = 0
    for (let step = 0; step < count; step++) {
      const at = (this.next + step) % count
      const candidate = candidates[at]!
      if (tried.length > 0 && tried.includes(candidate)) continue
      if (candidate.state !== 'TRANSIENT_FAILURE') {
        this.next = at + 1
        return candidate
      }
      if (failed === undefined) {
        failed = candidate
        failedAt = at
      }
    }
    if (failed !== undefined) this.next = failedAt + 1
    return failed
  }
}

export const roundRobin: BalancerFactory = (random) => new RoundRobin(random)
