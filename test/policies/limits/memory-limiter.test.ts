import { expect, test } from '@jest/globals'
import { MemoryLimiter } from '../../../src/policies/limits/memory-limiter.js'

const quota = { name: 'a', points: 1, seconds: 3600, burst: 0, isPrivate: false, id: 'a' }

test('callers that nobody has seen fill no memory', () => {
  const limiter = new MemoryLimiter(quota)
  for (let i = 0; i < 120_000; i++) limiter.consume(`key-${i}`, 1)
  expect(limiter.size).toBe(100_000)
  expect(limiter.consume('key-119999', 1).isAllowed).toBe(false)
})

test.each([
  { burst: 0, costs: [1, 1], verdicts: ['0', 'refused'] },
  { burst: 3, costs: [1, 1, 2, 1], verdicts: ['3', '2', '0', 'refused'] },
  { burst: 3, costs: [1, 4, 1], verdicts: ['3', 'refused', 'refused'] },
  { burst: 0, costs: [0, 0, 1, 0, 1], verdicts: ['1', '1', '0', '0', 'refused'] },
])('one an hour, and a burst of $burst: of $costs there is left $verdicts', ({ burst, costs, verdicts }) => {
  const limiter = new MemoryLimiter({ ...quota, burst })
  const told = costs.map((cost) => {
    const { isAllowed, remaining } = limiter.consume('key', cost)
    return isAllowed ? String(remaining) : 'refused'
  })
  expect(told).toEqual(verdicts)
})

test('a window ends as long after it was opened as it is long, and a burst when the rate has given as much', () => {
  let nowMs = 0
  const limiter = new MemoryLimiter({ ...quota, points: 2, seconds: 60, burst: 4 }, () => nowMs)
  const at = (ms: number) => {
    nowMs = ms
    const { isAllowed, remaining, msBeforeNext } = limiter.consume('key', 1)
    return [isAllowed, remaining, msBeforeNext]
  }
  expect(at(0)).toEqual([true, 5, 60_000])
  expect(at(59_000)).toEqual([true, 4, 1000])
  expect(at(59_500)).toEqual([true, 3, 500])
  expect(at(60_000)).toEqual([true, 4, 60_000])
  // The burst began at 59.5 s, and is full again 120 s later.
  expect(at(179_499)).toEqual([true, 4, 60_000])
  expect(at(179_500)).toEqual([true, 4, 59_999])
  expect(at(239_499)).toEqual([true, 5, 60_000])
})
