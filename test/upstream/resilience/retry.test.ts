import { describe, expect, test } from '@jest/globals'
import { RetryBudget } from '../../../src/upstream/resilience/retry-budget.js'
import { retrying, type RetryOptions } from '../../../src/upstream/resilience/retry.js'
import type { RetrySettings } from '../../../src/upstream/resilience/types.js'
import type { CallOptions, CallStatus } from '../../../src/upstream/index.js'
import { local, peer } from '../../support/fake-transport.js'
import { FakeClock, outcome, ScriptedCalls } from '../../support/scripted-calls.js'

const UNAVAILABLE = 14
const SETTINGS: RetrySettings = {
  attempts: 3,
  on: new Set([UNAVAILABLE]),
  initialBackoffMs: 100,
  maxBackoffMs: 1000,
  budget: 1,
}
const MESSAGE = Uint8Array.of(1, 2, 3)

interface Begun {
  readonly calls: ScriptedCalls
  readonly clock: FakeClock
  readonly budget: RetryBudget
  readonly ends: ReturnType<typeof outcome>['ends']
  cancel(): void
}

function begin(
  options: Partial<RetryOptions> & { readonly settings?: RetrySettings } = {},
  more: Partial<CallOptions> = {},
): Begun {
  const calls = new ScriptedCalls()
  const clock = new FakeClock()
  const budget = new RetryBudget()
  // So that it is spent only where a test says so.
  for (let i = 0; i < 50; i++) budget.countCall(clock.nowMs)
  const { onEnd, ends } = outcome()
  const retried = retrying(
    calls.call,
    { settings: SETTINGS, isSafe: true, perTryTimeoutMs: undefined, budget, ...options },
    clock,
  )
  const callOptions = { path: '/a.B/C', metadata: ['x', 'y'], deadlineMs: clock.nowMs + 60_000, ...more }
  const call = retried(callOptions, MESSAGE, onEnd)
  return { calls, clock, budget, ends, cancel: () => call.cancel() }
}

describe('what is tried again', () => {
  const TIMED_OUT = local(4, 'the deadline passed')
  test.each<{ what: string; status: CallStatus; on?: number[]; isSafe?: boolean; again: boolean }>([
    { what: 'a status of `on`', status: peer(14), again: true },
    { what: 'a status that is not', status: peer(13), again: false },
    { what: 'another status of `on`', status: peer(8), on: [8, 10], again: true },
    { what: 'OK', status: peer(0), on: [0], again: false },
    { what: 'a connection lost', status: local(14), again: true },
    { what: 'a broken answer, with INTERNAL in `on`', status: local(13), on: [13], again: true },
    { what: 'a broken answer, without', status: local(13), again: false },
    { what: 'a cancelled call, whatever `on` says', status: local(1), on: [1], again: false },
    { what: 'a try that expired, with UNAVAILABLE in `on`', status: TIMED_OUT, on: [14], again: true },
    { what: 'a try that expired, with DEADLINE_EXCEEDED in `on`', status: TIMED_OUT, on: [4], again: true },
    { what: 'a try that expired, with neither', status: TIMED_OUT, on: [13], again: false },
    { what: 'the server’s own DEADLINE_EXCEEDED, with UNAVAILABLE in `on`', status: peer(4), on: [14], again: false },
    { what: 'unsafe: a status of `on`', status: peer(14), isSafe: false, again: false },
    { what: 'unsafe: a connection lost', status: local(14), isSafe: false, again: false },
    { what: 'unsafe: a try that expired', status: TIMED_OUT, isSafe: false, again: false },
    { what: 'unsafe: a call that never left', status: local(14, '', true), isSafe: false, again: true },
    { what: 'a call that never left, whatever `on` says', status: local(14, '', true), on: [8], again: true },
    { what: 'what a breaker refused', status: { ...local(14, '', true), isRefused: true }, again: false },
  ])('$what: $again', ({ status, on = [14], isSafe = true, again }) => {
    const { calls, clock, ends } = begin({ isSafe, settings: { ...SETTINGS, on: new Set(on) } })
    calls.last.end(status)
    clock.advance(1000)
    expect(calls.attempts).toHaveLength(again ? 2 : 1)
    expect(ends).toHaveLength(again ? 0 : 1)
  })
})

test('the request is sent again with what it had and the number of attempts before', () => {
  const { calls, clock, ends } = begin()
  calls.last.end(peer(14))
  clock.advance(1000)
  calls.last.end(peer(14))
  clock.advance(1000)
  calls.last.end(peer(0), { endpoint: '10.0.0.1:1' })
  expect(calls.attempts.map(({ options }) => options.metadata)).toEqual([
    ['x', 'y'],
    ['x', 'y', 'grpc-previous-rpc-attempts', '1'],
    ['x', 'y', 'grpc-previous-rpc-attempts', '2'],
  ])
  expect(calls.attempts.every(({ message }) => message === MESSAGE)).toBe(true)
  expect(ends.map(([result, endpoint]) => [result.message, endpoint?.address])).toEqual([
    [Uint8Array.of(2), '10.0.0.1:1'],
  ])
})

test('endpoints the call failed on are to be avoided', () => {
  const { calls, clock } = begin()
  calls.last.end(peer(14), { endpoint: '10.0.0.1:1' })
  clock.advance(1000)
  calls.last.end(peer(14), { endpoint: '10.0.0.2:1' })
  clock.advance(1000)
  expect(calls.attempts.map(({ options }) => options.avoid)).toEqual([
    undefined,
    ['10.0.0.1:1', '10.0.0.2:1'],
    ['10.0.0.1:1', '10.0.0.2:1'],
  ])
})

