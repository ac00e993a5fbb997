import { hostname } from 'node:os'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { until } from '../support/calls.js'
import { ConsulAgent, hasConsul, poll } from '../support/consul-agent.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Project } from '../support/project.js'
import { openGateway } from '../../src/gateway/index.js'

/* The gateway as a service of a real agent (Consul 1.8.7, scripts/get-consul.mjs). */

const suite = hasConsul() ? describe : describe.skip

interface Entry {
  readonly Node: { readonly Address: string }
  readonly Service: {
    readonly ID: string
    readonly Address: string
    readonly Port: number
    readonly Tags: readonly string[]
    readonly Meta: Readonly<Record<string, string>>
  }
  readonly Checks: readonly { readonly CheckID: string }[]
}

suite('the gateway registers itself', () => {
  let agent: ConsulAgent
  let echo: EchoUpstream
  const cleanUps: (() => Promise<void>)[] = []

  beforeAll(async () => {
    ;[agent, echo] = await Promise.all([ConsulAgent.start(), startEchoUpstream()])
  })
  afterEach(async () => {
    await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()))
  })
  afterAll(async () => {
    await agent.stop()
    echo.close()
  })

  const start = async (register: object, more: object = {}): Promise<TestGateway> => {
    const gateway = await startGateway({
      ...echoConfig(echo),
      register: { consul: `127.0.0.1:${agent.port}`, interval: '1s', ...register },
      ...more,
    })
    cleanUps.push(gateway.stop)
    return gateway
  }
  const entries = async (service = 'protobridge', query = ''): Promise<readonly Entry[]> => {
    const { status, json } = await agent.call('GET', `/v1/health/service/${service}?${query}`)
    return status === 200 ? (json as readonly Entry[]) : []
  }
  const ids = async (service?: string): Promise<string> =>
    (await entries(service))
      .map(({ Service }) => Service.ID)
      .sort()
      .join()
  const listed = (expected: string, service?: string): Promise<void> =>
    poll(`${expected || 'nothing'} to be registered`, async () => (await ids(service)) === expected)
  /** What the agent itself says of a check: the catalogue hears of its output only when the status changes. */
  const checked = (id: string, status: string, output: string): Promise<void> =>
    poll(`the check of ${id} to be ${status}`, async () => {
      const { json } = await agent.call('GET', '/v1/agent/checks')
      const check = (json as Record<string, { Status: string; Output: string }>)[`service:${id}`]
      return check?.Status === status && check.Output.includes(output)
    })
  const registered = (gateway: TestGateway): Promise<void> =>
    until(() => gateway.gateway.status().registration?.isRegistered === true, 'the registration', 15_000)

  test('by default: service protobridge at its first listener, its readiness as the check, an id that stays', async () => {
    const gateway = await start({})
    const id = `protobridge-${hostname()}-${gateway.port}`
    await listed(id)
    const [entry] = await entries()
    expect(entry!.Service).toMatchObject({ Address: '127.0.0.1', Port: gateway.port, Tags: [], Meta: {} })
    await checked(id, 'passing', `${gateway.admin}/readyz: 200 OK`)
    expect(gateway.gateway.status().registration).toEqual({
      agent: `127.0.0.1:${agent.port}`,
      service: 'protobridge',
      id,
      isRegistered: true,
      error: null,
    })
    const status = (await (await fetch(`${gateway.admin}/status`)).json()) as { registration: object }
    expect(status.registration).toEqual(gateway.gateway.status().registration)
    expect(gateway.log.join('')).toContain('registered with Consul as protobridge')
    await gateway.stop()
    expect(await entries()).toEqual([])
    expect(gateway.log.join('')).toContain('deregistered from Consul')
  })

  test('as it is told: name, id, address, port, tags, metadata and check', async () => {
    await start({
      name: 'edge',
      id: 'gw 1/a',
      address: '10.0.0.5',
      port: 8443,
      tags: ['a', 'b'],
      meta: { zone: 'x' },
      check: `http://127.0.0.1:${echo.port}/nope`,
    })
    await listed('gw 1/a', 'edge')
    const [{ Service: service, Checks: checks }] = (await entries('edge')) as [Entry]
    expect(service).toMatchObject({ Address: '10.0.0.5', Port: 8443, Tags: ['a', 'b'], Meta: { zone: 'x' } })
    expect(checks.map(({ CheckID }) => CheckID)).toContain('service:gw 1/a')
    await checked('gw 1/a', 'critical', '/nope')
  })

  test('bound to all addresses: the address is that of the node, and the agent asks the admin port on loopback', async () => {
    await start(
      { id: 'all' },
      { listen: { host: '0.0.0.0', port: 0 }, admin: { host: '0.0.0.0', port: 0, token: 't' } },
    )
    await listed('all')
    expect((await entries())[0]).toMatchObject({ Node: { Address: '127.0.0.1' }, Service: { Address: '' } })
    await checked('all', 'passing', 'http://127.0.0.1:')
  })

  test('one that is not ready yet is critical from its first moment', async () => {
    const gateway = await start(
      { id: 'unready' },
      { upstreams: { echo: { target: 'dns:///nowhere.invalid:1', services: ['echo.v1.*'] } } },
    )
    await registered(gateway)
    expect(await entries('protobridge', 'passing')).toEqual([])
    expect(await ids()).toBe('unready')
  })

  test('where it drains: not found before it stops accepting, and what is under way finishes', async () => {
    const gateway = await start({ id: 'drains' }, { drain: { delay: '1s', timeout: '5s' } })
    await listed('drains')
    const closing = gateway.gateway.close()
    await listed('')
    const late = await fetch(`${gateway.url}/v1/echo/late`)
    expect([late.status, late.headers.get('connection')]).toEqual([200, 'close'])
    expect(await closing).toEqual({ wasCut: false })
  })

  test('an agent that forgot it is told again', async () => {
    const gateway = await start({ id: 'forgotten' })
    await listed('forgotten')
    await agent.put('/v1/agent/service/deregister/forgotten')
    await listed('forgotten')
    expect(gateway.log.join('')).toContain('Consul has forgotten this gateway: registering again')
  }, 20_000)

  test('an agent that is away: the gateway serves, says so once, registers when it comes; a drain without it ends all the same', async () => {
    await agent.kill()
    const gateway = await start({ id: 'patient' })
    await until(() => gateway.gateway.status().registration?.error !== null, 'the failure', 5000)
    expect(gateway.gateway.status().registration).toMatchObject({
      isRegistered: false,
      error: expect.stringContaining('is not reachable: ECONNREFUSED'),
    })
    expect((await fetch(`${gateway.url}/v1/echo/x`)).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await agent.run()
    await listed('patient')
    expect(gateway.log.filter((line) => line.includes('cannot register with Consul'))).toHaveLength(1)

    await agent.kill()
    await gateway.gateway.close()
    expect(gateway.log.join('')).toContain('cannot deregister from Consul')
    await agent.run()
    await agent.put('/v1/agent/service/deregister/patient')
  }, 40_000)

  test('an agent away while it drains, and back before it ends: deregistered at the end', async () => {
    const gateway = await start({ id: 'late' }, { drain: { delay: '4s', timeout: '5s' } })
    await listed('late')
    await agent.kill()
    const closing = gateway.gateway.close()
    await until(() => gateway.log.join('').includes('cannot deregister from Consul'), 'the failure', 5000)
    await agent.run()
    await closing
    expect(gateway.log.join('')).toContain('deregistered from Consul')
    await listed('')
  }, 40_000)

  test('a reload that changes it registers anew; one that takes it out deregisters', async () => {
    const file = (register: string): string =>
      `${JSON.stringify({
        listen: { host: '127.0.0.1', port: 0 },
        admin: { port: 0 },
        telemetry: { accessLog: 'none' },
        ...echoConfig(echo),
      }).slice(0, -1)}, ${register}}`
    const consul = `"consul": "127.0.0.1:${agent.port}"`
    const project = new Project({ 'gw.json': file(`"register": { ${consul}, "id": "first", "tags": ["a"] }`) })
    const gateway = await openGateway({ kind: 'file', path: `${project.path}/gw.json` })
    cleanUps.push(async () => {
      await gateway.close()
      project.remove()
    })
    await gateway.listen()
    await listed('first')
    project.write('gw.json', file(`"register": { ${consul}, "id": "first", "tags": ["b"] }`))
    await gateway.reload()
    await poll('the tags to change', async () => (await entries())[0]?.Service.Tags.join() === 'b')
    project.write('gw.json', file(`"register": { ${consul}, "id": "second" }`))
    await gateway.reload()
    await listed('second')
    project.write('gw.json', file('"watch": false'))
    await gateway.reload()
    await listed('')
    expect(gateway.status().registration).toBeNull()
  }, 20_000)

  test('maintenance that was left on the instance ends when it registers', async () => {
    await agent.put('/v1/agent/service/register', { Name: 'protobridge', ID: 'again', Port: 1 })
    await agent.put('/v1/agent/service/maintenance/again?enable=true')
    await start({ id: 'again' })
    await poll('it to be found', async () => (await entries('protobridge', 'passing')).length === 1)
  })
})

