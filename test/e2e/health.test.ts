import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import { grpcJsTransport, type EndpointView } from '../../src/upstream/index.js'
import { PLAIN } from '../../src/upstream/resolvers/host-port.js'
import { until } from '../support/calls.js'
import { ECHO_PROTO } from '../support/echo-project.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { startCcoreServer, hasGrpcio } from '../support/grpc-servers/ccore-server.js'
import { startInstance, type Instance, type InstanceOptions } from '../support/grpc-servers/instance.js'
import { spawnInstance } from '../support/grpc-servers/spawned-instance.js'
import { Project } from '../support/project.js'
import { callRest } from '../support/rest.js'
import { SteadyLoad } from '../support/steady-load.js'
import { CONNECTION } from '../upstream/contract/context.js'

/* Active health through the gateway: what an endpoint says of itself decides whether calls go there. */

const project = new Project({ 'protos/echo/echo.proto': ECHO_PROTO })
const cleanups: (() => unknown)[] = [() => project.remove()]
let instances: Instance[] = []
let gateway: TestGateway | undefined

afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
  for (const instance of instances) instance.stop()
  instances = []
})
afterAll(() => cleanups.forEach((cleanup) => cleanup()))

async function startAll(names: string, options: InstanceOptions = {}): Promise<void> {
  instances = await Promise.all([...names].map((name) => startInstance(name, options)))
}

async function serve(
  health: object,
  addresses = instances.map(({ address }) => address),
  more: object = {},
): Promise<TestGateway> {
  gateway = await startGateway({
    ...more,
    schema: [{ protos: ['echo/*.proto'], roots: [`${project.path}/protos`] }],
    upstreams: { echo: { target: `static:///${addresses.join()}`, services: ['echo.v1.*'], health } },
  })
  return gateway
}

async function endpoints({ admin }: TestGateway): Promise<readonly EndpointView[]> {
  const [upstream] = (await (await fetch(`${admin}/upstreams`)).json()) as { endpoints: EndpointView[] }[]
  return upstream!.endpoints
}

const ask = async ({ port }: TestGateway): Promise<string> => {
  const { json, body } = await callRest(port, 'GET', '/v1/echo/x')
  return (json as { text?: string }).text ?? body
}

describe('NOT_SERVING', () => {
  test.each([
    { how: 'by Watch', health: 'watch' as const },
    { how: 'by Check, where there is no Watch', health: 'check' as const },
  ])('traffic leaves within an interval, and comes back; 0 failed ($how)', async ({ health }) => {
    await startAll('abc', { health })
    const [a] = instances
    const served = await serve({ interval: '100ms', timeout: '1s' })
    const load = new SteadyLoad(served.port, '/v1/echo/x')
    await until(() => instances.every(({ calls }) => calls() > 10), 'all three are called')
    a!.setHealth('NOT_SERVING')
    await until(() => served.log.some((line) => line.includes('is unhealthy')), 'it is noticed', 1000)
    const { total } = load
    const calls = a!.calls()
    await until(() => load.total > total + 100, 'the load goes on')
    // Calls that were on their way when it was noticed.
    expect(a!.calls() - calls).toBeLessThanOrEqual(4)
    expect((await endpoints(served)).map(({ state, lastError }) => [state, lastError])).toEqual([
      ['UNHEALTHY', 'the health check says NOT_SERVING'],
      ['READY', null],
      ['READY', null],
    ])
    a!.setHealth('SERVING')
    await until(() => a!.calls() > calls + 10, 'it is called again')
    expect((await load.stop()).failures).toEqual([])
  })

  test('before the first call: none goes to an endpoint that says so', async () => {
    await startAll('ab')
    instances[0]!.setHealth('NOT_SERVING')
    const served = await serve({})
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(served)))
    expect(new Set(answers)).toEqual(new Set(['b']))
    expect(instances[0]!.calls()).toBe(0)
  })

  test('a service of its own name: unknown to the server is not healthy', async () => {
    await startAll('a')
    const served = await serve({ service: 'no.such.Service' })
    await until(() => served.log.some((line) => line.includes('SERVICE_UNKNOWN')), 'it is noticed')
    expect(await endpoints(served)).toMatchObject([{ state: 'UNHEALTHY' }])
  })
})

test('a server without a health service is healthy, and that is said once', async () => {
  await startAll('ab', { health: 'none' })
  const served = await serve({})
  expect(new Set([await ask(served), await ask(served), await ask(served), await ask(served)])).toEqual(
    new Set(['a', 'b']),
  )
  expect((await endpoints(served)).map(({ state }) => state)).toEqual(['READY', 'READY'])
  expect(served.log.filter((line) => line.includes('has no grpc.health.v1.Health'))).toHaveLength(1)
})

