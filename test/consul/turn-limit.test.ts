import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { TurnLimit } from '../../src/consul/turn-limit.js'

/** What each turn waits, where each is taken as soon as the one before has waited and `gaps` has passed besides. */
function waits(gaps: readonly number[], isNews = false): number[] {
  let now = 5000
  const limit = new TurnLimit(now)
  return gaps.map((gap) => {
    now += gap
    const wait = limit.take(now, isNews)
    now += wait
    return wait
  })
}

describe('the rate limit of a blocking query', () => {
  test.each([
    { name: 'two turns at once are free', gaps: [0, 0], expected: [0, 0] },
    {
      name: 'changes seconds apart are never delayed',
      gaps: [0, 0, 2000, 2000, 2000, 2000],
      expected: [0, 0, 0, 0, 0, 0],
    },
    {
      name: 'returns without a change degrade to one turn per 15 s',
      gaps: Array<number>(13).fill(0),
      expected: [0, 0, 500, 750, 1125, 1688, 2532, 3797, 5696, 8543, 12_815, 15_000, 15_000],
    },
    {
      name: 'and is forgotten once it has been quiet for a full bucket',
      gaps: [0, 0, 0, 0, 0, 30_000, 0, 0],
      expected: [0, 0, 500, 750, 1125, 0, 0, 500],
    },
    { name: 'a clock set back takes nothing away', gaps: [0, 0, 10_000, -60_000], expected: [0, 0, 0, 0] },
  ])('$name', ({ gaps, expected }) => {
    expect(waits(gaps)).toEqual(expected)
  })

  test('news degrade more slowly, and to the same', () => {
    const taken = waits(Array<number>(24).fill(0), true)
    expect(taken.slice(0, 6)).toEqual([0, 0, 500, 625, 782, 977])
    expect(taken.at(-1)).toBe(15_000)
  })

  test('never more than two turns besides those the refill allows', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 60 }), fc.boolean(), (gaps, isNews) => {
        const taken = waits(gaps, isNews)
        const lasted = gaps.reduce((sum, gap) => sum + gap, 0) + taken.reduce((sum, wait) => sum + wait, 0)
        return taken.length <= 2 + Math.ceil(lasted / 500) && taken.every((wait) => wait >= 0 && wait <= 15_000)
      }),
    )
  })
})
