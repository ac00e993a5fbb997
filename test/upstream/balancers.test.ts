import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  balancers,
  hashOf,
  type Balancer,
  type BalancerName,
  type BalancerOptions,
  type Candidate,
} from '../../src/upstream/balancers/index.js'
import { PLAIN } from '../../src/upstream/resolvers/host-port.js'
import type { ConnectivityState } from '../../src/upstream/index.js'

interface Named extends Candidate {
  state: ConnectivityState
  inFlight: number
  isHealthy: boolean
  isServing: boolean
  readySinceMs: number
}

const NAMES = Object.keys(balancers) as BalancerName[]
const options = (more: Partial<BalancerOptions> = {}): BalancerOptions => ({
  random: Math.random,
  now: () => 0,
  slowStartMs: 0,
  ...more,
})

function weighted(weights: readonly number[]): Named[] {
  return weights.map((weight, at) => {
    const made = candidate(String(at))
    return { ...made, endpoint: { ...made.endpoint, weight } }
  })
}

/** How often each of the candidates is picked. */
function shares(balancer: Balancer<Named>, candidates: readonly Named[], picks: number, hash?: () => number): number[] {
  const counts = candidates.map(() => 0)
  for (let n = 0; n < picks; n++) counts[candidates.indexOf(balancer.pick([], hash?.())!)]!++
  return counts
}

function candidate(name: string, state: ConnectivityState = 'READY', isHealthy = true): Named {
  const endpoint = { address: name, host: name, port: 1, path: undefined, ...PLAIN }
  return { endpoint, state, inFlight: 0, isHealthy, isServing: true, readySinceMs: 0 }
}

describe('round_robin', () => {
  const make = (candidates: readonly Named[], start = 0): (() => string | undefined) => {
    const balancer = balancers.round_robin<Named>({ random: () => start, now: () => 0, slowStartMs: 0 })
    balancer.update(candidates)
    return () => balancer.pick([])?.endpoint.address
  }

  test('each in turn', () => {
    const pick = make(['a', 'b', 'c'].map((name) => candidate(name)))
    expect(Array.from({ length: 7 }, pick)).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a'])
  })

  test('begins at a random place', () => {
    const candidates = ['a', 'b', 'c'].map((name) => candidate(name))
    expect(make(candidates, 0.34)()).toBe('b')
    expect(make(candidates, 0.99)()).toBe('c')
  })

  test('none: undefined', () => {
    expect(make([])()).toBeUndefined()
  })

  test('one that can take the call now goes before one that is connecting, and that before one that has failed', () => {
    const picks = (states: ConnectivityState[]): string =>
      Array.from({ length: 6 }, make(states.map((state, at) => candidate('abc'[at]!, state)))).join('')
    expect(picks(['TRANSIENT_FAILURE', 'CONNECTING', 'READY'])).toBe('cccccc')
    expect(picks(['TRANSIENT_FAILURE', 'IDLE', 'READY'])).toBe('bcbcbc')
    expect(picks(['TRANSIENT_FAILURE', 'CONNECTING', 'TRANSIENT_FAILURE'])).toBe('bbbbbb')
    expect(picks(['CONNECTING', 'TRANSIENT_FAILURE', 'CONNECTING'])).toBe('acacac')
  })

  test.each<{ row: string; candidates: [ConnectivityState, boolean][]; picks: string }>([
    {
      row: 'one that is unhealthy is left out',
      candidates: [
        ['READY', false],
        ['READY', true],
        ['READY', true],
      ],
      picks: 'bcbc',
    },
    {
      row: 'a healthy one that is connecting goes before it',
      candidates: [
        ['READY', false],
        ['CONNECTING', true],
      ],
      picks: 'bbbb',
    },
    {
      row: 'one that has failed to connect goes before it too, while half are healthy',
      candidates: [
        ['TRANSIENT_FAILURE', true],
        ['READY', false],
      ],
      picks: 'aaaa',
    },
    {
      row: 'with fewer than half healthy, all are in turn',
      candidates: [
        ['READY', false],
        ['READY', false],
        ['READY', true],
      ],
      picks: 'abca',
    },
    {
      row: 'all ejected: each in turn',
      candidates: [
        ['READY', false],
        ['READY', false],
      ],
      picks: 'abab',
    },
  ])('$row', ({ candidates, picks }) => {
    const pick = make(candidates.map(([state, isHealthy], at) => candidate('abc'[at]!, state, isHealthy)))
    expect(Array.from({ length: 4 }, pick).join('')).toBe(picks)
  })

  test('all failed: each in turn', () => {
    const pick = make([candidate('a', 'TRANSIENT_FAILURE'), candidate('b', 'TRANSIENT_FAILURE')])
    expect(Array.from({ length: 4 }, pick)).toEqual(['a', 'b', 'a', 'b'])
  })

  test('never one that was tried, and undefined when all were', () => {
    const states = fc.constantFrom<ConnectivityState>('READY', 'IDLE', 'CONNECTING', 'TRANSIENT_FAILURE')
    fc.assert(
      fc.property(fc.array(fc.tuple(states, fc.boolean()), { maxLength: 8 }), (rows) => {
        const candidates = rows.map(([state], at) => candidate(String(at), state))
        const tried = candidates.filter((_, at) => rows[at]![1])
        const balancer = balancers.round_robin<Named>({ random: () => 0.5, now: () => 0, slowStartMs: 0 })
        balancer.update(candidates)
        for (let n = 0; n < 10; n++) {
          const picked = balancer.pick(tried)
          const left = candidates.filter((one) => !tried.includes(one))
          if (left.length === 0) expect(picked).toBeUndefined()
          else expect(left).toContain(picked)
          const rank = ({ state }: Named): number => ({ CONNECTING: 1, TRANSIENT_FAILURE: 2 })[state as string] ?? 0
          if (picked !== undefined) expect(rank(picked)).toBe(Math.min(...left.map(rank)))
        }
      }),
    )
  })
})

