import { describe, expect, test } from '@jest/globals'
import { hedging } from '../../../src/upstream/resilience/hedge.js'
import { RetryBudget } from '../../../src/upstream/resilience/retry-budget.js'
import { retrying } from '../../../src/upstream/resilience/retry.js'
import type { HedgeSettings } from '../../../src/upstream/resilience/types.js'
import type { CallOptions, CallStatus } from '../../../src/upstream/index.js'
import { local, peer } from '../../support/fake-transport.js'
import { FakeClock, outcome, ScriptedCalls } from '../../support/scripted-calls.js'

const SETTINGS: HedgeSettings = { attempts: 3, delayMs: 50, on: new Set([14]), budget: 1 }
const MESSAGE = Uint8Array.of(1)
const tick = (): Promise<void> => new Promise(setImmediate)

function begin(settings: Partial<HedgeSettings> = {}, more: Partial<CallOptions> = {}, budget = new RetryBudget()) {
  const calls = new ScriptedCalls()
  const clock = new FakeClock()
  const { onEnd, ends } = outcome()
  // So that the budget is spent only where a test says so.
  for (let i = 0; i < 50; i++) budget.countCall(clock.nowMs)
  const hedged = hedging(calls.call, { settings: { ...SETTINGS, ...settings }, budget }, clock)
  const options = { path: '/a.B/C', metadata: ['x', 'y'], deadlineMs: clock.nowMs + 60_000, ...more }
  const call = hedged(options, MESSAGE, onEnd)
  const at = (index: number) => calls.attempts[index]!
  return { calls, clock, budget, ends, at, cancel: () => call.cancel() }
}

test('nothing more is sent where the answer comes within the delay', () => {
  const { calls, clock, ends, at } = begin()
  clock.advance(49)
  at(0).end(peer(0))
  clock.advance(10_000)
  expect(calls.attempts).toHaveLength(1)
  expect(ends).toHaveLength(1)
})

test('after each delay the next attempt goes, up to `attempts`, and each says how many went before', () => {
  const { calls, clock } = begin()
  clock.advance(50)
  expect(calls.attempts).toHaveLength(2)
  clock.advance(10_000)
  expect(calls.attempts.map(({ options }) => options.metadata.slice(2))).toEqual([
    [],
    ['grpc-previous-rpc-attempts', '1'],
    ['grpc-previous-rpc-attempts', '2'],
  ])
})

test('delay 0: all at once', () => {
  const { calls, clock } = begin({ delayMs: 0 })
  clock.advance(0)
  expect(calls.attempts).toHaveLength(3)
})

test('each goes elsewhere than those before it', () => {
  const { calls, clock, at } = begin()
  at(0).endpoint = '10.0.0.1:1'
  clock.advance(50)
  at(1).endpoint = '10.0.0.2:1'
  clock.advance(50)
  expect(calls.attempts.map(({ options }) => options.avoid)).toEqual([
    undefined,
    ['10.0.0.1:1'],
    ['10.0.0.1:1', '10.0.0.2:1'],
  ])
})

test.each([0, 1, 2])(
  'the first good answer wins, here that of attempt %d: the others are cancelled',
  async (winner) => {
    const { clock, ends, at, budget } = begin()
    clock.advance(100)
    at(winner).end(peer(0), { endpoint: `10.0.0.${winner}:1` })
    await tick()
    expect(ends.map(([result, endpoint]) => [result.message, endpoint?.address])).toEqual([
      [Uint8Array.of(winner), `10.0.0.${winner}:1`],
    ])
    for (const other of [0, 1, 2]) expect(at(other).isCancelled).toBe(other !== winner)
    expect(budget.inFlight).toBe(0)
    clock.advance(10_000)
  },
)

describe('an attempt that fails', () => {
  test.each<{ what: string; status: CallStatus; on?: number[]; goesOn: boolean }>([
    { what: 'with a status of `on`', status: peer(14), goesOn: true },
    { what: 'with another status', status: peer(5), goesOn: false },
    { what: 'because it never left', status: local(14, '', true), on: [8], goesOn: true },
    { what: 'because its connection is lost', status: local(14), goesOn: true },
    { what: 'because its time is over', status: local(4), goesOn: true },
    { what: 'because a breaker refuses it', status: { ...local(14, '', true), isRefused: true }, goesOn: false },
  ])('$what: the next goes at once: $goesOn', ({ status, on = [14], goesOn }) => {
    const { calls, ends, at } = begin({ on: new Set(on) })
    at(0).end(status)
    expect(calls.attempts).toHaveLength(goesOn ? 2 : 1)
    expect(ends).toHaveLength(goesOn ? 0 : 1)
  })

  test('fatally while others are under way ends the call, and cancels them', async () => {
    const { clock, ends, at } = begin()
    clock.advance(50)
    at(1).end(peer(7))
    await tick()
    expect(ends.map(([{ status }]) => status.code)).toEqual([7])
    expect(at(0).isCancelled).toBe(true)
  })

  test('as the last: the last failure is told', () => {
    const { clock, ends, at, calls } = begin()
    at(0).end(peer(14, 'first'))
    at(1).end(peer(14, 'second'))
    at(2).end(peer(14, 'third'))
    clock.advance(10_000)
    expect(calls.attempts).toHaveLength(3)
    expect(ends.map(([{ status }]) => status.message)).toEqual(['third'])
  })

  test('while others are under way: they have their chance', () => {
    const { clock, ends, at } = begin({ attempts: 2 })
    clock.advance(50)
    at(1).end(peer(14))
    expect(ends).toHaveLength(0)
    at(0).end(peer(0))
    expect(ends.map(([{ status }]) => status.code)).toEqual([0])
  })
})