suite('the token to register with', () => {
  const MASTER = '11111111-2222-3333-4444-555555555555'

  test('`token`, else that of the environment; without rights: it serves, and says what is missing', async () => {
    const [agent, echo] = await Promise.all([ConsulAgent.start({ masterToken: MASTER }), startEchoUpstream()])
    const status = async (register: object, env: Record<string, string>) => {
      const value = {
        listen: { host: '127.0.0.1', port: 0 },
        admin: { port: 0 },
        telemetry: { accessLog: 'none' },
        ...echoConfig(echo),
        register: { consul: `127.0.0.1:${agent.port}`, ...register },
      }
      const gateway = await openGateway({ kind: 'object', value }, { env })
      await gateway.listen()
      await until(() => {
        const { registration } = gateway.status()
        return registration !== null && (registration.isRegistered || registration.error !== null)
      }, 'an answer')
      const { registration } = gateway.status()
      await gateway.close()
      return registration
    }
    await poll('the ACL system', async () => (await agent.call('GET', '/v1/acl/tokens')).status === 200)
    expect(await status({ token: MASTER }, {})).toMatchObject({ isRegistered: true, error: null })
    expect(await status({}, { CONSUL_HTTP_TOKEN: MASTER })).toMatchObject({ isRegistered: true, error: null })
    expect(await status({}, {})).toMatchObject({
      isRegistered: false,
      error: expect.stringContaining('the agent refused the token: needs service:write'),
    })
    await agent.stop()
    echo.close()
  }, 30_000)
})
