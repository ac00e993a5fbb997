import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createApp } from '../../examples/embed-express/app.js'
import { createListener } from '../../examples/embed-node-http/listener.js'
import { projectRoot } from '../../examples/servers/support/protos.js'
import { createGateway } from '../../src/index.js'
import type { Gateway } from '../../src/index.js'
import { startExamples } from '../support/example-servers.js'
import type { ExampleServers } from '../support/example-servers.js'

let examples: ExampleServers

beforeAll(async () => {
  examples = await startExamples()
})

afterAll(() => examples.stop())

async function listen(listener: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const post = (body: unknown) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

describe('in an Express app, below /api', () => {
  let gateway: Gateway
  let server: Server
  let url: string

  beforeAll(async () => {
    gateway = await createGateway({
      schema: [{ protos: ['library/v1/*.proto'], roots: [join(projectRoot(), 'protos')] }],
      upstreams: { library: { target: `static:///${examples.library}`, services: ['library.v1.*'] } },
      telemetry: { accessLog: 'none' },
    })
    ;({ server, url } = await listen(createApp(gateway)))
  })

  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await gateway.close()
  })

  test.each([
    { path: '/hello', status: 200, answer: { hello: 'from Express' } },
    { path: '/api/v1/shelves/1/books/2', status: 200, answer: { name: 'shelves/1/books/2', title: 'Solaris' } },
    { path: '/api/v1/shelves/1/books/9', status: 404, answer: { code: 5 } },
    { path: '/api/v1/nothing', status: 404, answer: { error: 'neither Express nor the gateway knows this' } },
    { path: '/v1/shelves/1', status: 404, answer: { error: 'neither Express nor the gateway knows this' } },
  ])('GET $path', async ({ path, status, answer }) => {
    const response = await fetch(url + path)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject(answer)
  })

  test('bodies reach the gateway, and the routes behind it', async () => {
    const created = await fetch(`${url}/api/v1/shelves`, post({ theme: 'Maps' }))
    expect(await created.json()).toMatchObject({ theme: 'Maps', name: expect.stringMatching(/^shelves\//) })
    expect(await (await fetch(`${url}/echo`, post({ a: [1] }))).json()).toEqual({ a: [1] })
  })
})

describe('in a bare node:http server', () => {
  let gateway: Gateway
  let server: Server
  let url: string

  beforeAll(async () => {
    const env = {
      INVENTORY_PORT: examples.inventory.slice(examples.inventory.indexOf(':') + 1),
      OTEL_SDK_DISABLED: 'true',
    }
    gateway = await createGateway(join(projectRoot(), 'examples', 'embed-node-http', 'protobridge.yaml'), { env })
    ;({ server, url } = await listen(createListener(gateway)))
  })

  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await gateway.close()
  })

  test('its own route', async () => {
    expect(await (await fetch(`${url}/hello`)).text()).toBe('hello from node:http\n')
  })

  test.each([
    { path: '/v1/items/INK%2FBLACK', status: 200, answer: { sku: 'INK/BLACK', instructions: expect.any(String) } },
    { path: '/v1/products/BOX-S', status: 200, answer: { sku: 'BOX-S', priceCents: '95' } },
    { path: '/v1/stock:count', status: 200, answer: { berlin: '612' } },
    { path: '/v1/nothing', status: 404, answer: { code: 5 } },
  ])('GET $path', async ({ path, status, answer }) => {
    const response = await fetch(url + path)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject(answer)
  })

  test('HEAD asks the method the mapping file names for it', async () => {
    expect((await fetch(`${url}/v1/items/BOX-S`, { method: 'HEAD' })).status).toBe(200)
    expect((await fetch(`${url}/v1/items/NONE`, { method: 'HEAD' })).status).toBe(404)
  })
})
