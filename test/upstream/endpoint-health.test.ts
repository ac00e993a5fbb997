import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createUpstream, type Upstream, type UpstreamOptions } from '../../src/upstream/index.js'
import { RecordedStream, unary } from '../support/calls.js'
import { FakeTransport, local, peer, type FakeConnection } from '../support/fake-transport.js'
import { FakeClock } from '../support/scripted-agent.js'
import { CONNECTION } from './contract/context.js'

/* An upstream's endpoints, their connections, health checks and ejections, with a transport that does as told. */

const SERVING = [8, 1]
const NOT_SERVING = [8, 2]
const HEALTH = { service: '', intervalMs: 5000, timeoutMs: 1000 }
const OUTLIER = {
  consecutiveErrors: 3,
  intervalMs: 10_000,
  baseEjectionMs: 30_000,
  maxEjectionMs: 300_000,
  maxEjectedPercent: 50,
}

let clock: FakeClock
let transport: FakeTransport
let upstream: Upstream
let notes: string[]
/** Tells the upstream another set of endpoints. */
let resolve: (...hosts: string[]) => Promise<void>

beforeEach(() => {
  clock = new FakeClock()
  // Deadlines of calls are real.
  clock.time = Date.now()
  transport = new FakeTransport()
  notes = []
})
afterEach(() => upstream.close())

/** An upstream whose endpoints a, b … are known. */
async function start(hosts: string[], options: Partial<UpstreamOptions> = {}): Promise<void> {
  let answer: (records: { address: string; ttl: number }[]) => void = () => undefined
  upstream = createUpstream(
    { name: 'u', target: 'dns:///svc:1', connection: CONNECTION, eager: false, transport, ...options },
    {
      now: clock.now,
      setTimer: clock.setTimer,
      random: () => 0,
      onNote: (note) => notes.push(note),
      nameServer: () => ({
        resolve4: () => new Promise((done) => (answer = done)),
        resolve6: () => Promise.reject(Object.assign(new Error(), { code: 'ENODATA' })),
        resolveSrv: () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })),
        lookup: () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })),
        cancel: () => undefined,
      }),
    },
  )
  resolve = async (...addresses) => {
    answer(addresses.map((host) => ({ address: addressOf(host), ttl: 30 })))
    await turn()
  }
  await resolve(...hosts)
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done))
/** Endpoint a is 127.0.0.1, b 127.0.0.2 … */
const addressOf = (host: string): string => `127.0.0.${host.charCodeAt(0) - 96}`
const at = (host: string): FakeConnection => transport.connections.get(`${addressOf(host)}:1`)!
const states = (): string[] => upstream.endpoints().map(({ state }) => state)
/** Calls the application made, not health checks. */
const callsOn = (host: string) => at(host).calls.filter(({ options }) => options.isBackground !== true)
const watch = (host: string) =>
  at(host)
    .calls.filter(({ options }) => options.isBackground === true)
    .at(-1)!

function ready(...hosts: string[]): void {
  for (const host of hosts) at(host).become('READY')
}

/** Sends calls one by one; each ends as its endpoint says. */
async function send(count: number, statusOf: (host: string) => ReturnType<typeof peer>): Promise<string[]> {
  const hosts: string[] = []
  for (let n = 0; n < count; n++) {
    const result = unary(upstream, '/a.B/C')
    const host = ['a', 'b', 'c', 'd'].find(
      (name) => transport.connections.has(`${addressOf(name)}:1`) && callsOn(name).some(({ isOpen }) => isOpen),
    )!
    hosts.push(host)
    callsOn(host)
      .find(({ isOpen }) => isOpen)!
      .end(statusOf(host))
    await result
  }
  return hosts
}