test('a process that hangs: traffic leaves within an interval and the time-out, only calls it had taken fail', async () => {
  const spawned = await Promise.all(['a', 'b', 'c'].map(spawnInstance))
  for (const instance of spawned) cleanups.push(() => instance.kill())
  const addresses = spawned.map(({ address }) => address)
  const served = await serve({ interval: '300ms', timeout: '300ms' }, addresses, {
    policies: [{ select: '*', timeout: '2s' }],
  })
  const load = new SteadyLoad(served.port, '/v1/echo/x', 4)
  await until(() => load.total > 100, 'the load runs')
  spawned[0]!.hang()
  await until(() => served.log.some((line) => line.includes('no answer to the health check')), 'it is noticed', 1500)
  const { total } = load
  await until(() => load.total > total + 200, 'the load goes on')
  const { failures } = await load.stop()
  // A client has one call under way at a time.
  expect(failures.length).toBeLessThanOrEqual(4)
  expect(failures.filter(({ status }) => status !== 504)).toEqual([])
})

test('connections that end in order, again and again (GOAWAY): watched anew, 0 failed', async () => {
  await startAll('ab', { maxConnectionAgeMs: 300 })
  const served = await serve({ interval: '100ms', timeout: '1s' })
  const load = new SteadyLoad(served.port, '/v1/echo/x', 4)
  const started = Date.now()
  await until(() => Date.now() - started > 2000, 'several ages pass')
  const { failures, answered } = await load.stop()
  expect(failures).toEqual([])
  expect([...answered.keys()].sort()).toEqual(['a', 'b'])
  expect(served.log.filter((line) => line.includes('unhealthy'))).toEqual([])
})

test('an endpoint that dies and comes back is found without a call', async () => {
  await startAll('a')
  const served = await serve({})
  expect(await ask(served)).toBe('a')
  const { port } = instances[0]!
  instances[0]!.stop()
  await until(() => served.gateway.snapshot.upstreams[0]!.endpoints()[0]!.state !== 'READY', 'it is down')
  instances = [await startInstance('a', { port })]
  await until(() => served.gateway.snapshot.upstreams[0]!.endpoints()[0]!.state === 'READY', 'it is back')
  expect(instances[0]!.calls()).toBe(0)
})

const ccore = hasGrpcio() ? test : test.skip
ccore('a C-core server is watched', async () => {
  const server = await startCcoreServer('--health')
  cleanups.push(() => server.close())
  const served = await serve({}, [`127.0.0.1:${server.port}`])
  const [upstream] = served.gateway.snapshot.upstreams
  const state = (): string => upstream!.endpoints()[0]!.state
  // Through a connection of its own: the gateway calls nobody who says that he does not serve.
  const direct = grpcJsTransport.open(
    { address: 'direct', host: '127.0.0.1', port: server.port, path: undefined, ...PLAIN },
    CONNECTION,
  )
  cleanups.push(() => direct.close())
  await until(() => state() === 'READY', 'SERVING')
  for (const [said, expected] of [
    [2, 'UNHEALTHY'],
    [1, 'READY'],
    [3, 'UNHEALTHY'],
  ] as const) {
    await new Promise((resolve) =>
      direct.unary(
        { path: '/test.Echo/SetHealth', metadata: [], deadlineMs: Date.now() + 5000 },
        Uint8Array.of(said),
        resolve,
      ),
    )
    await until(() => state() === expected, expected)
  }
})

test('health checks alone do not keep a process alive', async () => {
  await startAll('a')
  const script = `
    import { createUpstream, grpcJsTransport } from './dist/src/upstream/index.js'
    const upstream = createUpstream({
      name: 'u', target: 'static:///${instances[0]!.address}', eager: false, transport: grpcJsTransport,
      connection: { connectTimeoutMs: 2000, idleTimeoutMs: 60000, maxResponseBytes: 1000, userAgent: 'test' },
      health: { service: '', intervalMs: 60000, timeoutMs: 1000 },
    })
    const timer = setInterval(() => {
      if (upstream.endpoints()[0].state !== 'READY') return
      clearInterval(timer)
      console.log('READY')
    }, 10)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (text: Buffer) => (output += text.toString()))
  const [code] = (await once(child, 'close')) as [number]
  expect({ code, output }).toEqual({ code: 0, output: 'READY\n' })
})
