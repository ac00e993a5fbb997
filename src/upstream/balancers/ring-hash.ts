import { CandidateSet, Rank } from './candidates.js'
import { hashOf, mixed } from './hash.js'
import type { Balancer, BalancerFactory, BalancerOptions, Candidate } from './types.js'

/** Places on the ring per endpoint, or up to half as many: with so many, shares are within some per cent of one another. */
const PLACES = 1_024
/** Places in all, but for the one that every endpoint has: with many endpoints each has fewer. */
const MAX_PLACES = 65_536
const TWO_32 = 0x100000000
/** A place and its owner in one double, which holds 53 bits: the owner in the lower 21. */
const OWNERS = 0x200000

/**
 * Calls of one key go to one endpoint while it is there: endpoints have places on a ring, and a key belongs to the next
 * place (Karger et al., “Consistent hashing and random trees”; gRFC A42). One that comes or goes changes only its own
 * share. Where the endpoint has failed to connect, or is unhealthy, the next on the ring takes its calls; while it connects,
 * calls wait for it.
 */
class RingHash<C extends Candidate> implements Balancer<C> {
  private readonly set = new CandidateSet<C>(true)
  private readonly random: () => number
  /** Places in order, and whose each is. */
  private places = new Uint32Array(0)
  private owners = new Uint32Array(0)

  constructor({ random }: BalancerOptions) {
    this.random = random
  }

  update(candidates: readonly C[]): void {
    this.set.update(candidates)
    this.build()
  }

  refresh(): void {
    this.set.refresh()
  }

  pick(tried: readonly C[], hash?: number): C | undefined {
    const { set, places, owners } = this
    const count = places.length
    if (count === 0) return undefined
    const rank = set.bestRank(tried)
    if (rank === Rank.Excluded) return undefined
    const start = this.after(hash ?? Math.floor(this.random() * TWO_32))
    for (let step = 0, at = start; step < count; step++, at = at + 1 === count ? 0 : at + 1) {
      const candidate = set.all[owners[at]!]!
      if (set.rankOf(candidate, tried) === rank) return candidate
    }
    return undefined
  }

  /** The first place at a hash or after it. */
  private after(hash: number): number {
    const { places } = this
    let low = 0
    let high = places.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (places[middle]! < hash) low = middle + 1
      else high = middle
    }
    return low === places.length ? 0 : low
  }

  private build(): void {
    const { all } = this.set
    // Two at one place: by address, so that the order discovery gives them in is of no weight.
    const byAddress = all
      .map(({ endpoint }, owner) => ({ owner, endpoint }))
      .sort((a, b) => (a.endpoint.address < b.endpoint.address ? -1 : 1))
    const scale = scaleOf(all)
    const counts = byAddress.map(({ endpoint }) => Math.max(1, Math.round(endpoint.weight * scale)))
    const ring = new Float64Array(counts.reduce((sum, count) => sum + count, 0))
    let next = 0
    byAddress.forEach(({ endpoint }, order) => {
      const hash = hashOf(endpoint.address)
      for (let at = 0; at < counts[order]!; at++) ring[next++] = mixed(mixed(at) ^ hash) * OWNERS + order
    })
    ring.sort()
    this.places = Uint32Array.from(ring, (both) => Math.floor(both / OWNERS))
    this.owners = Uint32Array.from(ring, (both) => byAddress[both % OWNERS]!.owner)
  }
}

/**
 * Places for each unit of weight. A power of two, so that it stays the same while endpoints come and go, but where their
 * mean weight, or many endpoints their number, doubles or halves; then a part of all keys moves.
 */
function scaleOf(candidates: readonly Candidate[]): number {
  const weight = candidates.reduce((sum, { endpoint }) => sum + endpoint.weight, 0)
  return 2 ** Math.floor(Math.log2(Math.min(candidates.length * PLACES, MAX_PLACES) / weight))
}

export const ringHash: BalancerFactory = (options) => new RingHash(options)
