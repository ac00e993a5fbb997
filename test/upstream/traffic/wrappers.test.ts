import { describe, expect, test } from '@jest/globals'
import { falling, faulting, mirroring, type CallStatus } from '../../../src/upstream/index.js'
import { local, peer } from '../../support/fake-transport.js'
import { FakeClock, outcome, ScriptedCalls } from '../../support/scripted-calls.js'

const MESSAGE = Uint8Array.of(1)
const options = (clock = new FakeClock()) => ({ path: '/a.B/C', metadata: [], deadlineMs: clock.nowMs + 1000 })
const tick = (): Promise<void> => new Promise(setImmediate)

describe('fallback', () => {
  function begin(canServe: boolean) {
    const [first, second] = [new ScriptedCalls(), new ScriptedCalls()]
    const { onEnd, ends } = outcome()
    const call = falling(first.call, second.call, () => canServe)(options(), MESSAGE, onEnd)
    return { first, second, ends, call }
  }

  test('while the first can serve, it is called alone', () => {
    const { first, second, ends } = begin(true)
    first.last.end(peer(0))
    expect([second.attempts.length, ends.length]).toEqual([0, 1])
  })

  test('while it cannot, the second is', () => {
    const { first, second } = begin(false)
    expect([first.attempts.length, second.attempts.length]).toEqual([0, 1])
  })

  test.each<{ what: string; status: CallStatus; falls: boolean }>([
    { what: 'the call never left', status: local(14, '', true), falls: true },
    { what: 'the connection was lost', status: local(14), falls: false },
    { what: 'the server says UNAVAILABLE', status: peer(14), falls: false },
    { what: 'a breaker refused it', status: { ...local(14, '', true), isRefused: true }, falls: false },
    { what: 'its time is over', status: local(4, '', true), falls: false },
    { what: 'the caller left', status: local(1, '', true), falls: false },
  ])('when $what: $falls', ({ status, falls }) => {
    const { first, second, ends } = begin(true)
    first.last.end(status)
    expect(second.attempts).toHaveLength(falls ? 1 : 0)
    expect(ends).toHaveLength(falls ? 0 : 1)
    if (!falls) return
    second.last.end(peer(5), { endpoint: '10.0.0.9:1' })
    expect(ends.map(([result, endpoint]) => [result.status.code, endpoint?.address])).toEqual([[5, '10.0.0.9:1']])
  })

  test('a caller that leaves is not called for any more', async () => {
    const { first, second, call, ends } = begin(true)
    call.cancel()
    await tick()
    expect(first.last.isCancelled).toBe(true)
    expect([second.attempts.length, ends.length]).toEqual([0, 1])
  })

  test('a caller that leaves the second cancels it, and its place is known meanwhile', async () => {
    const { first, second, call } = begin(true)
    first.last.end(local(14, '', true))
    second.last.endpoint = '10.0.0.9:1'
    expect(call.endpoint?.address).toBe('10.0.0.9:1')
    call.cancel()
    await tick()
    expect(second.last.isCancelled).toBe(true)
  })
})

describe('mirror', () => {
  function mirrored(share: number, maxConcurrent: number, chance = 0.5) {
    const [main, shadow] = [new ScriptedCalls(), new ScriptedCalls()]
    const call = mirroring(main.call, shadow.call, { share, maxConcurrent }, () => chance)
    return { main, shadow, begin: (onEnd = outcome().onEnd) => call(options(), MESSAGE, onEnd) }
  }

  test('the caller gets the answer of the upstream alone, whatever the shadow does', async () => {
    const { main, shadow, begin } = mirrored(1, 10)
    const { onEnd, ends } = outcome()
    begin(onEnd)
    expect(shadow.last.message).toEqual(MESSAGE)
    shadow.last.end(peer(13))
    expect(ends).toHaveLength(0)
    main.last.end(peer(0))
    await tick()
    expect(ends.map(([{ status }]) => status.code)).toEqual([0])
  })

  test('a caller that leaves does not take the copy away', async () => {
    const { main, shadow, begin } = mirrored(1, 10)
    begin().cancel()
    await tick()
    expect([main.last.isCancelled, shadow.last.isCancelled]).toEqual([true, false])
  })

  test.each([
    { share: 0.1, chance: 0.09, copies: 1 },
    { share: 0.1, chance: 0.1, copies: 0 },
    { share: 0, chance: 0, copies: 0 },
    { share: 1, chance: 0.999, copies: 1 },
  ])('a share of $share where chance says $chance: $copies', ({ share, chance, copies }) => {
    const { shadow, begin } = mirrored(share, 10, chance)
    begin()
    expect(shadow.attempts).toHaveLength(copies)
  })

  test('no more copies than there may be are under way', () => {
    const { main, shadow, begin } = mirrored(1, 2)
    for (let i = 0; i < 5; i++) begin()
    expect([main.attempts.length, shadow.attempts.length]).toEqual([5, 2])
    shadow.attempts[0]!.end(peer(14))
    begin()
    begin()
    expect(shadow.attempts).toHaveLength(3)
  })
})

