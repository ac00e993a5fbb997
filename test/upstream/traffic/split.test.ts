import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { hashOf, splitting } from '../../../src/upstream/index.js'
import { ScriptedCalls } from '../../support/scripted-calls.js'

const OPTIONS = { path: '/a.B/C', metadata: [], deadlineMs: Infinity }
const CALLS = 10_000

/** A generator whose numbers are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

function split(weights: readonly number[], isSticky: boolean, random = seeded(7)) {
  const targets = weights.map((weight, index) => ({
    calls: new ScriptedCalls(),
    weight,
    id: hashOf(`target-${index}`),
  }))
  const call = splitting(
    targets.map(({ calls, weight, id }) => ({ call: calls.call, weight, id })),
    isSticky ? ({ keys }) => keys?.[0] : undefined,
    random,
  )
  return {
    /** Which target the call of a key goes to. */
    of: (key: number | undefined): number => {
      const before = targets.map(({ calls }) => calls.attempts.length)
      call({ ...OPTIONS, keys: [key] }, new Uint8Array(), () => undefined)
      return targets.findIndex(({ calls }, index) => calls.attempts.length > before[index]!)
    },
    counts: () => targets.map(({ calls }) => calls.attempts.length),
  }
}

/** Four standard deviations of a binomial: one run in 16,000 is beyond it, and the seed is fixed. */
const tolerance = (share: number): number => 4 * Math.sqrt(CALLS * share * (1 - share))

describe.each([
  { weights: [90, 10] },
  { weights: [1, 1] },
  { weights: [1, 2, 3, 4] },
  { weights: [999, 1] },
  { weights: [1, 0] },
  { weights: [0, 5, 5] },
])('over 10,000 calls, weights $weights', ({ weights }) => {
  const total = weights.reduce((sum, weight) => sum + weight, 0)

  test.each([
    { how: 'by chance', isSticky: false, key: () => undefined },
    { how: 'by key', isSticky: true, key: (i: number) => hashOf(`user-${i}`) },
    { how: 'sticky, without a key: by chance', isSticky: true, key: () => undefined },
  ])('$how, each has its share', ({ isSticky, key }) => {
    const { of, counts } = split(weights, isSticky)
    for (let i = 0; i < CALLS; i++) of(key(i))
    for (const [index, count] of counts().entries()) {
      const share = weights[index]! / total
      expect(Math.abs(count - CALLS * share)).toBeLessThanOrEqual(tolerance(share))
    }
  })
})

describe('sticky', () => {
  test('one key goes to one target, every time and in every process', () => {
    const [one, other] = [split([1, 1, 1], true, seeded(1)), split([1, 1, 1], true, seeded(2))]
    for (let i = 0; i < 300; i++) {
      const target = one.of(hashOf(`user-${i}`))
      expect(one.of(hashOf(`user-${i}`))).toBe(target)
      expect(other.of(hashOf(`user-${i}`))).toBe(target)
    }
  })

  test.each([
    { from: [90, 10], to: [80, 20], moves: 0.1 },
    { from: [90, 10], to: [100, 0], moves: 0.1 },
    { from: [1, 1, 1], to: [1, 1, 0], moves: 1 / 3 },
    { from: [50, 50], to: [5, 5], moves: 0 },
  ])('when weights go from $from to $to, only that share moves', ({ from, to, moves }) => {
    const [before, after] = [split(from, true), split(to, true)]
    let moved = 0
    for (let i = 0; i < CALLS; i++) if (before.of(hashOf(`user-${i}`)) !== after.of(hashOf(`user-${i}`))) moved++
    expect(Math.abs(moved - CALLS * moves)).toBeLessThanOrEqual(tolerance(moves))
  })

  test('a target that grows takes keys, and gives none away', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 2, maxLength: 5 }),
        fc.nat(),
        fc.integer({ min: 1, max: 20 }),
        (weights, which, more) => {
          const grown = which % weights.length
          fc.pre(weights.some((weight) => weight > 0))
          const before = split(weights, true)
          const after = split(
            weights.map((weight, index) => (index === grown ? weight + more : weight)),
            true,
          )
          for (let i = 0; i < 100; i++) {
            const [was, is] = [before.of(hashOf(`user-${i}`)), after.of(hashOf(`user-${i}`))]
            if (was !== is) expect(is).toBe(grown)
          }
        },
      ),
    )
  })
})
