import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import type { EndpointView } from '../../src/upstream/index.js'
import { until } from '../support/calls.js'
import { ECHO_PROTO } from '../support/echo-project.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { startHostileServer } from '../support/grpc-servers/hostile-server.js'
import { startInstance, type Instance } from '../support/grpc-servers/instance.js'
import { spawnInstance, type SpawnedInstance } from '../support/grpc-servers/spawned-instance.js'
import { Project } from '../support/project.js'
import { callRest, type CallOptions } from '../support/rest.js'
import { SteadyLoad } from '../support/steady-load.js'

/* Outlier ejection through the gateway: endpoints that go wrong are left alone for a while. */

const project = new Project({ 'protos/echo/echo.proto': ECHO_PROTO })
afterAll(() => project.remove())

let instances: Instance[] = []
let gateway: TestGateway | undefined
const cleanups: (() => void)[] = []
afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
  for (const instance of instances) instance.stop()
  instances = []
  for (const cleanup of cleanups.splice(0)) cleanup()
})

async function startAll(names: string): Promise<void> {
  instances = await Promise.all([...names].map((name) => startInstance(name)))
}

async function serve(
  outlier: object,
  addresses = instances.map(({ address }) => address),
  more: object = {},
): Promise<TestGateway> {
  gateway = await startGateway({
    schema: [{ protos: ['echo/*.proto'], roots: [`${project.path}/protos`] }],
    upstreams: { echo: { target: `static:///${addresses.join()}`, services: ['echo.v1.*'], outlier } },
    ...more,
  })
  return gateway
}

async function endpoints({ admin }: TestGateway): Promise<readonly EndpointView[]> {
  const [upstream] = (await (await fetch(`${admin}/upstreams`)).json()) as { endpoints: EndpointView[] }[]
  return upstream!.endpoints
}

const ask = ({ port }: TestGateway, options: CallOptions = {}) => callRest(port, 'GET', '/v1/echo/x', options)

/** Asks so often, one after the other; the statuses and how often each came. */
async function askTimes(served: TestGateway, times: number, options: CallOptions = {}): Promise<Map<number, number>> {
  const statuses = new Map<number, number>()
  for (let n = 0; n < times; n++) {
    const { status } = await ask(served, options)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  return statuses
}

describe('ejection', () => {
  test('an endpoint that answers UNAVAILABLE is ejected at once, and comes back', async () => {
    await startAll('abc')
    const served = await serve({ consecutiveErrors: 3, baseEjection: '3s' })
    const [a] = instances
    a!.behave('unavailable')
    const load = new SteadyLoad(served.port, '/v1/echo/x', 1)
    await until(() => served.log.some((line) => line.includes('is ejected')), 'the ejection')
    const calls = a!.calls()
    const { total } = load
    expect(await endpoints(served)).toMatchObject([
      { state: 'EJECTED', ejections: 1, lastError: 'UNAVAILABLE: a is out of order' },
      { state: 'READY', ejections: 0, lastError: null },
      { state: 'READY', ejections: 0, lastError: null },
    ])
    await until(() => load.total > total + 30, 'the load goes on')
    expect(a!.calls()).toBe(calls)
    a!.behave('answer')
    await until(() => a!.calls() > calls + 10, 'it is called again')
    const { failures } = await load.stop()
    expect(failures.map(({ status }) => status)).toEqual([503, 503, 503])
    expect(await endpoints(served)).toMatchObject([{ state: 'READY', ejections: 1, lastError: null }, {}, {}])
  })

  test('at most maxEjectedPercent of them, however many go wrong', async () => {
    await startAll('abcd')
    for (const instance of instances) instance.behave('unavailable')
    const served = await serve({ consecutiveErrors: 1, maxEjectedPercent: 50 })
    expect(await askTimes(served, 20)).toEqual(new Map([[503, 20]]))
    expect((await endpoints(served)).filter(({ state }) => state === 'EJECTED')).toHaveLength(2)
  })

  test('tries that expire count, by the route’s time-out but not by a client’s wish', async () => {
    await startAll('ab')
    const served = await serve({ consecutiveErrors: 2 }, undefined, {
      policies: [{ select: '*', timeout: '1s' }],
    })
    instances[0]!.behave('hang')
    expect(await askTimes(served, 8, { headers: ['Grpc-Timeout: 200m'] })).toEqual(
      new Map([
        [504, 4],
        [200, 4],
      ]),
    )
    expect((await endpoints(served)).map(({ state }) => state)).toEqual(['READY', 'READY'])
    expect((await askTimes(served, 8)).get(504)).toBe(2)
    expect((await endpoints(served)).map(({ state }) => state)).toEqual(['EJECTED', 'READY'])
  })

  test('answers that are no gRPC count', async () => {
    await startAll('a')
    const broken = await startHostileServer((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'text/html' })
      stream.end('<html>')
    })
    cleanups.push(() => broken.close())
    const served = await serve({ consecutiveErrors: 2 }, [`127.0.0.1:${broken.port}`, instances[0]!.address])
    const statuses = await askTimes(served, 10)
    expect(statuses).toEqual(
      new Map([
        [502, 2],
        [200, 8],
      ]),
    )
    expect(await endpoints(served)).toMatchObject([{ state: 'EJECTED' }, { state: 'READY' }])
  })

  test('errors of the application are none', async () => {
    await startAll('a')
    const notFound = await startHostileServer((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' }, { endStream: true })
    })
    cleanups.push(() => notFound.close())
    const served = await serve({ consecutiveErrors: 1 }, [`127.0.0.1:${notFound.port}`, instances[0]!.address])
    expect((await askTimes(served, 10)).get(404)).toBe(5)
    expect((await endpoints(served)).map(({ state }) => state)).toEqual(['READY', 'READY'])
  })
})

describe('one of three is killed under load', () => {
  test('what never left is sent elsewhere; only calls it had taken fail, and no later one', async () => {
    const spawned: SpawnedInstance[] = await Promise.all(['a', 'b', 'c'].map(spawnInstance))
    for (const instance of spawned) cleanups.push(() => instance.kill())
    const served = await serve(
      { consecutiveErrors: 5 },
      spawned.map(({ address }) => address),
    )
    const clients = 8
    const load = new SteadyLoad(served.port, '/v1/echo/x', clients)
    await until(() => load.total > 200, 'the load runs')
    expect(load.failed).toBe(0)
    spawned[0]!.kill()
    const state = (): string => served.gateway.snapshot.upstreams[0]!.endpoints()[0]!.state
    await until(() => state() !== 'READY', 'the loss is seen')
    const { failed, total } = load
    // A client has one call under way at a time.
    expect(failed).toBeLessThanOrEqual(clients)
    await until(() => load.total > total + 500, 'the load goes on')
    const { failures } = await load.stop()
    expect(failures.length).toBeLessThanOrEqual(clients)
    expect(failures.filter(({ status }) => status !== 503)).toEqual([])
  })
})
