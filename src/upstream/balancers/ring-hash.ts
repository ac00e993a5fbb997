import { hashOf } from './hash.js'
import { CandidateSet, Rank } from './candidates.js'
import type { Balancer, BalancerFactory, BalancerOptions, Candidate } from './types.js'

/** Places on the ring of an endpoint of usual weight: with so many, shares are within some per cent of one another. */
const PLACES = 160
/** Places in all: with many endpoints each has fewer. */
const MAX_PLACES = 65_536
const TWO_32 = 0x100000000

/**
 * Calls of one key go to one endpoint while it is there: endpoints have places on a ring, and a key belongs to the next
 * place (Karger et al., “Consistent hashing and random trees”; gRFC A42). One that comes or goes changes only its own
 * share. Where the endpoint cannot take a call, the next on the ring does.
 */
class RingHash<C extends Candidate> implements Balancer<C> {
  private readonly set = new CandidateSet<C>()
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
    // What could be connected to is: the owner first of all, so that the key comes to be where it belongs.
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
    const usual = Math.min(PLACES, Math.floor(MAX_PLACES / Math.max(1, all.length)))
    const lightest = all.reduce((least, { endpoint }) => Math.min(least, endpoint.weight), Infinity)
    const ring: { readonly place: number; readonly owner: number }[] = []
    all.forEach(({ endpoint }, owner) => {
      const count = Math.max(1, Math.min(MAX_PLACES, Math.round((usual * endpoint.weight) / lightest)))
      for (let at = 0; at < count && ring.length < 4 * MAX_PLACES; at++) {
        ring.push({ place: hashOf(`${endpoint.address}_${at}`), owner })
      }
    })
    // Two at one place: by address, so that the order discovery gives them in is of no weight.
    ring.sort((a, b) => a.place - b.place || (all[a.owner]!.endpoint.address < all[b.owner]!.endpoint.address ? -1 : 1))
    this.places = Uint32Array.from(ring, ({ place }) => place)
    this.owners = Uint32Array.from(ring, ({ owner }) => owner)
  }
}

export const ringHash: BalancerFactory = (options) => new RingHash(options)