describe.each(NAMES)('%s', (name) => {
  const states = fc.constantFrom<ConnectivityState>('READY', 'IDLE', 'CONNECTING', 'TRANSIENT_FAILURE')

  test('never one that was tried, never one of a worse state than another, never an unhealthy one while half are healthy', () => {
    const row = fc.record({
      state: states,
      isTried: fc.boolean(),
      isHealthy: fc.boolean(),
      weight: fc.integer({ min: 1, max: 50 }),
    })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 8 }), fc.nat(), (rows, hash) => {
        const candidates = rows.map(({ state, isHealthy, weight }, at) => {
          const made = candidate(String(at), state, isHealthy)
          return { ...made, endpoint: { ...made.endpoint, weight } }
        })
        const tried = candidates.filter((_, at) => rows[at]!.isTried)
        const balancer = balancers[name]<Named>(options())
        balancer.update(candidates)
        const healthy = candidates.filter(({ isHealthy }) => isHealthy).length
        const mayPick = candidates.filter(
          (one) => !tried.includes(one) && (one.isHealthy || healthy < candidates.length / 2),
        )
        // Whose call it is matters more to two of them: they wait while that one connects.
        const ofConnecting = name === 'pick_first' || name === 'ring_hash' ? 0 : 1
        const rank = ({ state }: Named): number =>
          ({ CONNECTING: ofConnecting, TRANSIENT_FAILURE: 2 })[state as string] ?? 0
        for (let n = 0; n < 10; n++) {
          const picked = balancer.pick(tried, hash)
          if (mayPick.length === 0) expect(picked).toBeUndefined()
          else {
            expect(mayPick).toContain(picked)
            expect(rank(picked!)).toBe(Math.min(...mayPick.map(rank)))
          }
        }
      }),
    )
  })

  test('none where every health check says no', () => {
    const candidates = ['a', 'b'].map((address) => ({ ...candidate(address, 'READY', false), isServing: false }))
    const balancer = balancers[name]<Named>(options())
    balancer.update(candidates)
    expect(balancer.pick([])).toBeUndefined()
    candidates[1]!.isServing = true
    candidates[1]!.isHealthy = true
    balancer.refresh()
    expect(balancer.pick([])).toBe(candidates[1])
  })

  test('a set that is replaced is forgotten', () => {
    const balancer = balancers[name]<Named>(options())
    balancer.update(weighted([1, 2, 3]))
    balancer.pick([])
    const [next] = weighted([5])
    balancer.update([next!])
    expect(balancer.pick([])).toBe(next)
    balancer.update([])
    expect(balancer.pick([])).toBeUndefined()
  })
})

