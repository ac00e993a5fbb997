import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openGateway, type OperatedGateway } from '../../src/gateway/index.js'
import { startExamples, type ExampleServers } from '../support/example-servers.js'
import { callRest } from '../support/rest.js'

/* examples/secured: who may do what. */

let servers: ExampleServers
let gateway: OperatedGateway
let port: number
beforeAll(async () => {
  servers = await startExamples()
  const env = {
    LIBRARY_PORT: servers.library.split(':').at(-1)!,
    PROTOBRIDGE_PORT: '0',
    PROTOBRIDGE_ADMIN_PORT: '0',
    OTEL_SDK_DISABLED: 'true',
  }
  gateway = await openGateway({ kind: 'file', path: 'examples/secured/protobridge.yaml' }, { env })
  const { urls } = await gateway.listen()
  port = Number(new URL(urls[0]!).port)
})
afterAll(async () => {
  await gateway.close()
  await servers.stop()
})

test.each([
  { who: undefined, method: 'GET', path: '/v1/shelves/1', status: 200 },
  { who: undefined, method: 'GET', path: '/v1/shelves/1/books', status: 401 },
  { who: 'demo-key', method: 'GET', path: '/v1/shelves/1/books', status: 200 },
  { who: 'demo-key', method: 'DELETE', path: '/v1/shelves/1/books/1', status: 403 },
  { who: 'demo-admin-key', method: 'DELETE', path: '/v1/shelves/1/books/1', status: 200 },
  { who: 'other', method: 'GET', path: '/v1/shelves/1/books', status: 401 },
])('$who, $method $path: $status', async ({ who, method, path, status }) => {
  const headers = who === undefined ? [] : [`x-api-key: ${who}`]
  expect((await callRest(port, method, path, { headers })).status).toBe(status)
})
