import { beforeEach, describe, expect, test } from '@jest/globals'
import {
  EventLoopDelay,
  PRIORITIES,
  Shedder,
  type LoopClock,
  type Priority,
} from '../../src/policies/shedding/index.js'

/* Load shedding by a clock that is not a clock: what is refused at which delay of the event loop. */

/** Timers run when `idle` or `block` get to them: late, where the loop was busy. */
class FakeLoop implements LoopClock {
  #now = 0
  #timers: { readonly due: number; readonly listener: () => void }[] = []

  now(): number {
    return this.#now
  }

  later(listener: () => void, ms: number): void {
    this.#timers.push({ due: this.#now + ms, listener })
  }

  get pending(): number {
    return this.#timers.length
  }

  /** The loop has nothing to do: timers run when they are due. */
  idle(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = this.#timers.find(({ due }) => due <= end)
      if (next === undefined) break
      this.#now = Math.max(this.#now, next.due)
      this.#run()
    }
    this.#now = end
  }

  /** The loop is busy so long, and gets to timers after that. */
  block(ms: number): void {
    this.#now += ms
    this.#run()
  }

  #run(): void {
    const due = this.#timers.filter((timer) => timer.due <= this.#now)
    this.#timers = this.#timers.filter((timer) => timer.due > this.#now)
    for (const { listener } of due) listener()
  }
}

const BOUND = 100
let loop: FakeLoop
let delay: EventLoopDelay
let shedder: Shedder
beforeEach(() => {
  loop = new FakeLoop()
  delay = new EventLoopDelay(loop)
  shedder = new Shedder(BOUND, delay)
})

const ask = (priority: Priority) => shedder.refusalOf(PRIORITIES.indexOf(priority))

/** How many of a hundred requests of each priority are refused. */
function refused(): Record<Priority, number> {
  const counts = { low: 0, normal: 0, high: 0 }
  for (let i = 0; i < 100; i++) for (const priority of PRIORITIES) if (ask(priority) !== undefined) counts[priority]++
  return counts
}

/** Steps of the loop of so long each. */
function busy(stepMs: number, steps: number): void {
  for (let i = 0; i < steps; i++) {
    ask('high')
    loop.block(stepMs)
  }
}

/** Until the pressure is so high, or a hundred steps have passed. */
function busyUntil(stepMs: number, pressure: number): void {
  for (let i = 0; i < 100 && shedder.pressure < pressure; i++) busy(stepMs, 1)
}

describe('what is refused', () => {
  test('nothing while the event loop is in time', () => {
    ask('low')
    loop.idle(5000)
    expect(refused()).toEqual({ low: 0, normal: 0, high: 0 })
  })

  test('nothing at a delay below the bound, however long it lasts', () => {
    busy(BOUND, 500)
    expect(refused()).toEqual({ low: 0, normal: 0, high: 0 })
  })

  test('nothing after one pause, however long it was', () => {
    ask('low')
    loop.block(5000)
    expect(refused()).toEqual({ low: 0, normal: 0, high: 0 })
    loop.idle(1000)
    expect(shedder.pressure).toBe(0)
  })

  test('low first: some, then all; then normal, then high', () => {
    const seen: Record<Priority, number>[] = []
    for (const pressure of [0.4, 1, 1.4, 2, 2.4]) {
      busyUntil(150, pressure)
      seen.push(refused())
    }
    const some = expect.any(Number)
    expect(seen).toEqual([
      { low: some, normal: 0, high: 0 },
      { low: 100, normal: some, high: 0 },
      { low: 100, normal: some, high: 0 },
      { low: 100, normal: 100, high: some },
      { low: 100, normal: 100, high: some },
    ])
    expect(seen[0]!.low).toBeGreaterThanOrEqual(40)
    expect(seen[0]!.low).toBeLessThan(80)
    expect(seen[2]!.normal).toBeGreaterThan(seen[1]!.normal)
  })

  test('of the highest a tenth goes, whatever the delay: else nobody would know when it is over', () => {
    busy(10_000, 100)
    expect(refused()).toEqual({ low: 100, normal: 100, high: 90 })
  })

  test('the longer the delay, the sooner', () => {
    const timeUntilLowIsRefused = (stepMs: number): number => {
      loop = new FakeLoop()
      shedder = new Shedder(BOUND, new EventLoopDelay(loop))
      busyUntil(stepMs, 1)
      return loop.now()
    }
    expect(timeUntilLowIsRefused(130)).toBeLessThan(2000)
    expect(timeUntilLowIsRefused(250)).toBeLessThan(timeUntilLowIsRefused(130))
    // Not before the second time.
    expect(timeUntilLowIsRefused(3000)).toBe(6000)
  })

  test('between half of the bound and the bound nothing changes', () => {
    busyUntil(200, 0.5)
    const { pressure } = shedder
    busy(90, 50)
    expect(shedder.pressure).toBe(pressure)
  })

  test('once it is in time again, all are served after a second for each priority', () => {
    busy(1000, 20)
    for (const priority of ['high', 'normal', 'low'] as const) {
      loop.idle(1200)
      expect(refused()[priority]).toBe(0)
    }
  })
})

test('a refusal says why, and how long it takes at least', () => {
  busy(1000, 20)
  const told = PRIORITIES.map((priority) => {
    // Of the highest a tenth goes.
    const refusal = ask(priority) ?? ask(priority)
    return [refusal?.httpStatus, refusal?.reason, refusal?.headers]
  })
  expect(told).toEqual([
    [503, 'GATEWAY_OVERLOADED', ['retry-after', '3']],
    [503, 'GATEWAY_OVERLOADED', ['retry-after', '2']],
    [503, 'GATEWAY_OVERLOADED', ['retry-after', '1']],
  ])
})

test('under more load than can be served it settles where the rest is served in time', () => {
  // Each step serves what came in the step before; a request takes 1 ms, a refusal a tenth. Twice as many come as can be served.
  let waiting: Priority[] = []
  const served = { low: 0, normal: 0, high: 0 }
  const steps: number[] = []
  let owed = 0
  for (let i = 0; loop.now() < 60_000; i++) {
    let took = 0
    for (const priority of waiting) {
      const isServed = ask(priority) === undefined
      took += isServed ? 1 : 0.1
      if (isServed && loop.now() > 30_000) served[priority]++
    }
    const step = Math.max(1, took)
    loop.block(step)
    if (loop.now() > 30_000) steps.push(step)
    owed += step * 2
    const count = Math.min(2000, Math.floor(owed))
    owed -= Math.floor(owed)
    waiting = Array.from({ length: count }, (_, at) => PRIORITIES[(i + at) % 3]!)
  }
  const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length
  expect(mean).toBeLessThan(2 * BOUND)
  // A third of what comes is high, and all of that can be served; low cannot be.
  expect(served.high).toBeGreaterThan(15_000)
  expect(served.high).toBeGreaterThanOrEqual(served.normal)
  expect(served.normal).toBeGreaterThan(served.low)
})

test('nothing is measured before somebody asks, nor long after', () => {
  loop.idle(1000)
  expect([delay.isMeasuring, loop.pending]).toEqual([false, 0])
  ask('low')
  expect([delay.isMeasuring, loop.pending]).toEqual([true, 1])
  loop.idle(60_000)
  expect([delay.isMeasuring, loop.pending]).toEqual([false, 0])
  ask('low')
  expect(delay.isMeasuring).toBe(true)
})
