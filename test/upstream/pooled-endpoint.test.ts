import { describe, expect, test } from '@jest/globals'
import { HealthCheck } from '../../src/upstream/health/index.js'
import { OutlierRecord } from '../../src/upstream/outlier/index.js'
import { PooledEndpoint } from '../../src/upstream/pooled-endpoint.js'
import { PLAIN } from '../../src/upstream/resolvers/host-port.js'
import type { ConnectivityState } from '../../src/upstream/index.js'
import { FakeConnection } from '../support/fake-transport.js'
import { FakeClock } from '../support/scripted-agent.js'

/** What happens, one a second: a state of the connection, a status of the health check, an ejection. */
type Event = ConnectivityState | 'SERVING' | 'NOT_SERVING' | 'EJECTED' | 'BACK'

/** Runs the events; the endpoint, and the second in which its slow start began (0: never). */
function after(events: readonly Event[], hasHealth: boolean): { endpoint: PooledEndpoint; since: number } {
  const clock = new FakeClock()
  const { time } = clock
  const at = { address: 'a:1', host: 'a', port: 1, path: undefined, ...PLAIN }
  const connection = new FakeConnection(at)
  const endpoint = new PooledEndpoint(at, connection, 'since')
  endpoint.outlier = new OutlierRecord(() => undefined)
  if (hasHealth) {
    endpoint.health = new HealthCheck(
      connection,
      { service: '', intervalMs: 3_600_000, timeoutMs: 3_600_000 },
      { ...clock, onVerdict: () => endpoint.refresh(clock.time), onUnsupported: () => undefined },
    )
  }
  connection.onStateChange((state) => {
    endpoint.health?.onConnectionState(state)
    endpoint.refresh(clock.time)
  })
  for (const event of events) {
    clock.pass(1000)
    if (event === 'SERVING') connection.call.answer([8, 1])
    else if (event === 'NOT_SERVING') connection.call.answer([8, 2])
    else if (event === 'EJECTED' || event === 'BACK') {
      endpoint.outlier.isEjected = event === 'EJECTED'
      endpoint.refresh(clock.time)
    } else connection.become(event)
  }
  return { endpoint, since: endpoint.readySinceMs === 0 ? 0 : (endpoint.readySinceMs - time) / 1000 }
}

describe('slow start begins', () => {
  const up: Event[] = ['CONNECTING', 'READY']
  const down: Event[] = ['TRANSIENT_FAILURE', 'CONNECTING', 'TRANSIENT_FAILURE', 'READY']
  test.each<{ row: string; events: Event[]; since: number; health?: boolean }>([
    { row: 'never, unconnected', events: ['CONNECTING'], since: 0 },
    { row: 'when first connected', events: up, since: 2 },
    { row: 'not again when a connection is lost and made again', events: [...up, 'IDLE', ...up], since: 2 },
    { row: 'again when it was down', events: [...up, 'IDLE', ...down], since: 7 },
    { row: 'again when it was ejected', events: [...up, 'EJECTED', 'BACK'], since: 4 },
    { row: 'when first said to be healthy', events: [...up, 'SERVING'], since: 3, health: true },
    {
      row: 'again when it was unhealthy',
      events: [...up, 'SERVING', 'NOT_SERVING', 'SERVING'],
      since: 5,
      health: true,
    },
    {
      row: 'not again when a connection is lost and made again, and it says so anew',
      events: [...up, 'SERVING', 'IDLE', ...up, 'SERVING'],
      since: 3,
      health: true,
    },
  ])('$row', ({ events, since, health = false }) => {
    expect(after(events, health).since).toBe(since)
  })
})

describe('what is seen', () => {
  test.each<{ events: Event[]; state: string; isHealthy: boolean; health?: boolean }>([
    { events: [], state: 'IDLE', isHealthy: true },
    { events: ['READY'], state: 'READY', isHealthy: true },
    { events: ['READY', 'EJECTED'], state: 'EJECTED', isHealthy: false },
    { events: ['READY', 'EJECTED', 'TRANSIENT_FAILURE'], state: 'EJECTED', isHealthy: false },
    { events: ['READY', 'EJECTED', 'BACK'], state: 'READY', isHealthy: true },
    { events: [], state: 'CONNECTING', isHealthy: true, health: true },
    { events: ['READY'], state: 'CONNECTING', isHealthy: true, health: true },
    { events: ['READY', 'NOT_SERVING'], state: 'UNHEALTHY', isHealthy: false, health: true },
    { events: ['READY', 'NOT_SERVING', 'EJECTED'], state: 'EJECTED', isHealthy: false, health: true },
    { events: ['READY', 'EJECTED', 'NOT_SERVING', 'BACK'], state: 'UNHEALTHY', isHealthy: false, health: true },
    {
      events: ['READY', 'NOT_SERVING', 'TRANSIENT_FAILURE'],
      state: 'TRANSIENT_FAILURE',
      isHealthy: true,
      health: true,
    },
  ])('$events, health checks $health: $state', ({ events, state, isHealthy, health = false }) => {
    const { endpoint } = after(events, health)
    endpoint.refresh(0)
    expect({ state: endpoint.view('static').state, isHealthy: endpoint.isHealthy }).toEqual({ state, isHealthy })
    endpoint.isRemoved = true
    expect(endpoint.view('static').state).toBe('DRAINING')
  })
})