describe('weights', () => {
  test.each([
    { name: 'round_robin', weights: [1, 2, 7], within: 0.002 },
    { name: 'round_robin', weights: [1, 100], within: 0.002 },
    { name: 'least_request', weights: [1, 2, 7], within: 0.03 },
    { name: 'ring_hash', weights: [1, 2, 7], within: 0.04 },
    { name: 'round_robin', weights: [60, 40, 0.01], within: 0.002 },
    { name: 'ring_hash', weights: [60, 40, 0.01], within: 0.02 },
    { name: 'ring_hash', weights: [60_000, 30_000, 1, 10_000], within: 0.02 },
  ] as const)('$name gives $weights their shares over 10,000 picks', ({ name, weights, within }) => {
    const candidates = weighted(weights)
    const balancer = balancers[name]<Named>(options())
    balancer.update(candidates)
    let key = 0
    // Of calls under way in proportion to the weights, so that chance alone decides.
    candidates.forEach((one, at) => (one.inFlight = weights[at]! * 1000 - 1))
    const counts = shares(balancer, candidates, 10_000, () => hashOf(String(key++)))
    const total = weights.reduce<number>((sum, weight) => sum + weight, 0)
    counts.forEach((count, at) => expect(Math.abs(count / 10_000 - weights[at]! / total)).toBeLessThan(within))
  })

  test('round_robin spreads the picks of one evenly among the others', () => {
    const candidates = weighted([1, 4])
    const balancer = balancers.round_robin<Named>(options({ random: () => 0 }))
    balancer.update(candidates)
    const picks = Array.from({ length: 1000 }, () => balancer.pick([])!.endpoint.address).join('')
    // No run of the heavy one is longer than a round and a bit.
    expect(Math.max(...picks.split('0').map(({ length }) => length))).toBeLessThanOrEqual(5)
  })

  test('where only light ones are left, they share by weight', () => {
    const candidates = weighted([1, 3, 10_000])
    candidates[2]!.state = 'TRANSIENT_FAILURE'
    const balancer = balancers.round_robin<Named>(options())
    balancer.update(candidates)
    expect(shares(balancer, candidates, 4000)).toEqual([1000, 3000, 0])
    // Where the heavy one was tried: by chance.
    candidates[2]!.state = 'READY'
    balancer.refresh()
    const counts = [0, 0, 0]
    for (let n = 0; n < 10_000; n++) counts[candidates.indexOf(balancer.pick([candidates[2]!])!)]!++
    expect(counts[1]! / counts[0]!).toBeGreaterThan(2.5)
    expect(counts[1]! / counts[0]!).toBeLessThan(3.6)
    expect(counts[2]).toBe(0)
  })
})

describe('slow start', () => {
  test.each(['round_robin', 'least_request'] as const)('%s: from a tenth of the share to all of it', (name) => {
    let nowMs = 100_000
    const candidates = weighted([1, 1, 1])
    for (const one of candidates) one.readySinceMs = 1
    candidates[2]!.readySinceMs = nowMs
    const balancer = balancers[name]<Named>(options({ now: () => nowMs, slowStartMs: 30_000 }))
    balancer.update(candidates)
    const newest = (): number => {
      // As many calls under way as are their due, so that chance alone decides.
      const share = Math.min(1, Math.max(0.1, (nowMs - 100_000) / 30_000))
      candidates.forEach((one, at) => (one.inFlight = (at === 2 ? share : 1) * 1000 - 1))
      return shares(balancer, candidates, 6000)[2]! / 6000
    }
    expect(newest()).toBeLessThan(0.15)
    nowMs = 115_000
    expect(Math.abs(newest() - 0.2)).toBeLessThan(0.06)
    nowMs = 140_000
    expect(Math.abs(newest() - 1 / 3)).toBeLessThan(0.06)
  })

  test('all at once: equal shares', () => {
    const candidates = weighted([1, 1])
    for (const one of candidates) one.readySinceMs = 1000
    const balancer = balancers.round_robin<Named>(options({ now: () => 1000, slowStartMs: 30_000 }))
    balancer.update(candidates)
    expect(shares(balancer, candidates, 100)).toEqual([50, 50])
  })
})

describe('least_request', () => {
  test('of two it is the one with fewer calls', () => {
    const candidates = weighted([1, 1])
    candidates[0]!.inFlight = 5
    const balancer = balancers.least_request<Named>(options())
    balancer.update(candidates)
    const [busy, idle] = shares(balancer, candidates, 1000)
    // Only where chance draws the busy one again and again.
    expect(busy).toBeLessThan(60)
    expect(idle).toBeGreaterThan(940)
  })
})