describe('active health', () => {
  test('endpoints are connected at once, and CONNECTING until the health check has answered', async () => {
    await start(['a'], { health: HEALTH })
    expect(at('a').connects).toBe(1)
    expect(states()).toEqual(['CONNECTING'])
    ready('a')
    expect(states()).toEqual(['CONNECTING'])
    watch('a').answer(SERVING)
    expect(states()).toEqual(['READY'])
  })

  test('a call before the first answer waits for it, and goes where it may', async () => {
    await start(['a', 'b'], { health: HEALTH })
    const result = unary(upstream, '/a.B/C')
    const stream = new RecordedStream(upstream, '/a.B/D')
    stream.call.send(Buffer.from('x'))
    ready('a', 'b')
    expect([callsOn('a'), callsOn('b')]).toEqual([[], []])
    watch('a').answer(NOT_SERVING)
    expect([callsOn('a'), callsOn('b')]).toEqual([[], []])
    watch('b').answer(SERVING)
    expect(callsOn('a')).toEqual([])
    expect(callsOn('b').map(({ options }) => options.path)).toEqual(['/a.B/C', '/a.B/D'])
    for (const call of callsOn('b')) call.end(peer(0))
    await Promise.all([result, stream.ended])
  })

  test('the wait is bounded: connect time-out and health time-out, then UNAVAILABLE', async () => {
    await start(['a'], { health: HEALTH })
    const result = unary(upstream, '/a.B/C')
    clock.pass(CONNECTION.connectTimeoutMs + HEALTH.timeoutMs)
    expect((await result).status).toMatchObject({ code: 14, origin: 'local', isUnprocessed: true })
  })

  test('a call that waits for health can be cancelled', async () => {
    await start(['a'], { health: HEALTH })
    const stream = new RecordedStream(upstream, '/a.B/C')
    stream.call.cancel()
    expect(await stream.ended).toMatchObject({ code: 1 })
    ready('a')
    watch('a').answer(SERVING)
    expect(callsOn('a')).toEqual([])
    expect(stream.ends).toBe(1)
  })

  test('a stream sent again elsewhere waits there with what it had sent', async () => {
    await start(['a', 'b'], { health: HEALTH })
    ready('a')
    watch('a').answer(SERVING)
    const stream = new RecordedStream(upstream, '/a.B/C')
    stream.call.send(Buffer.from('1'))
    callsOn('a')[0]!.end(local(14, 'refused', true))
    stream.call.send(Buffer.from('2'))
    expect(callsOn('b')).toEqual([])
    ready('b')
    watch('b').answer(SERVING)
    stream.call.send(Buffer.from('3'))
    expect(callsOn('b')[0]!.sent.map(String)).toEqual(['1', '2', '3'].map((text) => String(Buffer.from(text))))
    callsOn('b')[0]!.end(peer(0))
    expect(await stream.ended).toMatchObject({ code: 0 })
  })

  test('refused everywhere while connections end in order: waits for the health check, and goes once more', async () => {
    await start(['a', 'b'], { health: HEALTH })
    ready('a', 'b')
    watch('a').answer(SERVING)
    watch('b').answer(SERVING)
    const result = unary(upstream, '/a.B/C')
    for (const host of ['a', 'b']) {
      at(host).become('IDLE')
      callsOn(host)[0]!.end(local(14, 'refused', true))
    }
    expect([...callsOn('a'), ...callsOn('b')].filter(({ isOpen }) => isOpen)).toEqual([])
    ready('a')
    watch('a').answer(SERVING)
    callsOn('a')[1]!.end(peer(0))
    expect((await result).status.code).toBe(0)
  })

  test('NOT_SERVING: UNHEALTHY, with the reason, and no call goes there until it is back', async () => {
    await start(['a', 'b'], { health: HEALTH })
    ready('a', 'b')
    watch('a').answer(SERVING)
    watch('b').answer(SERVING)
    watch('a').answer(NOT_SERVING)
    expect(upstream.endpoints()).toMatchObject([
      { state: 'UNHEALTHY', lastError: 'the health check says NOT_SERVING' },
      { state: 'READY', lastError: undefined },
    ])
    expect(await send(4, () => peer(0))).toEqual(['b', 'b', 'b', 'b'])
    watch('a').answer(SERVING)
    expect((await send(4, () => peer(0))).sort()).toEqual(['a', 'a', 'b', 'b'])
    expect(notes).toEqual([
      '127.0.0.1:1 is unhealthy: the health check says NOT_SERVING',
      '127.0.0.1:1 is healthy again',
    ])
  })

  test('a connection that is lost is made again without a call, and its health asked anew', async () => {
    await start(['a'], { health: HEALTH })
    ready('a')
    watch('a').answer(SERVING)
    const first = watch('a')
    at('a').become('IDLE')
    expect(first.isOpen).toBe(false)
    expect(states()).toEqual(['CONNECTING'])
    expect(at('a').connects).toBe(1)
    clock.pass(0)
    expect(at('a').connects).toBe(2)
    ready('a')
    watch('a').answer(SERVING)
    expect(states()).toEqual(['READY'])
  })

  test('down is down: TRANSIENT_FAILURE, not UNHEALTHY, and calls do not wait', async () => {
    await start(['a'], { health: HEALTH })
    at('a').become('TRANSIENT_FAILURE', 'ECONNREFUSED')
    expect(upstream.endpoints()).toMatchObject([{ state: 'TRANSIENT_FAILURE', lastError: 'ECONNREFUSED' }])
    const result = unary(upstream, '/a.B/C')
    callsOn('a')[0]!.end(local(14, 'no connection', true))
    expect((await result).status.code).toBe(14)
  })

  test('without a health service: healthy, said once for all endpoints', async () => {
    await start(['a', 'b'], { health: HEALTH })
    ready('a', 'b')
    for (const host of ['a', 'b']) {
      watch(host).end(peer(12))
      watch(host).end(peer(12))
    }
    expect(states()).toEqual(['READY', 'READY'])
    expect(notes).toEqual([expect.stringMatching(/^127\.0\.0\.1:1 has no grpc\.health\.v1\.Health: /)])
  })

  test('an endpoint that goes: its health check ends with it, its calls finish', async () => {
    await start(['a', 'b'], { health: HEALTH })
    ready('a', 'b')
    watch('a').answer(SERVING)
    watch('b').answer(SERVING)
    const check = watch('a')
    const result = unary(upstream, '/a.B/C')
    await pass30()
    await resolve('b')
    expect(check.isCancelled).toBe(true)
    expect(states()).toEqual(['READY', 'DRAINING'])
    callsOn('a')[0]!.end(peer(0))
    expect((await result).status.code).toBe(0)
    expect(states()).toEqual(['READY'])
  })

  test('closing leaves no timer and no call', async () => {
    await start(['a', 'b'], { health: HEALTH, outlier: OUTLIER })
    ready('a', 'b')
    watch('a').answer(SERVING)
    watch('b').end(peer(12))
    upstream.close()
    expect([...at('a').calls, ...at('b').calls].filter(({ isOpen }) => isOpen)).toEqual([])
    expect(clock.due).toEqual([])
  })
})

