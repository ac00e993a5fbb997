import { afterEach, expect, test } from '@jest/globals'
import { createUpstream, type Upstream } from '../../src/upstream/index.js'
import { unary } from '../support/calls.js'
import { FakeTransport, peer, type FakeConnection } from '../support/fake-transport.js'
import { FakeClock } from '../support/scripted-agent.js'
import { CONNECTION } from './contract/context.js'

/* What starts an endpoint's slow start, and what does not: with a transport and a clock that do as told. */

let upstream: Upstream
afterEach(() => upstream.close())

test('an endpoint that comes up, or back from failure, starts slowly; one whose connection ended in order does not', async () => {
  const clock = new FakeClock()
  // Deadlines of calls are real.
  clock.time = Date.now()
  const transport = new FakeTransport()
  upstream = createUpstream(
    {
      name: 'u',
      target: 'static:///127.0.0.1:1,127.0.0.2:1',
      connection: CONNECTION,
      eager: false,
      transport,
      slowStartMs: 30_000,
    },
    { now: clock.now, setTimer: clock.setTimer, random: () => 0 },
  )
  await new Promise((done) => setImmediate(done))
  const [old, fresh] = [...transport.connections.values()] as [FakeConnection, FakeConnection]

  /** The share of the calls that the second endpoint gets. */
  const share = async (): Promise<number> => {
    const before = fresh.calls.length
    for (let n = 0; n < 220; n++) {
      const result = unary(upstream, '/a.B/C')
      for (const { calls } of [old, fresh]) if (calls.at(-1)?.isOpen === true) calls.at(-1)!.end(peer(0))
      await result
    }
    return (fresh.calls.length - before) / 220
  }

  old.become('READY')
  fresh.become('TRANSIENT_FAILURE', 'refused')
  clock.time += 60_000
  expect(await share()).toBe(0)

  fresh.become('READY')
  expect(await share()).toBeCloseTo(1 / 11, 1)
  clock.time += 15_000
  expect(await share()).toBeCloseTo(1 / 3, 1)
  clock.time += 15_000
  expect(await share()).toBeCloseTo(1 / 2, 1)

  fresh.become('IDLE')
  fresh.become('READY')
  expect(await share()).toBeCloseTo(1 / 2, 1)

  fresh.become('TRANSIENT_FAILURE', 'lost')
  fresh.become('READY')
  expect(await share()).toBeCloseTo(1 / 11, 1)
})
