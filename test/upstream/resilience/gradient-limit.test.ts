import { describe, expect, test } from '@jest/globals'
import { GradientLimit } from '../../../src/upstream/resilience/gradient-limit.js'

const SETTINGS = { min: 10, intervalMs: 60_000, tolerance: 1.25 }

/** An upstream under more load than it takes: as many calls as the limit lets through, always. */
class Loaded {
  nowMs = 1_000_000
  readonly limit: GradientLimit
  readonly seen: number[] = []

  constructor(max = 1000) {
    this.limit = new GradientLimit(SETTINGS, max, this.nowMs)
  }

  /** @param tookMs how long calls take with so many beside them */
  run(seconds: number, tookMs: (inFlight: number) => number): void {
    const until = this.nowMs + seconds * 1000
    while (this.nowMs < until) {
      const inFlight = this.limit.limit
      const took = tookMs(inFlight)
      this.nowMs += took / inFlight
      this.limit.sample(took, this.nowMs)
      this.seen.push(this.limit.limit)
    }
  }
}

/** Takes 50 calls at a time; more of them queue. */
const fifty = (inFlight: number): number => 10 * Math.max(1, inFlight / 50)

describe('the limit learnt from how long calls take', () => {
  test('grows to the greatest while nothing queues', () => {
    const upstream = new Loaded(200)
    upstream.run(5, () => 10)
    expect(upstream.limit.limit).toBe(200)
  })

  test('settles a little above what the upstream takes at one time, and stays there over probes', () => {
    const upstream = new Loaded()
    upstream.run(300, fifty)
    const settled = upstream.seen.slice(-20_000)
    expect(Math.max(...settled)).toBeLessThan(120)
    expect(settled.filter((limit) => limit >= 40).length).toBeGreaterThan(0.9 * settled.length)
  })

  test('falls when the upstream takes less, and comes back', () => {
    const upstream = new Loaded()
    upstream.run(30, fifty)
    upstream.run(20, (inFlight) => 10 * Math.max(1, inFlight / 12))
    expect(upstream.limit.limit).toBeLessThan(40)
    upstream.run(30, fifty)
    expect(upstream.limit.limit).toBeGreaterThanOrEqual(40)
  })

  test('is never below the least, nor above the greatest', () => {
    const upstream = new Loaded(30)
    upstream.run(10, () => 10)
    upstream.run(10, () => 5000)
    upstream.run(10, () => 1)
    expect(Math.min(...new Set(upstream.seen))).toBeGreaterThanOrEqual(10)
    expect(Math.max(...new Set(upstream.seen))).toBeLessThanOrEqual(30)
  })

  test('while it probes, calls that began before do not count', () => {
    const limit = new GradientLimit(SETTINGS, 100, 1000)
    for (let i = 0; i < 200; i++) limit.sample(5000, 1500)
    expect(limit.limit).toBe(10)
    for (let i = 0; i < 50; i++) limit.sample(10, 1500)
    for (let i = 0; i < 50; i++) limit.sample(10, 1600 + i)
    expect(limit.limit).toBeGreaterThan(10)
  })

  test('a greatest below the least holds', () => {
    const upstream = new Loaded(4)
    upstream.run(5, () => 10)
    expect(new Set(upstream.seen)).toEqual(new Set([4]))
  })
})
