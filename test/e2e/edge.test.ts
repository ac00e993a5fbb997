import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { sendRaw, type RawResponse } from '../support/raw-http.js'
import { callRest } from '../support/rest.js'

/* `edge`: addresses that may come in, and proxies that are believed. */

let upstream: EchoUpstream
let gateway: TestGateway | undefined
beforeAll(async () => {
  upstream = await startEchoUpstream()
})
beforeEach(() => {
  upstream.calls = 0
})
afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
})
afterAll(() => upstream.close())

async function serve(edge: object, policies: readonly object[] = []): Promise<number> {
  gateway = await startGateway({ ...echoConfig(upstream), edge, policies })
  return gateway.port
}

const get = (port: number, headers: readonly string[] = []) => callRest(port, 'GET', '/v1/echo', { headers })

test('who is denied gets 403, and no upstream hears of it', async () => {
  const port = await serve({ deny: ['127.0.0.0/8'] })
  const answer = await get(port)
  expect([answer.status, answer.json]).toMatchObject([403, { code: 7, details: [{ reason: 'ADDRESS_REFUSED' }] }])
  expect((await callRest(port, 'GET', '/nope')).status).toBe(403)
  expect(upstream.calls).toBe(0)
})

test('behind a trusted proxy it is the client that is denied', async () => {
  const port = await serve({ trustedProxies: ['127.0.0.1'], deny: ['203.0.113.0/24'] })
  expect((await get(port, ['X-Forwarded-For: 203.0.113.9'])).status).toBe(403)
  expect((await get(port, ['X-Forwarded-For: 203.0.113.9, 198.51.100.1'])).status).toBe(200)
  expect((await get(port)).status).toBe(200)
})

describe('what the upstream is told of the client', () => {
  const SPOOFED = [
    'X-Forwarded-For: 1.1.1.1',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: evil',
    'Forwarded: for=2.2.2.2',
  ]

  test('without trusted proxies: what the connection shows', async () => {
    const port = await serve({})
    await get(port, SPOOFED)
    expect(upstream.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' })
    expect(upstream.headers['x-forwarded-host']).not.toBe('evil')
    expect(upstream.headers).not.toHaveProperty('forwarded')
  })

  test('from a proxy that is not trusted: the same', async () => {
    const port = await serve({ trustedProxies: ['10.0.0.0/8'] })
    await get(port, SPOOFED)
    expect(upstream.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' })
  })

  test('from one that is: what it says', async () => {
    const port = await serve({ trustedProxies: ['127.0.0.1'] })
    await get(port, [
      'X-Forwarded-For: 9.9.9.9, 203.0.113.9',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: api.example',
    ])
    expect(upstream.headers).toMatchObject({
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'api.example',
    })
  })
})

describe('headers for browsers', () => {
  const ALWAYS = {
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  }
  const NAMES = [...Object.keys(ALWAYS), 'strict-transport-security']
  const seen = ({ headers }: RawResponse): object =>
    Object.fromEntries(NAMES.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)]] : [])))

  test('are not sent unless they are asked for', async () => {
    const port = await serve({})
    expect(seen(await get(port))).toEqual({})
  })

  test.each([
    { what: 'an answer', method: 'GET', path: '/v1/echo', status: 200 },
    { what: 'one of raw bytes', method: 'GET', path: '/v1/raw', status: 200 },
    { what: 'an error of the upstream', method: 'GET', path: '/v1/echo?answer.code=5', status: 404 },
    { what: 'a path that nobody knows', method: 'GET', path: '/nope', status: 404 },
    { what: 'a path that is none', method: 'GET', path: '/a/../b', status: 400 },
    { what: 'OPTIONS', method: 'OPTIONS', path: '/v1/echo', status: 204 },
  ])('$what: $status', async ({ method, path, status }) => {
    const port = await serve({ securityHeaders: true })
    const answer = await callRest(port, method, path)
    expect([answer.status, seen(answer)]).toEqual([status, ALWAYS])
  })

  const CHUNKED =
    'POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
  test.each([
    { what: 'what is no HTTP', bytes: 'NOT HTTP\r\n\r\n', status: 400 },
    { what: 'a body that is broken', bytes: `${CHUNKED}zz\r\n`, status: 400 },
    { what: 'CONNECT', bytes: 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', status: 405 },
    { what: 'headers that do not come', bytes: 'GET /v1/echo HTTP/1.1\r\nHost:', status: 408 },
    {
      what: 'headers that are too large',
      bytes: `GET /v1/echo HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`,
      status: 431,
    },
  ])('$what, of which no request was made: $status', async ({ bytes, status }) => {
    const client = { headerTimeout: '300ms' }
    gateway = await startGateway({ ...echoConfig(upstream), edge: { securityHeaders: true }, client })
    const answer = await sendRaw(gateway.port, bytes)
    expect([answer.status, seen(answer)]).toEqual([status, ALWAYS])
    await gateway.stop()

    gateway = await startGateway({ ...echoConfig(upstream), client })
    const bare = await sendRaw(gateway.port, bytes)
    expect([bare.status, seen(bare)]).toEqual([status, {}])
  })

  test('behind a proxy that speaks TLS browsers are told to go on so', async () => {
    const port = await serve({ securityHeaders: true, trustedProxies: ['127.0.0.1'] })
    const hsts = { 'strict-transport-security': 'max-age=31536000' }
    expect(seen(await get(port, ['X-Forwarded-For: 203.0.113.9', 'X-Forwarded-Proto: https']))).toEqual({
      ...ALWAYS,
      ...hsts,
    })
    expect(seen(await get(port, ['Forwarded: for=203.0.113.9;proto=https']))).toEqual({ ...ALWAYS, ...hsts })
    expect(seen(await get(port, ['X-Forwarded-Proto: http']))).toEqual(ALWAYS)
  })

  test('a client that says that it does is not believed', async () => {
    const port = await serve({ securityHeaders: true })
    expect(seen(await get(port, ['X-Forwarded-Proto: https']))).toEqual(ALWAYS)
  })

  test('what the upstream and policies say of them goes before', async () => {
    const port = await serve({ securityHeaders: true }, [
      { select: '*', headers: { response: { set: { 'referrer-policy': 'origin' }, remove: ['x-frame-options'] } } },
    ])
    const headers = [{ name: 'cache-control', value: 'max-age=60' }]
    const answer = await callRest(port, 'POST', '/v1/echo', { body: { answer: { headers } } })
    const { 'x-frame-options': _, ...others } = ALWAYS
    expect(seen(answer)).toEqual({ ...others, 'cache-control': 'max-age=60', 'referrer-policy': 'origin' })
  })
})

