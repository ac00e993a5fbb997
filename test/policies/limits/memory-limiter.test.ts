import { expect, test } from '@jest/globals'
import { MemoryLimiter } from '../../../src/policies/limits/memory-limiter.js'

const quota = { name: 'a', points: 1, seconds: 3600, burst: 0, isPrivate: false, id: 'a' }

test('callers that nobody has seen fill no memory', async () => {
  const limiter = new MemoryLimiter(quota)
  for (let i = 0; i < 120_000; i++) await limiter.consume(`key-${i}`, 1)
  expect(limiter.size).toBe(100_000)
  expect((await limiter.consume('key-119999', 1)).isAllowed).toBe(false)
}, 30_000)

test.each([
  { burst: 0, costs: [1, 1], verdicts: ['0', 'refused'] },
  { burst: 3, costs: [1, 1, 2, 1], verdicts: ['3', '2', '0', 'refused'] },
  { burst: 3, costs: [1, 4, 1], verdicts: ['3', 'refused', 'refused'] },
  { burst: 0, costs: [0, 0, 1, 0, 1], verdicts: ['1', '1', '0', '0', 'refused'] },
])('one an hour, and a burst of $burst: of $costs there is left $verdicts', async ({ burst, costs, verdicts }) => {
  const limiter = new MemoryLimiter({ ...quota, burst })
  const told: string[] = []
  for (const cost of costs) {
    const { isAllowed, remaining } = await limiter.consume('key', cost)
    told.push(isAllowed ? String(remaining) : 'refused')
  }
  expect(told).toEqual(verdicts)
})