test('an attempt that a breaker refuses leaves those under way their chance, and none follows', () => {
  const { calls, clock, ends, at } = begin()
  clock.advance(50)
  at(1).end({ ...local(14, '', true), isRefused: true })
  clock.advance(10_000)
  expect([calls.attempts.length, ends.length]).toEqual([2, 0])
  at(0).end(peer(0))
  expect(ends.map(([{ status }]) => status.code)).toEqual([0])
})

describe('grpc-retry-pushback-ms', () => {
  test('the next attempt goes then, the one after it after the delay', () => {
    const { calls, clock, at } = begin()
    at(0).end(peer(14), { trailers: ['grpc-retry-pushback-ms', '200'] })
    clock.advance(199)
    expect(calls.attempts).toHaveLength(1)
    clock.advance(1)
    expect(calls.attempts).toHaveLength(2)
    clock.advance(50)
    expect(calls.attempts).toHaveLength(3)
  })

  test('negative: none goes any more', () => {
    const { calls, clock, ends, at } = begin()
    clock.advance(50)
    at(0).end(peer(14), { trailers: ['grpc-retry-pushback-ms', '-1'] })
    clock.advance(10_000)
    expect(calls.attempts).toHaveLength(2)
    expect(ends).toHaveLength(0)
    at(1).end(peer(14, 'all'))
    expect(ends.map(([{ status }]) => status.message)).toEqual(['all'])
  })
})

test('without budget no attempt goes beside the first', () => {
  const { calls, clock, ends, at } = begin({}, {}, new RetryBudget(0))
  clock.advance(10_000)
  expect(calls.attempts).toHaveLength(1)
  at(0).end(peer(14))
  expect(ends).toHaveLength(1)
})

test('no attempt begins after the deadline', () => {
  const { calls, clock } = begin({}, { deadlineMs: 1_000_050 })
  clock.advance(10_000)
  expect(calls.attempts).toHaveLength(1)
})

test('a caller that leaves: every attempt is cancelled, none follows, and it is told once', async () => {
  const { calls, clock, ends, cancel, budget } = begin()
  clock.advance(50)
  cancel()
  cancel()
  await tick()
  clock.advance(10_000)
  expect(calls.attempts.map(({ isCancelled }) => isCancelled)).toEqual([true, true])
  expect(ends.map(([{ status }]) => status.code)).toEqual([1])
  expect(budget.inFlight).toBe(0)
})

test('retried: when all have failed they go again, and servers are told of all attempts', () => {
  const calls = new ScriptedCalls()
  const clock = new FakeClock()
  const budget = new RetryBudget()
  for (let i = 0; i < 50; i++) budget.countCall(clock.nowMs)
  const { onEnd, ends } = outcome()
  const hedged = hedging(calls.call, { settings: { ...SETTINGS, attempts: 2 }, budget }, clock)
  const settings = { attempts: 2, on: new Set([14]), initialBackoffMs: 10, maxBackoffMs: 10, budget: 1 }
  const call = retrying(hedged, { settings, isSafe: true, perTryTimeoutMs: undefined, budget }, clock)
  call({ path: '/a.B/C', metadata: ['x', 'y'], deadlineMs: Infinity }, MESSAGE, onEnd)
  calls.attempts[0]!.end(peer(14), { endpoint: '10.0.0.1:1' })
  calls.attempts[1]!.end(peer(14), { endpoint: '10.0.0.2:1' })
  clock.advance(10)
  calls.attempts[2]!.end(peer(14), { endpoint: '10.0.0.3:1' })
  calls.attempts[3]!.end(peer(0))
  expect(calls.attempts.map(({ options }) => options.metadata.slice(2))).toEqual([
    [],
    ['grpc-previous-rpc-attempts', '1'],
    ['grpc-previous-rpc-attempts', '1'],
    ['grpc-previous-rpc-attempts', '2'],
  ])
  expect(ends.map(([{ status }]) => status.code)).toEqual([0])
  expect(budget.inFlight).toBe(0)
})