test('the last failure is told when attempts are used up', () => {
  const { calls, clock, ends } = begin()
  for (const message of ['first', 'second', 'third']) {
    calls.last.end(peer(14, message))
    clock.advance(2000)
  }
  expect(calls.attempts).toHaveLength(3)
  expect(ends.map(([{ status }]) => status.message)).toEqual(['third'])
})

describe('the pause', () => {
  test.each([
    { chance: 0, waits: [80, 160, 320, 640, 800, 800] },
    { chance: 0.5, waits: [100, 200, 400, 800, 1000, 1000] },
    { chance: 1, waits: [120, 240, 480, 960, 1200, 1200] },
  ])('doubles from initial to max, with a jitter of 0.8 to 1.2: $chance', ({ chance, waits }) => {
    const { calls, clock } = begin({ settings: { ...SETTINGS, attempts: 7 } })
    clock.chance = chance
    const seen = waits.map(() => {
      calls.last.end(peer(14))
      const [wait = NaN] = clock.waits
      clock.advance(wait)
      return Math.round(wait)
    })
    expect(seen).toEqual(waits)
  })

  test.each([
    { pushback: '0', waits: 0 },
    { pushback: '1234', waits: 1234 },
    { pushback: '-1', waits: undefined },
    { pushback: 'soon', waits: undefined },
    { pushback: '', waits: undefined },
    { pushback: '1.5', waits: undefined },
    { pushback: '2147483648', waits: undefined },
  ])('grpc-retry-pushback-ms: $pushback', ({ pushback, waits }) => {
    const { calls, clock, ends } = begin({}, { deadlineMs: Infinity })
    calls.last.end(peer(14), { trailers: ['a', 'b', 'grpc-retry-pushback-ms', pushback] })
    expect(clock.waits).toEqual(waits === undefined ? [] : [waits])
    expect(ends).toHaveLength(waits === undefined ? 1 : 0)
  })

  test('after a pushback it begins at initial again', () => {
    const { calls, clock } = begin({ settings: { ...SETTINGS, attempts: 5 } })
    for (const trailers of [[], ['grpc-retry-pushback-ms', '7'], []]) {
      calls.last.end(peer(14), { trailers })
      clock.advance(clock.waits[0]!)
    }
    expect(clock.nowMs).toBe(1_000_000 + 100 + 7 + 100)
  })
})

describe('the deadline of the call', () => {
  test('no attempt begins after it', () => {
    const { calls, clock, ends } = begin({}, { deadlineMs: 1_000_099 })
    calls.last.end(peer(14, 'as it was'))
    expect(clock.waits).toEqual([])
    expect(ends[0]![0].status.message).toBe('as it was')
  })

  test('is that of every attempt', () => {
    const { calls, clock } = begin({}, { deadlineMs: 1_000_500, hasClientDeadline: true })
    calls.last.end(peer(14))
    clock.advance(100)
    expect(calls.attempts.map(({ options }) => options.deadlineMs)).toEqual([1_000_500, 1_000_500])
    expect(calls.last.options.hasClientDeadline).toBe(true)
  })

  test('an attempt has its own time-out, as far as the deadline is later', () => {
    const { calls, clock } = begin({ perTryTimeoutMs: 300 }, { deadlineMs: 1_000_500, hasClientDeadline: true })
    clock.advance(300)
    calls.last.end(local(4))
    clock.advance(100)
    expect(calls.attempts.map(({ options }) => [options.deadlineMs, options.hasClientDeadline])).toEqual([
      [1_000_300, false],
      [1_000_500, true],
    ])
  })

  test('an attempt that ends as the deadline passes is the last', () => {
    const { calls, clock, ends } = begin({}, { deadlineMs: 1_000_200 })
    clock.advance(200)
    calls.last.end(local(4))
    expect(clock.waits).toEqual([])
    expect(ends).toHaveLength(1)
  })
})

describe('the budget', () => {
  test('where it is spent, the failure is told', () => {
    const budget = new RetryBudget(0)
    const { calls, clock, ends } = begin({ budget })
    calls.last.end(peer(14))
    expect([clock.waits.length, ends.length]).toEqual([0, 1])
  })

  test('a retry is under way from its pause to its end', () => {
    const { calls, clock, budget } = begin()
    calls.last.end(peer(14))
    expect(budget.inFlight).toBe(1)
    clock.advance(1000)
    expect(budget.inFlight).toBe(1)
    calls.last.end(peer(14))
    expect(budget.inFlight).toBe(1)
    clock.advance(1000)
    calls.last.end(peer(0))
    expect(budget.inFlight).toBe(0)
  })
})

describe('a caller that leaves', () => {
  test('while an attempt is under way: it is cancelled, and nothing is tried again', async () => {
    const { calls, clock, ends, cancel } = begin()
    cancel()
    await new Promise(setImmediate)
    expect(calls.last.isCancelled).toBe(true)
    clock.advance(10_000)
    expect(calls.attempts).toHaveLength(1)
    expect(ends.map(([{ status }]) => status.code)).toEqual([1])
  })

  test('during a pause: no attempt follows, and the budget has it back', async () => {
    const { calls, clock, ends, budget, cancel } = begin()
    calls.last.end(peer(14))
    cancel()
    cancel()
    expect(ends).toHaveLength(0)
    await new Promise(setImmediate)
    clock.advance(10_000)
    expect(calls.attempts).toHaveLength(1)
    expect(ends.map(([{ status }]) => status.code)).toEqual([1])
    expect(budget.inFlight).toBe(0)
  })

  test('as an attempt fails: it is not tried again', () => {
    const { calls, clock, ends, cancel } = begin()
    cancel()
    calls.last.end(peer(14))
    expect([clock.waits.length, ends.length]).toEqual([0, 1])
  })
})
