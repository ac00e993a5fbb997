import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import { until } from '../support/calls.js'
import { ECHO_PROTO } from '../support/echo-project.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { startInstance, type Instance } from '../support/grpc-servers/instance.js'
import { Project } from '../support/project.js'
import { callRest } from '../support/rest.js'
import { SteadyLoad } from '../support/steady-load.js'

/* How endpoints are chosen, through the gateway: what is configured and what a request brings come to the balancer. */

const project = new Project({ 'protos/echo/echo.proto': ECHO_PROTO })
let instances: Instance[] = []
let gateway: TestGateway | undefined

afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
  for (const instance of instances) instance.stop()
  instances = []
})
afterAll(() => project.remove())

async function serve(names: string, balancer: unknown, more: object = {}): Promise<TestGateway> {
  instances = await Promise.all([...names].map((name) => startInstance(name)))
  gateway = await startGateway({
    schema: [{ protos: ['echo/*.proto'], roots: [`${project.path}/protos`] }],
    upstreams: {
      echo: {
        target: `static:///${instances.map(({ address }) => address).join()}`,
        services: ['echo.v1.*'],
        balancer,
      },
    },
    ...more,
  })
  return gateway
}

/** The name of the instance that answers. */
async function ask({ port }: TestGateway, headers: readonly string[] = []): Promise<string> {
  const { json, body } = await callRest(port, 'GET', '/v1/echo/x', { headers })
  return (json as { text?: string } | undefined)?.text ?? body
}

const stop = (name: string): void => instances.find((instance) => instance.name === name)!.stop()

describe('ring_hash', () => {
  const USERS = Array.from({ length: 40 }, (_, at) => `X-User: user-${at}`)

  test('by header: a user stays with one endpoint; when it goes, only its own users move, and no call fails', async () => {
    const served = await serve('abcd', { ring_hash: { by: 'header:x-user' } })
    const askAll = (): Promise<string[]> => Promise.all(USERS.map((header) => ask(served, [header])))
    // All at once, while nothing is connected yet.
    const before = await askAll()
    expect(new Set(before)).toEqual(new Set('abcd'))
    expect(await askAll()).toEqual(before)
    stop('b')
    const after = await askAll()
    before.forEach((name, at) => {
      if (name === 'b') expect('acd').toContain(after[at])
      else expect(after[at]).toBe(name)
    })
  })

  test.each([
    { by: 'header:x-user', what: 'requests without the header', headers: [] },
    { by: 'address', what: 'one client', headers: USERS },
    {
      by: 'address',
      what: 'one client, whatever it says of itself',
      headers: [1, 2, 3, 4, 5, 6].map((n) => `X-Forwarded-For: 10.0.0.${n}`),
    },
    { by: 'global', what: 'all calls', headers: USERS },
  ])('by $by: $what go to one endpoint', async ({ by, headers }) => {
    const served = await serve('abcd', { ring_hash: { by } })
    const names = await Promise.all(
      (headers.length > 0 ? headers : Array.from(USERS, () => '')).map((line) =>
        ask(served, line === '' ? [] : [line]),
      ),
    )
    expect(new Set(names).size).toBe(1)
    expect('abcd').toContain(names[0])
  })
})

describe('pick_first', () => {
  test('all calls go to the first, also while it connects; then to the next, and no call fails', async () => {
    const served = await serve('abc', 'pick_first')
    const burst = (): Promise<string[]> => Promise.all(Array.from({ length: 20 }, () => ask(served)))
    expect(new Set(await burst())).toEqual(new Set('a'))
    stop('a')
    expect(new Set(await burst())).toEqual(new Set('b'))
    expect(instances[2]!.calls()).toBe(0)
  })
})

describe('least_request', () => {
  test('an endpoint that hangs gets few calls', async () => {
    const served = await serve('abc', 'least_request', { policies: [{ select: '*', timeout: '1s' }] })
    const load = new SteadyLoad(served.port, '/v1/echo/x')
    await until(() => instances.every(({ calls }) => calls() > 10), 'all three are called')
    const [hanging] = instances
    hanging!.behave('hang')
    const { total } = load
    const calls = hanging!.calls()
    await until(() => load.total > total + 300, 'the others go on', 10_000)
    // Four clients: with two calls of theirs hanging, the other two find a better one in every draw.
    const hung = hanging!.calls() - calls
    const { failures } = await load.stop()
    expect(hung).toBeLessThan(30)
    expect(failures.every(({ status }) => status === 504)).toBe(true)
    expect(failures.length).toBeLessThanOrEqual(hung)
  })
})
