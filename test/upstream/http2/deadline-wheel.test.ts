import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { DeadlineWheel, type WheelEntry } from '../../../src/upstream/transports/http2/deadline-wheel.js'

/** A clock that runs when told, with its timers. */
class Clock {
  time: number
  private timers: { dueMs: number; run: () => void; isCancelled: boolean }[] = []

  constructor(time: number) {
    this.time = time
  }

  readonly now = (): number => this.time

  readonly setTimer = (delayMs: number, run: () => void): { cancel(): void } => {
    const timer = { dueMs: this.time + delayMs, run, isCancelled: false }
    this.timers.push(timer)
    return { cancel: () => void (timer.isCancelled = true) }
  }

  get pending(): number {
    return this.timers.filter(({ isCancelled }) => !isCancelled).length
  }

  advanceTo(time: number): void {
    for (;;) {
      this.timers = this.timers.filter(({ isCancelled }) => !isCancelled)
      const next = this.timers.reduce<(typeof this.timers)[0] | undefined>(
        (first, timer) => (timer.dueMs <= time && (first === undefined || timer.dueMs < first.dueMs) ? timer : first),
        undefined,
      )
      if (next === undefined) break
      next.isCancelled = true
      this.time = Math.max(this.time, next.dueMs)
      next.run()
    }
    this.time = time
  }
}

class Entry implements WheelEntry {
  readonly deadlineMs: number
  wheelNext: WheelEntry | undefined
  wheelPrevious: WheelEntry | undefined
  wheelSlot = -1
  readonly firedAt: number[] = []
  private readonly clock: Clock

  constructor(clock: Clock, deadlineMs: number) {
    this.clock = clock
    this.deadlineMs = deadlineMs
  }

  onDeadline(): void {
    this.firedAt.push(this.clock.time)
  }
}

const START = 1_700_000_000_123

describe('the wheel of deadlines', () => {
  test('each is told once, not before its time and within two slots after it; what was removed never', () => {
    const calls = fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 60_000 }),
        lasts: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 50_000 })),
        endsAfter: fc.option(fc.integer({ min: 0, max: 50_000 }), { nil: undefined }),
      }),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(calls, (list) => {
        const clock = new Clock(START)
        const wheel = new DeadlineWheel(clock)
        const events: { at: number; run: () => void }[] = []
        const entries = list.map(({ at, lasts, endsAfter }) => {
          const entry = new Entry(clock, START + at + lasts)
          events.push({ at: START + at, run: () => wheel.add(entry) })
          const removedAt = endsAfter === undefined ? Infinity : START + at + endsAfter
          if (removedAt !== Infinity) events.push({ at: removedAt, run: () => wheel.remove(entry) })
          return { entry, removedAt }
        })
        for (const event of events.sort((a, b) => a.at - b.at)) {
          clock.advanceTo(event.at)
          event.run()
        }
        clock.advanceTo(START + 200_000)
        for (const { entry, removedAt } of entries) {
          // In the very millisecond, whichever comes first.
          if (removedAt < entry.deadlineMs) {
            expect(entry.firedAt).toEqual([])
          } else if (removedAt === Infinity || removedAt > entry.deadlineMs + 32) {
            expect(entry.firedAt).toHaveLength(1)
            expect(entry.firedAt[0]).toBeGreaterThanOrEqual(entry.deadlineMs)
            expect(entry.firedAt[0]).toBeLessThanOrEqual(entry.deadlineMs + 32)
          } else expect(entry.firedAt.length).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  test('calls that end in time set no timers of their own', () => {
    const clock = new Clock(START)
    const wheel = new DeadlineWheel(clock)
    for (let call = 0; call < 10_000; call++) {
      const entry = new Entry(clock, clock.time + 15_000)
      wheel.add(entry)
      clock.advanceTo(clock.time + 1)
      wheel.remove(entry)
      expect(clock.pending).toBeLessThanOrEqual(1)
    }
  })

  test('one that ends while another is told is not told', () => {
    const clock = new Clock(START)
    const wheel = new DeadlineWheel(clock)
    const second = new Entry(clock, START + 10)
    const first = new Entry(clock, START + 10)
    first.onDeadline = () => wheel.remove(second)
    second.onDeadline = () => wheel.remove(first)
    let told = 0
    for (const entry of [first, second]) {
      const end = entry.onDeadline
      entry.onDeadline = () => {
        told += 1
        end.call(entry)
      }
      wheel.add(entry)
    }
    clock.advanceTo(START + 100)
    expect(told).toBe(1)
  })

  test('a clock set back by an hour does not make new calls wait for it', () => {
    const clock = new Clock(START)
    const wheel = new DeadlineWheel(clock)
    wheel.add(new Entry(clock, START + 20_000))
    clock.time -= 3_600_000
    const entry = new Entry(clock, clock.time + 100)
    wheel.add(entry)
    clock.advanceTo(clock.time + 200)
    expect(entry.firedAt).toHaveLength(1)
  })

  test('a clock set forward by a day ends them all', () => {
    const clock = new Clock(START)
    const wheel = new DeadlineWheel(clock)
    const entries = [10, 5000, 40_000].map((ms) => new Entry(clock, START + ms))
    for (const entry of entries) wheel.add(entry)
    clock.time += 86_400_000
    clock.advanceTo(clock.time + 100)
    expect(entries.map(({ firedAt }) => firedAt.length)).toEqual([1, 1, 1])
  })
})
