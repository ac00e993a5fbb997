import { afterEach, describe, expect, test } from '@jest/globals'
import { createUpstream, type CallStatus, type Upstream } from '../../../src/upstream/index.js'
import type { BreakerLimits } from '../../../src/upstream/resilience/breaker.js'
import { FakeTransport, peer } from '../../support/fake-transport.js'
import { outcome } from '../../support/scripted-calls.js'
import { CONNECTION } from '../contract/context.js'

const A = '127.0.0.1:1'
const LIMITS: BreakerLimits = { maxConcurrent: 100, maxPending: 1000, maxRetries: 3 }
const FULL = 'the upstream has as many calls under way as its breaker allows'
const QUEUE = 'as many calls wait for a connection to the upstream as its breaker allows'

const open: Upstream[] = []
afterEach(() => {
  for (const upstream of open.splice(0)) upstream.close()
})

function upstreamOf(breaker: Partial<BreakerLimits>, target = `static:///${A}`) {
  const transport = new FakeTransport()
  const upstream = createUpstream({
    name: 'test',
    target,
    connection: CONNECTION,
    eager: false,
    transport,
    breaker: { ...LIMITS, ...breaker },
  })
  open.push(upstream)
  return { upstream, transport, connection: () => transport.connections.get(A)! }
}

const tick = (): Promise<void> => new Promise(setImmediate)

/** Begins calls; the statuses of those that have ended. */
function call(upstream: Upstream, count: number): CallStatus[] {
  const ended: CallStatus[] = []
  for (let i = 0; i < count; i++) {
    const { onEnd } = outcome()
    upstream.unary({ path: '/a.B/C', metadata: [], deadlineMs: Infinity }, new Uint8Array(), (result, endpoint) => {
      ended.push(result.status)
      onEnd(result, endpoint)
    })
  }
  return ended
}

describe('maxConcurrent', () => {
  test('of 200 calls at once exactly 100 go, the others are refused at once', async () => {
    const { upstream, connection } = upstreamOf({})
    await tick()
    connection().become('READY')
    const ended = call(upstream, 200)
    await tick()
    expect(connection().calls).toHaveLength(100)
    expect(ended).toHaveLength(100)
    expect(ended.every(({ code, message, isRefused }) => code === 14 && message === FULL && isRefused === true)).toBe(
      true,
    )
  })

  test('each that ends makes room for one, also while refusals are being told', async () => {
    const { upstream, connection } = upstreamOf({})
    await tick()
    connection().become('READY')
    call(upstream, 150)
    connection().calls[0]!.end(peer(0))
    call(upstream, 1)
    expect(connection().calls).toHaveLength(101)
    await tick()
    for (const each of [...connection().calls]) each.end(peer(0))
    const ended = call(upstream, 200)
    await tick()
    expect(ended).toHaveLength(100)
    expect(connection().calls).toHaveLength(201)
  })

  test('streams count too, and are refused with their one event', async () => {
    const { upstream, connection } = upstreamOf({ maxConcurrent: 1 })
    await tick()
    connection().become('READY')
    const events: string[] = []
    const handler = {
      onHeaders: () => undefined,
      onMessage: () => undefined,
      onDrain: () => undefined,
      onEnd: ({ message }: CallStatus) => void events.push(message),
    }
    const options = { path: '/a.B/C', metadata: [], deadlineMs: Infinity }
    upstream.stream(options, handler)
    const refused = upstream.stream(options, handler)
    expect(refused.send(new Uint8Array(1))).toBe(true)
    refused.halfClose()
    refused.cancel()
    await tick()
    expect(events).toEqual([FULL])
    expect(call(upstream, 1)).toHaveLength(0)
    await tick()
    expect(connection().calls).toHaveLength(1)
  })
})

describe('maxPending', () => {
  test('calls above it are refused while there is no connection, and taken once there is', async () => {
    const { upstream, connection } = upstreamOf({ maxPending: 3 })
    await tick()
    const ended = call(upstream, 10)
    await tick()
    expect(connection().calls).toHaveLength(3)
    expect(ended.map(({ message }) => message)).toEqual(new Array(7).fill(QUEUE))
    connection().become('READY')
    call(upstream, 10)
    expect(connection().calls).toHaveLength(13)
  })

  test('0: nothing waits', async () => {
    const { upstream, connection } = upstreamOf({ maxPending: 0 })
    await tick()
    const ended = call(upstream, 1)
    await tick()
    expect(ended.map(({ message }) => message)).toEqual([QUEUE])
    connection().become('READY')
    call(upstream, 5)
    expect(connection().calls).toHaveLength(5)
  })

  test('waiting for discovery counts as well', async () => {
    const { upstream } = upstreamOf({ maxPending: 2 }, 'dns:///does-not-answer.invalid:1')
    const ended = call(upstream, 5)
    await tick()
    expect(ended.map(({ message }) => message)).toEqual([QUEUE, QUEUE, QUEUE])
  })
})

test('without a breaker nothing is refused', async () => {
  const transport = new FakeTransport()
  const upstream = createUpstream({
    name: 'test',
    target: `static:///${A}`,
    connection: CONNECTION,
    eager: false,
    transport,
  })
  open.push(upstream)
  await tick()
  call(upstream, 5000)
  expect(transport.connections.get(A)!.calls).toHaveLength(5000)
})
