import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { Retry } from '../../src/gateway/retry.js'

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

test('pauses grow to half a minute, and are short again after a success', () => {
  let attempts = 0
  const retry = new Retry(
    () => attempts++,
    () => 0.5,
  )
  const delays = Array.from({ length: 10 }, () => {
    const delay = retry.schedule()
    jest.advanceTimersByTime(delay - 1)
    const before = attempts
    jest.advanceTimersByTime(1)
    expect(attempts).toBe(before + 1)
    return delay
  })
  expect(delays).toEqual([1000, 1600, 2560, 4096, 6554, 10486, 16777, 26844, 30000, 30000])
  retry.stop()
  expect(retry.schedule()).toBe(1000)
})

test.each([
  { random: 0, delay: 800 },
  { random: 0.999, delay: 1200 },
])('chance $random spreads the first pause to $delay ms', ({ random, delay }) => {
  const retry = new Retry(
    () => undefined,
    () => random,
  )
  expect(retry.schedule()).toBe(delay)
  retry.stop()
})

test('stopped, it tries no more', () => {
  let attempts = 0
  const retry = new Retry(() => attempts++)
  retry.schedule()
  retry.stop()
  jest.advanceTimersByTime(60_000)
  expect(attempts).toBe(0)
})