/** The next DNS question is asked. */
async function pass30(): Promise<void> {
  clock.pass(30_000)
  await turn()
}

describe('outlier ejection', () => {
  const failing = (bad: string) => (host: string) => (host === bad ? peer(14, 'busy') : peer(0))

  test('an endpoint that answers UNAVAILABLE is EJECTED, and comes back', async () => {
    await start(['a', 'b'], { outlier: OUTLIER })
    ready('a', 'b')
    expect((await send(6, failing('a'))).filter((host) => host === 'a')).toHaveLength(3)
    expect(upstream.endpoints()).toMatchObject([
      { state: 'EJECTED', ejections: 1, lastError: 'UNAVAILABLE: busy' },
      { state: 'READY', ejections: 0 },
    ])
    expect(await send(3, failing('a'))).toEqual(['b', 'b', 'b'])
    clock.pass(30_000)
    expect(upstream.endpoints()).toMatchObject([{ state: 'READY', ejections: 1 }, { state: 'READY' }])
    expect(new Set(await send(4, () => peer(0)))).toEqual(new Set(['a', 'b']))
    expect(upstream.endpoints()[0]!.lastError).toBeUndefined()
    expect(notes).toEqual([
      '127.0.0.1:1 is ejected for 30 s: 3 errors in a row, the last UNAVAILABLE: busy',
      '127.0.0.1:1 is back in the rotation',
    ])
  })

  test('what was counted survives an update that keeps the address', async () => {
    await start(['a', 'b'], { outlier: OUTLIER })
    ready('a', 'b')
    await send(4, failing('a'))
    await pass30()
    await resolve('b', 'a', 'c')
    ready('c')
    await send(6, failing('a'))
    const byAddress = new Map(upstream.endpoints().map((view) => [view.address, view]))
    expect(byAddress.get('127.0.0.1:1')).toMatchObject({ state: 'EJECTED', ejections: 1 })
    await pass30()
    await resolve('a', 'b')
    expect(upstream.endpoints()[0]).toMatchObject({ ejections: 1 })
  })

  test('an ejected endpoint that goes makes room for another', async () => {
    await start(['a', 'b'], { outlier: { ...OUTLIER, baseEjectionMs: 60_000 } })
    ready('a', 'b')
    await send(6, failing('a'))
    await pass30()
    expect(states()).toEqual(['EJECTED', 'READY'])
    await resolve('b', 'c')
    ready('c')
    await send(6, failing('b'))
    expect(states()).toEqual(['EJECTED', 'READY'])
  })

  test('connections that cannot be made count; a refusal on one that works does not', async () => {
    await start(['a'], { outlier: OUTLIER })
    ready('a')
    // Refused, and tried once more on the same endpoint: twice each.
    for (let n = 0; n < 3; n++) {
      const result = unary(upstream, '/a.B/C')
      for (let attempt = 0; attempt < 2; attempt++) {
        callsOn('a')
          .find(({ isOpen }) => isOpen)!
          .end(local(14, 'refused', true))
      }
      await result
    }
    expect(states()).toEqual(['READY'])
    at('a').become('TRANSIENT_FAILURE', 'ECONNREFUSED')
    await send(3, () => local(14, 'no connection', true))
    expect(upstream.endpoints()).toMatchObject([{ state: 'EJECTED', lastError: 'ECONNREFUSED' }])
  })

  test('a deadline the client wished for does not count, the route’s does', async () => {
    await start(['a', 'b'], { outlier: { ...OUTLIER, consecutiveErrors: 1 } })
    ready('a', 'b')
    for (const hasClientDeadline of [true, false]) {
      expect(states()).toEqual(['READY', 'READY'])
      const result = unary(upstream, '/a.B/C', '', { hasClientDeadline })
      for (const host of ['a', 'b']) for (const call of callsOn(host)) call.end(local(4))
      await result
    }
    expect(states().sort()).toEqual(['EJECTED', 'READY'])
  })
})

describe('discovery', () => {
  test.each([
    { row: 'told of the endpoints', answer: 'b' },
    { row: 'confirmed them', answer: 'a' },
  ])('resolvedAt is when it last $row', async ({ answer }) => {
    await start(['a'])
    const first = upstream.resolvedAt
    expect(first).toBe(new Date(clock.time).toISOString())
    await pass30()
    expect(upstream.resolvedAt).toBe(first)
    await resolve(answer)
    expect(upstream.resolvedAt).toBe(new Date(clock.time).toISOString())
  })
})