describe('fault', () => {
  function faulty(settings: Partial<Parameters<typeof faulting>[1]>, chance = 0.5) {
    const calls = new ScriptedCalls()
    const clock = new FakeClock()
    clock.chance = chance
    const { onEnd, ends } = outcome()
    const call = faulting(calls.call, { delay: undefined, abort: undefined, ...settings }, clock)
    return { calls, clock, ends, begin: () => call(options(clock), MESSAGE, onEnd) }
  }

  test('abort: the status, as if the upstream had sent it, which is not called', async () => {
    const { calls, ends, begin } = faulty({ abort: { code: 8, share: 1 } })
    begin()
    expect(ends).toHaveLength(0)
    await tick()
    expect(ends.map(([{ status }]) => [status.code, status.origin])).toEqual([[8, 'peer']])
    expect(calls.attempts).toHaveLength(0)
  })

  test('delay: the call goes later', () => {
    const { calls, clock, begin } = faulty({ delay: { ms: 200, share: 1 } })
    begin()
    clock.advance(199)
    expect(calls.attempts).toHaveLength(0)
    clock.advance(1)
    expect(calls.last.options.deadlineMs).toBe(clock.nowMs + 800)
  })

  test('delay and abort: first the one, then the other', async () => {
    const { calls, clock, ends, begin } = faulty({ delay: { ms: 200, share: 1 }, abort: { code: 14, share: 1 } })
    begin()
    await tick()
    expect(ends).toHaveLength(0)
    clock.advance(200)
    await tick()
    expect(ends.map(([{ status }]) => status.code)).toEqual([14])
    expect(calls.attempts).toHaveLength(0)
  })

  test('a delay beyond the deadline: DEADLINE_EXCEEDED, when that passes', () => {
    const { calls, clock, ends, begin } = faulty({ delay: { ms: 5000, share: 1 } })
    begin()
    clock.advance(999)
    expect(ends).toHaveLength(0)
    clock.advance(1)
    expect(ends.map(([{ status }]) => [status.code, status.origin])).toEqual([[4, 'local']])
    clock.advance(10_000)
    expect(calls.attempts).toHaveLength(0)
  })

  test.each([
    { share: 0.1, chance: 0.09, isInjected: true },
    { share: 0.1, chance: 0.1, isInjected: false },
    { share: 0, chance: 0, isInjected: false },
  ])('a share of $share where chance says $chance: $isInjected', async ({ share, chance, isInjected }) => {
    const { calls, begin } = faulty({ abort: { code: 14, share } }, chance)
    begin()
    await tick()
    expect(calls.attempts).toHaveLength(isInjected ? 0 : 1)
  })

  test('a caller that leaves during a delay: CANCELLED, and no call', async () => {
    const { calls, clock, ends, begin } = faulty({ delay: { ms: 200, share: 1 } })
    const call = begin()
    call.cancel()
    call.cancel()
    await tick()
    clock.advance(1000)
    expect(ends.map(([{ status }]) => status.code)).toEqual([1])
    expect(calls.attempts).toHaveLength(0)
  })

  test('a caller that leaves after a delay cancels the call', async () => {
    const { calls, clock, begin } = faulty({ delay: { ms: 200, share: 1 } })
    const call = begin()
    clock.advance(200)
    call.cancel()
    await tick()
    expect(calls.last.isCancelled).toBe(true)
  })
})