describe('the request id', () => {
  const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
  test.each([
    { what: 'none', headers: [], kept: undefined },
    { what: 'one', headers: ['X-Request-Id: a.b-c_d~1'], kept: 'a.b-c_d~1' },
    { what: 'of 128 characters', headers: [`X-Request-Id: ${'a'.repeat(128)}`], kept: 'a'.repeat(128) },
    { what: 'of 129', headers: [`X-Request-Id: ${'a'.repeat(129)}`], kept: undefined },
    { what: 'empty', headers: ['X-Request-Id: '], kept: undefined },
    { what: 'with a blank', headers: ['X-Request-Id: a b'], kept: undefined },
    { what: 'with a quote', headers: ['X-Request-Id: a"b'], kept: undefined },
    { what: 'beyond ASCII', headers: ['X-Request-Id: \u00e9'], kept: undefined },
    { what: 'two', headers: ['X-Request-Id: a', 'X-Request-Id: b'], kept: undefined },
    { what: 'in a name that is none', headers: ['X_Request_Id: a'], kept: undefined },
    { what: 'as metadata', headers: ['Grpc-Metadata-X-Request-Id: a'], kept: undefined },
  ])('$what: the same in the answer and upstream', async ({ headers, kept }) => {
    const port = await serve({})
    const id = (await get(port, headers)).headers.get('x-request-id')!
    if (kept === undefined) expect(id).toMatch(UUID)
    else expect(id).toBe(kept)
    expect(upstream.headers['x-request-id']).toBe(id)
  })

  test('a refusal has one too, and what is no request', async () => {
    const port = await serve({})
    expect((await callRest(port, 'GET', '/nope', { headers: ['X-Request-Id: a'] })).headers.get('x-request-id')).toBe(
      'a',
    )
    expect((await sendRaw(port, 'NOT HTTP\r\n\r\n')).headers.get('x-request-id')).toMatch(UUID)
  })
})

test.each([
  { edge: { deny: ['10.0.0.0/33'] }, error: '"10.0.0.0/33" is not a network (edge.deny[0])' },
  { edge: { allow: ['example.com'] }, error: '"example.com" is not a network (edge.allow[0])' },
  { edge: { trustedProxies: ['10.0.0.0/08'] }, error: '"10.0.0.0/08" is not a network' },
  { edge: { trustedProxies: ['*'] }, error: '"*" is not a network' },
  { edge: { deny: '10.0.0.0/8' }, error: 'edge.deny' },
])('$error', async ({ edge, error }) => {
  await expect(serve(edge)).rejects.toThrow(error)
})
