import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { hostname } from 'node:os'
import { pino } from 'pino'
import { agentSettings, type ServiceRegistration } from '../../src/consul/index.js'
import type { RegisterConfig } from '../../src/config/index.js'
import { registeredService } from '../../src/gateway/registered-service.js'
import { Registration } from '../../src/gateway/registration.js'
import { until } from '../support/calls.js'
import { FakeClock, ScriptedAgent, type Answer } from '../support/scripted-agent.js'

const WRITTEN: RegisterConfig = {
  consul: undefined,
  token: undefined,
  name: 'protobridge',
  id: undefined,
  address: undefined,
  port: undefined,
  tags: [],
  meta: {},
  check: undefined,
  intervalMs: 10_000,
  deregisterAfterMs: 600_000,
}

describe('what Consul is told of', () => {
  const place = { host: '127.0.0.1', port: 8080, admin: 'http://127.0.0.1:9901' }
  const id = `protobridge-${hostname()}-8080`

  test.each([
    { host: '127.0.0.1', address: '127.0.0.1' },
    { host: '10.0.0.5', address: '10.0.0.5' },
    { host: 'gw.internal', address: 'gw.internal' },
    { host: '::1', address: '::1' },
    { host: '0.0.0.0', address: undefined },
    { host: '::', address: undefined },
    { host: '0:0:0:0:0:0:0:0', address: undefined },
  ])('a listener on $host: the address is $address', ({ host, address }) => {
    expect(registeredService(WRITTEN, { ...place, host })).toMatchObject({ id, address, port: 8080 })
  })

  test.each([
    { admin: 'http://127.0.0.1:9901', url: 'http://127.0.0.1:9901/readyz' },
    { admin: 'http://10.0.0.5:9901', url: 'http://10.0.0.5:9901/readyz' },
    { admin: 'http://0.0.0.0:9901', url: 'http://127.0.0.1:9901/readyz' },
    { admin: 'http://[::]:9901', url: 'http://[::1]:9901/readyz' },
  ])('an admin port on $admin: the agent asks $url', ({ admin, url }) => {
    expect(registeredService(WRITTEN, { ...place, admin }).check).toMatchObject({ url, timeoutMs: 5000 })
  })

  test('what is written wins', () => {
    const written = {
      ...WRITTEN,
      id: 'gw',
      address: '[2001:db8::1]',
      port: 443,
      check: 'https://x/y',
      intervalMs: 1000,
    }
    expect(registeredService(written, place)).toMatchObject({
      id: 'gw',
      address: '2001:db8::1',
      port: 443,
      check: { url: 'https://x/y', intervalMs: 1000, timeoutMs: 1000 },
    })
  })
})

