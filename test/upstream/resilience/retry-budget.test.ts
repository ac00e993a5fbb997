import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { RetryBudget } from '../../../src/upstream/resilience/retry-budget.js'

const T = 1_700_000_000_000

/** Takes retries one after the other at one time; how many there were. */
function drain(budget: RetryBudget, share: number, nowMs: number, asked = 1000): number {
  let taken = 0
  for (let i = 0; i < asked; i++) if (budget.begin(share, nowMs)) taken++
  return taken
}

describe('the budget of retries', () => {
  test.each([
    { what: '20 % of 100 calls', calls: 100, share: 0.2, taken: 20 },
    { what: 'three a second where the share is less', calls: 5, share: 0.2, taken: 3 },
    { what: 'three a second without any share', calls: 1000, share: 0, taken: 3 },
    { what: 'as many as there are calls', calls: 50, share: 1, taken: 50 },
  ])('$what', ({ calls, share, taken }) => {
    const budget = new RetryBudget()
    for (let i = 0; i < calls; i++) budget.countCall(T)
    expect(drain(budget, share, T)).toBe(taken)
  })

  test('three a second go on second by second, up to what that is in ten', () => {
    const budget = new RetryBudget()
    const taken = Array.from({ length: 12 }, (_, second) => drain(budget, 0.2, T + second * 1000))
    expect(taken.slice(0, 10)).toEqual(new Array<number>(10).fill(3))
    expect(taken.slice(10)).toEqual([0, 3])
  })

  test('calls are forgotten after ten seconds, and so are retries', () => {
    const budget = new RetryBudget()
    for (let i = 0; i < 100; i++) budget.countCall(T)
    expect(drain(budget, 0.2, T + 9_000)).toBe(20)
    // None of the share is left: three a second are.
    expect(drain(budget, 0.2, T + 10_000)).toBe(3)
    for (let i = 0; i < 100; i++) budget.countCall(T + 21_000)
    expect(drain(budget, 0.2, T + 21_000)).toBe(20)
  })

  test('not more than `maxRetries` are under way at once', () => {
    const budget = new RetryBudget(2)
    for (let i = 0; i < 100; i++) budget.countCall(T)
    expect(drain(budget, 0.2, T)).toBe(2)
    budget.end()
    expect(drain(budget, 0.2, T)).toBe(1)
    expect(budget.inFlight).toBe(2)
  })

  test('a clock that is set back loses nothing', () => {
    const budget = new RetryBudget()
    for (let i = 0; i < 100; i++) budget.countCall(T)
    expect(drain(budget, 0.2, T - 60_000)).toBe(20)
    expect(drain(budget, 0.2, T)).toBe(3)
  })

  test('in any ten seconds, never more than the share of the calls of twenty, or thirty', () => {
    const steps = fc.array(
      fc.record({
        gapMs: fc.integer({ min: 0, max: 2_500 }),
        isCall: fc.boolean(),
        count: fc.integer({ min: 1, max: 40 }),
      }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(steps, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
        const budget = new RetryBudget()
        const calls: number[] = []
        const retries: number[] = []
        let now = T
        for (const { gapMs, isCall, count } of all) {
          now += gapMs
          for (let i = 0; i < count; i++) {
            if (isCall) {
              budget.countCall(now)
              calls.push(now)
            } else if (budget.begin(share, now)) {
              // At each retry: those of the ten seconds before it against the calls that can have counted for them.
              retries.push(now)
              const recent = retries.filter((at) => at > now - 10_000).length
              const counted = calls.filter((at) => at > now - 20_000).length
              expect(recent).toBeLessThanOrEqual(Math.max(Math.ceil(share * counted), 30))
            }
          }
        }
      }),
    )
  })
})
