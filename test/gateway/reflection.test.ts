import { afterEach, describe, expect, test } from '@jest/globals'
import { startInventoryServer } from '../../examples/servers/inventory.js'
import { LoadError } from '../../src/problems/index.js'
import { until } from '../support/calls.js'
import { startEchoUpstream } from '../support/echo-project.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Project } from '../support/project.js'

interface Closable {
  stop(): unknown
}

const open: Closable[] = []
const projects: Project[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop()
  for (const project of projects.splice(0)) project.remove()
})

function opened<T extends Closable>(one: T): T {
  open.push(one)
  return one
}

/** The port of a server that has been, and is away. */
async function portOfOneAway(): Promise<number> {
  const server = await startInventoryServer({ port: 0 })
  await server.stop()
  return server.port
}

const reflected = (port: number): object => ({
  schema: [{ reflection: 'inventory' }],
  mappings: ['mappings/inventory.yaml'],
  upstreams: { inventory: { target: `dns:///127.0.0.1:${port}`, services: ['inventory.v1.*'] } },
})

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status
const untilServed = (gateway: TestGateway): Promise<void> =>
  until(() => gateway.gateway.snapshot.awaitedReflection.length === 0, 'the reflection', 15_000)

describe('reflection as the schema', () => {
  test('mapping files and selectors go by what the server tells', async () => {
    const server = opened(await startInventoryServer({ port: 0 }))
    const gateway = opened(await startGateway(reflected(server.port)))
    expect(await statusOf(`${gateway.url}/v1/items`)).toBe(200)
    expect(gateway.gateway.status()).toMatchObject({ isReady: true, generation: 1, unmappedMethods: 1 })
  })

  test('a server that is away at the start: what is known is served, the rest when it comes', async () => {
    const echo = opened(await startEchoUpstream())
    const project = new Project({
      'echo.proto': `syntax = "proto3"; package echo.v1; import "google/api/annotations.proto";
        message Text { string text = 1; }
        service EchoService { rpc Echo(Text) returns (Text) { option (google.api.http) = { get: "/v1/echo/{text}" }; } }`,
    })
    projects.push(project)
    const port = await portOfOneAway()
    const { schema, upstreams, ...rest } = reflected(port) as { schema: object[]; upstreams: object }
    const gateway = opened(
      await startGateway({
        ...rest,
        schema: [{ protos: ['echo.proto'], roots: [project.path] }, ...schema],
        upstreams: { ...upstreams, echo: { target: echo.target, services: ['echo.v1.*'] } },
        policies: [{ select: 'inventory.v1.InventoryService.ListItems', timeout: '1s' }],
      }),
    )
    expect(await statusOf(`${gateway.url}/v1/echo/a`)).toBe(200)
    expect(await statusOf(`${gateway.url}/v1/items`)).toBe(503)
    const readiness = await fetch(`${gateway.admin}/readyz`)
    expect({ status: readiness.status, body: await readiness.json() }).toMatchObject({
      status: 503,
      body: {
        checks: expect.arrayContaining([expect.objectContaining({ name: 'reflection of inventory', isOk: false })]),
      },
    })
    expect(gateway.log.join('')).toMatch(/reflection of inventory: .*its methods are not served until it answers/)
    opened(await startInventoryServer({ port }))
    await untilServed(gateway)
    expect(await statusOf(`${gateway.url}/v1/items`)).toBe(200)
    expect(await statusOf(`${gateway.url}/v1/echo/a`)).toBe(200)
    expect(await statusOf(`${gateway.admin}/readyz`)).toBe(200)
    expect(gateway.gateway.status().generation).toBe(2)
  })

  test('what is wrong without it refuses the start all the same', async () => {
    const port = await portOfOneAway()
    const project = new Project({
      'm.yaml': 'type: google.api.Service\nhttp: { rules: [{ selector: x.v1.Y.Z, get: "/v1/{" }] }\n',
    })
    projects.push(project)
    const start = startGateway({ ...reflected(port), mappings: [`${project.path}/m.yaml`] })
    await expect(start).rejects.toBeInstanceOf(LoadError)
  })

  test('a selector that turns out to match nothing: told, not ready, served when it is mended', async () => {
    const port = await portOfOneAway()
    const gateway = opened(
      await startGateway({ ...reflected(port), policies: [{ select: 'inventory.v1.Nothing.*', timeout: '1s' }] }),
    )
    opened(await startInventoryServer({ port }))
    await until(() => gateway.gateway.status().lastErrors.length > 0, 'the refusal', 15_000)
    expect(gateway.gateway.status().lastErrors).toEqual([
      expect.stringContaining('selector "inventory.v1.Nothing.*" matches no method'),
    ])
    expect(await statusOf(`${gateway.admin}/readyz`)).toBe(503)
    expect(gateway.gateway.status().generation).toBe(1)
  })

  test('a reload while the server is away: what it told before goes on being used', async () => {
    const server = await startInventoryServer({ port: 0 })
    const gateway = opened(await startGateway(reflected(server.port)))
    await server.stop()
    expect(await gateway.gateway.reload()).toEqual({ generation: 2 })
    expect(gateway.log.join('')).toContain('what it told before goes on being used')
    opened(await startInventoryServer({ port: server.port }))
    // The connection is tried again after a pause of its own.
    while ((await statusOf(`${gateway.url}/v1/items`)) !== 200) await new Promise((resolve) => setTimeout(resolve, 20))
  })

  test('a server without reflection: said, with what to do', async () => {
    const echo = opened(await startEchoUpstream())
    const gateway = opened(
      await startGateway({ schema: [{ reflection: 'a' }], upstreams: { a: { target: echo.target, services: ['*'] } } }),
    )
    expect(gateway.log.join('')).toContain('the server has no reflection service: enable it there')
    expect(await statusOf(`${gateway.url}/v1/echo/a`)).toBe(503)
  })
})