describe('the registration', () => {
  let agent: ScriptedAgent
  let clock: FakeClock
  let registration: Registration | undefined
  let log: string[]
  const service: ServiceRegistration = registeredService(
    { ...WRITTEN, id: 'gw/1' },
    { host: '0.0.0.0', port: 8080, admin: 'http://127.0.0.1:9901' },
  )

  beforeEach(async () => {
    agent = await ScriptedAgent.start()
    clock = new FakeClock()
    log = []
  })
  afterEach(async () => {
    registration?.close()
    await agent.close()
  })

  function start(script: readonly Answer[], isReady = true): Registration {
    agent.script = [...script]
    const settings = agentSettings({ address: agent.address }, {}, { read: () => Buffer.alloc(0), list: () => [] })
    if (typeof settings === 'string') throw new Error(settings)
    const logger = pino({}, { write: (line: string) => void log.push((JSON.parse(line) as { msg: string }).msg) })
    registration = new Registration({ settings, service, isReady: () => isReady, logger, clock })
    return registration
  }
  const asked = (): string[] => agent.asked.map(({ method, url }) => `${method} ${url.split('?')[0]!}`)
  const askedTimes = (count: number): Promise<void> => until(() => agent.asked.length === count, `question ${count}`)
  /** A request's own time-out. */
  const REQUEST_MS = 10_000
  /** When the next turn is due, ms from now. */
  const pause = async (): Promise<number> => {
    await until(() => clock.due.length === 1 && clock.due[0] !== REQUEST_MS, 'the pause')
    return clock.due[0]!
  }
  const REGISTER = 'PUT /v1/agent/service/register'
  const VERIFY = 'GET /v1/agent/service/gw%2F1'
  const DEREGISTER = 'PUT /v1/agent/service/deregister/gw%2F1'
  const OK = { body: '' }

  test.each([
    { isReady: true, status: 'passing' },
    { isReady: false, status: 'critical' },
  ])('of a gateway that is ready: $isReady begins $status', async ({ isReady, status }) => {
    start([OK], isReady)
    await until(() => registration!.view.isRegistered, 'the registration')
    expect(agent.asked[0]!.url).toBe('/v1/agent/service/register?replace-existing-checks=true')
    expect(JSON.parse(agent.asked[0]!.body)).toEqual({
      Name: 'protobridge',
      ID: 'gw/1',
      Port: 8080,
      Tags: [],
      Meta: {},
      Check: {
        CheckID: 'service:gw/1',
        Name: 'readiness of the gateway',
        HTTP: 'http://127.0.0.1:9901/readyz',
        Method: 'GET',
        Interval: '10000ms',
        Timeout: '5000ms',
        DeregisterCriticalServiceAfter: '600000ms',
        Status: status,
      },
    })
  })

  test('is looked at every 5 s, and made again where the agent does not know it', async () => {
    start([OK, OK, { status: 404, body: 'unknown service ID: gw/1' }, OK, OK])
    expect(await pause()).toBe(5000)
    clock.pass(5000)
    await askedTimes(2)
    expect(await pause()).toBe(5000)
    clock.pass(5000)
    await askedTimes(4)
    expect(await pause()).toBe(5000)
    expect(asked()).toEqual([REGISTER, VERIFY, VERIFY, REGISTER])
    expect(log).toContain('Consul has forgotten this gateway: registering again')
    expect(registration!.view).toMatchObject({ isRegistered: true, error: null })
  })

  test('that fails is tried again after 1 s, twice as long each time, up to 30 s, and told of once', async () => {
    const refusal = { status: 403, body: 'ACL not found' }
    start([...Array.from({ length: 8 }, () => refusal), OK])
    const pauses: number[] = []
    for (let turn = 1; turn <= 8; turn++) {
      await askedTimes(turn)
      pauses.push(await pause())
      clock.pass(pauses.at(-1)!)
    }
    await until(() => registration!.view.isRegistered, 'the registration')
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
    expect(log.map((line) => line.split(':')[0])).toEqual([
      'cannot register with Consul',
      'registered with Consul as protobridge',
    ])
    expect(await pause()).toBe(5000)
  })

  test('ends after what is under way: never is it made after it was undone', async () => {
    start(['hold'])
    await askedTimes(1)
    const ended = registration!.deregister()
    agent.script = [OK]
    agent.release(OK)
    expect(await ended).toBe(true)
    expect(asked()).toEqual([REGISTER, DEREGISTER])
    clock.pass(60_000)
    expect(await registration!.deregister()).toBe(true)
    expect(asked()).toHaveLength(2)
  })

  test.each([
    { what: '404 Unknown service', answer: { status: 404, body: 'Unknown service ID "gw/1"' }, isGone: true },
    { what: '500 Unknown service', answer: { status: 500, body: 'Unknown service "gw/1"' }, isGone: true },
    { what: '500 otherwise', answer: { status: 500, body: 'No cluster leader' }, isGone: false },
    { what: '403', answer: { status: 403, body: 'Permission denied' }, isGone: false },
    { what: 'no answer', answer: 'cut' as const, isGone: false },
  ])('where the agent answers deregistering with $what, it is gone: $isGone', async ({ answer, isGone }) => {
    start([OK, answer])
    await pause()
    expect(await registration!.deregister()).toBe(isGone)
    expect(registration!.view.error === null).toBe(isGone)
    // And once more, where it is not.
    agent.script = [OK]
    expect(await registration!.deregister()).toBe(true)
    expect(asked()).toEqual([REGISTER, DEREGISTER, ...(isGone ? [] : [DEREGISTER])])
  })

  test('an agent that hangs is given up on after 2 s', async () => {
    start([OK, 'hold'])
    await pause()
    const ended = registration!.deregister()
    await until(() => agent.waiting === 1, 'the question')
    clock.pass(2000)
    expect(await ended).toBe(false)
    expect(registration!.view.error).toContain('did not answer within 2000 ms')
  })
})
