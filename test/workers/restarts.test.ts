import { describe, expect, test } from '@jest/globals'
import { Restarts } from '../../src/workers/restarts.js'

describe('pauses before a worker is replaced', () => {
  test('none the first time, then ever longer, to a bound; none again after one that lived', () => {
    let nowMs = 0
    const restarts = new Restarts(() => nowMs)
    const crashAfter = (ms: number): number => {
      restarts.onStart()
      nowMs += ms
      return restarts.onCrash()
    }
    expect(Array.from({ length: 9 }, () => crashAfter(100))).toEqual([
      0, 250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000,
    ])
    expect(crashAfter(60_000)).toBe(0)
    expect(crashAfter(100)).toBe(250)
    expect(restarts.count).toBe(11)
  })
})