describe('pick_first', () => {
  test('the first that is connected, and it stays until it is lost', () => {
    const candidates = ['a', 'b', 'c'].map((name) => candidate(name, 'IDLE'))
    const balancer = balancers.pick_first<Named>(options())
    balancer.update(candidates)
    expect(balancer.pick([])).toBe(candidates[0])
    candidates[0]!.state = 'TRANSIENT_FAILURE'
    candidates[1]!.state = 'READY'
    expect(balancer.pick([])).toBe(candidates[1])
    candidates[0]!.state = 'READY'
    expect(balancer.pick([])).toBe(candidates[1])
    candidates[1]!.state = 'TRANSIENT_FAILURE'
    expect(balancer.pick([])).toBe(candidates[0])
    expect(balancer.pick([candidates[0]!])).toBe(candidates[2])
  })

  test('calls that come while the first connects wait for it, whatever the others could do', () => {
    const candidates = ['a', 'b', 'c'].map((name) => candidate(name, 'IDLE'))
    const balancer = balancers.pick_first<Named>(options())
    balancer.update(candidates)
    expect(balancer.pick([])).toBe(candidates[0])
    candidates[0]!.state = 'CONNECTING'
    candidates[1]!.state = 'READY'
    expect(balancer.pick([])).toBe(candidates[0])
    candidates[0]!.state = 'READY'
    expect(balancer.pick([])).toBe(candidates[0])
  })

  test('one that took a call because another refused it is not stayed with', () => {
    const candidates = ['a', 'b'].map((name) => candidate(name))
    const balancer = balancers.pick_first<Named>(options())
    balancer.update(candidates)
    expect(balancer.pick([candidates[0]!])).toBe(candidates[1])
    expect(balancer.pick([])).toBe(candidates[0])
  })

  test('a new order changes nothing while the one in use is there', () => {
    const candidates = ['a', 'b', 'c'].map((name) => candidate(name))
    const balancer = balancers.pick_first<Named>(options())
    balancer.update(candidates)
    expect(balancer.pick([])).toBe(candidates[0])
    balancer.update([candidates[2]!, candidates[0]!])
    expect(balancer.pick([])).toBe(candidates[0])
    balancer.update([candidates[2]!, candidates[1]!])
    expect(balancer.pick([])).toBe(candidates[2])
  })
})

describe('ring_hash', () => {
  const ringOf = (candidates: readonly Named[]): Balancer<Named> => {
    const balancer = balancers.ring_hash<Named>(options())
    balancer.update(candidates)
    return balancer
  }
  const keys = Array.from({ length: 2000 }, (_, at) => hashOf(`user-${at}`))

  test('a key goes to one endpoint, whatever the order they come in', () => {
    const candidates = ['a', 'b', 'c', 'd'].map((name) => candidate(name))
    const one = ringOf(candidates)
    const other = ringOf([...candidates].reverse())
    for (const key of keys) expect(other.pick([], key)).toBe(one.pick([], key))
  })

  test('keys stay where they belong while that one connects', () => {
    const candidates = ['a', 'b', 'c'].map((name) => candidate(name, 'IDLE'))
    const ring = ringOf(candidates)
    const before = keys.map((key) => ring.pick([], key))
    candidates[1]!.state = 'CONNECTING'
    candidates[2]!.state = 'READY'
    keys.forEach((key, at) => expect(ring.pick([], key)).toBe(before[at]))
  })

  test('one that goes from among different weights moves only its own keys, while the mean weight is about the same', () => {
    const candidates = weighted([3, 1, 2, 1, 3, 2, 2, 1])
    const ring = ringOf(candidates)
    const before = keys.map((key) => ring.pick([], key))
    const gone = candidates[2]!
    const smaller = ringOf(candidates.filter((one) => one !== gone))
    expect(before).toContain(gone)
    keys.forEach((key, at) => {
      if (before[at] !== gone) expect(smaller.pick([], key)).toBe(before[at])
    })
  })

  test('every endpoint has a place, however heavy others are', () => {
    const candidates = weighted([65_535, 65_535, 65_535, 65_535, 65_535, 65_535, 0.001])
    for (const only of candidates) {
      for (const one of candidates) one.state = one === only ? 'READY' : 'TRANSIENT_FAILURE'
      expect(ringOf(candidates).pick([], 0)).toBe(only)
    }
  })

  test('one that goes moves only its own keys; while it is down they go to the next, and come back', () => {
    const candidates = Array.from({ length: 10 }, (_, at) => candidate(`10.0.0.${at}:50051`))
    const ring = ringOf(candidates)
    const before = keys.map((key) => ring.pick([], key))
    const gone = candidates[3]!
    const smaller = ringOf(candidates.filter((one) => one !== gone))
    keys.forEach((key, at) => {
      if (before[at] !== gone) expect(smaller.pick([], key)).toBe(before[at])
    })
    gone.state = 'TRANSIENT_FAILURE'
    ring.refresh()
    keys.forEach((key, at) => expect(ring.pick([], key)).toBe(before[at] === gone ? smaller.pick([], key) : before[at]))
    gone.state = 'READY'
    keys.forEach((key, at) => expect(ring.pick([], key)).toBe(before[at]))
  })

  test('shares are within a tenth of one another', () => {
    const candidates = Array.from({ length: 10 }, (_, at) => candidate(`10.0.0.${at}:50051`))
    const ring = ringOf(candidates)
    let at = 0
    const counts = shares(ring, candidates, 10_000, () => hashOf(`key ${at++}`))
    expect(Math.min(...counts)).toBeGreaterThan(900)
    expect(Math.max(...counts)).toBeLessThan(1100)
  })
})
