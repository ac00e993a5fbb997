import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { sendRaw } from '../support/raw-http.js'

/* `policies[].headers`: what goes upstream and what comes back, edited. */

let upstream: EchoUpstream
let gateway: TestGateway | undefined
beforeAll(async () => {
  upstream = await startEchoUpstream()
})
afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
})
afterAll(() => upstream.close())

async function serve(headers: object): Promise<number> {
  gateway = await startGateway({ ...echoConfig(upstream), policies: [{ select: '*', headers }] })
  return gateway.port
}
const get = (port: number, target: string, headers = '') =>
  sendRaw(port, `GET ${target} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`)

test('request headers are removed, and set in place of what the client sent', async () => {
  const port = await serve({ request: { set: { 'X-Tenant': 'acme', 'x-new': '1' }, remove: ['X-Debug'] } })
  await get(port, '/v1/echo', 'x-tenant: evil\r\nX-DEBUG: yes\r\nx-kept: k\r\n')
  expect(upstream.headers).toMatchObject({ 'x-tenant': 'acme', 'x-new': '1', 'x-kept': 'k' })
  expect(upstream.headers).not.toHaveProperty('x-debug')
})

test.each([
  { what: 'an answer', target: '/v1/echo', status: 200 },
  { what: 'an error of the gateway', target: '/v1/echo?nope=1', status: 400 },
])('response headers are set and removed on $what', async ({ target, status }) => {
  const port = await serve({ response: { set: { 'x-frame-options': 'DENY' }, remove: ['x-powered-by'] } })
  const response = await get(port, target)
  expect(response.status).toBe(status)
  expect(response.headers.get('x-frame-options')).toBe('DENY')
  expect(response.headers.get('x-request-id')).toBeDefined()
})

test('a method without edits is untouched', async () => {
  gateway = await startGateway(echoConfig(upstream))
  expect((await get(gateway.port, '/v1/echo')).headers.has('x-frame-options')).toBe(false)
})

test.each([
  { headers: { request: { set: { 'grpc-timeout': '1S' } } }, error: 'the header grpc-timeout is not for edits' },
  { headers: { request: { set: { 'x-protobridge-identity': 'me' } } }, error: 'is not for edits' },
  { headers: { response: { remove: ['Content-Length'] } }, error: 'the header content-length is not for edits' },
  { headers: { response: { set: { 'x a': '1' } } }, error: '"x a" is not a header\'s name' },
  { headers: { response: { set: { 'x-a': 'a\r\nb: c' } } }, error: "cannot be a header's value" },
  { headers: { response: { set: { 'x-a': '1', 'X-A': '2' } } }, error: 'X-A is set twice' },
])('$headers is refused', async ({ headers, error }) => {
  await expect(serve(headers)).rejects.toThrow(error)
})
