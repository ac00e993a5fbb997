import { beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { OutlierDetector, OutlierRecord, type OutlierOptions } from '../../src/upstream/outlier/index.js'
import { outcomeOf } from '../../src/upstream/outlier/outcome.js'
import type { CallStatus } from '../../src/upstream/index.js'
import { local, peer } from '../support/fake-transport.js'
import { FakeClock } from '../support/scripted-agent.js'

const OPTIONS: OutlierOptions = {
  consecutiveErrors: 5,
  intervalMs: 10_000,
  baseEjectionMs: 30_000,
  maxEjectionMs: 300_000,
  maxEjectedPercent: 50,
}
const BUSY = peer(14, 'busy')
const FINE = peer(0, 'OK')

let clock: FakeClock
beforeEach(() => {
  clock = new FakeClock()
})

/** A detector and the records of so many endpoints. */
function world(count: number, options: Partial<OutlierOptions> = {}) {
  const changes: string[] = []
  const records = Array.from({ length: count }, (_, at) => {
    const record: OutlierRecord = new OutlierRecord(({ isEjected }) => changes.push(`${isEjected ? '-' : '+'}${at}`))
    return record
  })
  const { now, setTimer } = clock
  const detector = new OutlierDetector({ ...OPTIONS, ...options }, { now, setTimer, endpointCount: () => count })
  const report = (at: number, status: CallStatus, times = 1): void => {
    for (let n = 0; n < times; n++) detector.report(records[at]!, status, true, false)
  }
  return { detector, records, changes, report }
}

describe('what counts as an error', () => {
  test.each([
    { row: 'OK', status: FINE, outcome: 'success' },
    { row: 'a server’s UNAVAILABLE', status: BUSY, outcome: 'error' },
    { row: 'a server’s INTERNAL: it works, that method does not', status: peer(13), outcome: 'success' },
    { row: 'a server’s UNKNOWN', status: peer(2), outcome: 'success' },
    { row: 'a server’s NOT_FOUND', status: peer(5), outcome: 'success' },
    { row: 'a server’s RESOURCE_EXHAUSTED', status: peer(8), outcome: 'success' },
    { row: 'a server’s DEADLINE_EXCEEDED: who tells first is chance', status: peer(4), outcome: 'none' },
    { row: 'a connection lost', status: local(14, 'lost'), outcome: 'error' },
    { row: 'refused unprocessed on a connection that works', status: local(14, 'refused', true), outcome: 'none' },
    { row: 'a broken answer', status: local(13, 'no grpc-status'), outcome: 'error' },
    { row: 'a message that could not be sent', status: local(13, 'bad metadata', true), outcome: 'none' },
    { row: 'an expired try', status: local(4), outcome: 'error' },
    { row: 'we left', status: local(1), outcome: 'none' },
  ])('$row: $outcome', ({ status, outcome }) => {
    expect(outcomeOf(status, true, false)).toBe(outcome)
  })

  test('a connection that cannot be made: error', () => {
    expect(outcomeOf(local(14, 'no connection', true), false, false)).toBe('error')
  })

  test('a deadline the client wished for says nothing', () => {
    expect(outcomeOf(local(4), true, true)).toBe('none')
    expect(outcomeOf(BUSY, true, true)).toBe('error')
  })
})

describe('ejection', () => {
  test('consecutiveErrors acts at once, with the last of them', () => {
    const { records, changes, report } = world(2)
    report(0, BUSY, 4)
    expect(changes).toEqual([])
    report(0, BUSY)
    expect(changes).toEqual(['-0'])
    expect(records[0]).toMatchObject({ isEjected: true, ejections: 1, lastError: 'UNAVAILABLE: busy' })
    expect(records[1]).toMatchObject({ isEjected: false, ejections: 0 })
  })

  test('a success resets; what says nothing does not', () => {
    const { records, changes, report } = world(2)
    report(0, BUSY, 4)
    report(0, FINE)
    expect(records[0]!.lastError).toBeUndefined()
    report(0, BUSY, 4)
    report(0, local(1))
    expect(changes).toEqual([])
    report(0, BUSY)
    expect(changes).toEqual(['-0'])
  })

  test('back after the base time, with nothing against it', () => {
    const { records, changes, report } = world(2)
    report(0, BUSY, 5)
    clock.pass(29_999)
    expect(records[0]!.isEjected).toBe(true)
    clock.pass(1)
    expect(changes).toEqual(['-0', '+0'])
    expect(records[0]).toMatchObject({ isEjected: false, ejections: 1 })
    report(0, BUSY, 4)
    expect(records[0]!.isEjected).toBe(false)
  })

  test('errors and successes while it is out neither prolong nor shorten', () => {
    const { records, changes, report } = world(2)
    report(0, BUSY, 5)
    clock.pass(15_000)
    report(0, BUSY, 20)
    report(0, FINE)
    expect(records[0]!.ejections).toBe(1)
    clock.pass(15_000)
    expect(changes).toEqual(['-0', '+0'])
  })

  test('time = base × times ejected, at most maxEjection', () => {
    const { records, report } = world(2)
    const times: number[] = []
    for (let n = 0; n < 12; n++) {
      report(0, BUSY, 5)
      times.push(records[0]!.ejectionMs / 1000)
      clock.pass(records[0]!.ejectionMs)
    }
    expect(times).toEqual([30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300])
    expect(records[0]!.ejections).toBe(12)
  })

  test('a base above maxEjection is the time (gRFC A50)', () => {
    const { records, report } = world(2, { baseEjectionMs: 60_000, maxEjectionMs: 10_000 })
    report(0, BUSY, 5)
    expect(records[0]!.ejectionMs).toBe(60_000)
  })

  test.each([
    { row: 'less than an interval', waitMs: 9_999, nextMs: 120_000 },
    { row: 'one interval', waitMs: 10_000, nextMs: 90_000 },
    { row: 'two intervals', waitMs: 20_000, nextMs: 60_000 },
    { row: 'three', waitMs: 30_000, nextMs: 30_000 },
    { row: 'many', waitMs: 3_600_000, nextMs: 30_000 },
  ])('each interval without an ejection makes the next shorter: $row', ({ waitMs, nextMs }) => {
    const { records, report } = world(2)
    for (let n = 0; n < 3; n++) {
      report(0, BUSY, 5)
      clock.pass(records[0]!.ejectionMs)
    }
    clock.pass(waitMs)
    report(0, BUSY, 5)
    expect(records[0]!.ejectionMs).toBe(nextMs)
  })

  test.each([
    { row: 'half of four', count: 4, percent: 50, allowed: 2 },
    { row: 'half of three: never more than the share', count: 3, percent: 50, allowed: 1 },
    { row: 'half of one: at least one', count: 1, percent: 50, allowed: 1 },
    { row: 'a tenth of five: at least one', count: 5, percent: 10, allowed: 1 },
    { row: 'all of three', count: 3, percent: 100, allowed: 3 },
    { row: '0: none, ever', count: 3, percent: 0, allowed: 0 },
  ])('share: $row', ({ count, percent, allowed }) => {
    const { records, report } = world(count, { maxEjectedPercent: percent })
    for (let at = 0; at < count; at++) report(at, BUSY, 10)
    expect(records.filter(({ isEjected }) => isEjected)).toHaveLength(allowed)
  })

  test('one that may not be ejected is, with its next error, once another is back or gone', () => {
    const { detector, records, changes, report } = world(2)
    report(0, BUSY, 5)
    report(1, BUSY, 7)
    expect(changes).toEqual(['-0'])
    clock.pass(30_000)
    report(1, BUSY)
    expect(changes).toEqual(['-0', '+0', '-1'])
    detector.forget(records[1]!)
    report(0, BUSY, 5)
    expect(changes).toEqual(['-0', '+0', '-1', '-0'])
  })

  test('forgetting an endpoint leaves no timer behind', () => {
    const { detector, records, report } = world(1)
    report(0, BUSY, 5)
    detector.forget(records[0]!)
    expect(clock.due).toEqual([])
  })

  test('never more than the share, whatever happens', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 0, max: 100 }),
        fc.array(fc.tuple(fc.nat(7), fc.constantFrom('fail', 'fine', 'wait'))),
        (count, percent, steps) => {
          clock = new FakeClock()
          const { records, report } = world(count, { maxEjectedPercent: percent, consecutiveErrors: 1 })
          const allowed = percent === 0 ? 0 : Math.max(1, Math.floor((count * percent) / 100))
          for (const [at, step] of steps) {
            if (step === 'wait') clock.pass(17_000)
            else report(at % count, step === 'fail' ? BUSY : FINE)
            const ejected = records.filter(({ isEjected }) => isEjected).length
            expect(ejected).toBeLessThanOrEqual(allowed)
            expect(clock.due).toHaveLength(ejected)
          }
        },
      ),
    )
  })
})
