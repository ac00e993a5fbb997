import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get as httpsGet } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { CertificateAuthority } from '../support/certificates.js'
import { echoConfig, startEchoUpstream, type EchoUpstream, type Field } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { callRest, type JsonAnswer } from '../support/rest.js'

/* Rulings: "Headers". What of a request's headers reaches the upstream, and what of its metadata comes back. */

let upstream: EchoUpstream
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startEchoUpstream()
  gateway = await startGateway(echoConfig(upstream))
})
afterAll(async () => {
  await gateway.stop()
  upstream.close()
})

/** What the upstream got of these header lines, the pseudo-headers and what the transport adds left out. */
async function received(...headers: string[]): Promise<readonly Field[]> {
  const { json } = await callRest(gateway.port, 'GET', '/v1/echo', { headers })
  const own = ['te', 'grpc-timeout', 'grpc-accept-encoding', 'accept-encoding', 'content-type', 'user-agent']
  const { headers: fields } = json as { headers: readonly Field[] }
  return fields.filter(({ name }) => !name.startsWith(':') && !own.includes(name))
}

const ADDED = ['x-request-id', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']
const pairs = (fields: readonly Field[]): string[] =>
  fields.filter(({ name }) => !ADDED.includes(name)).map(({ name, value = '' }) => `${name}: ${value}`)

describe('request headers', () => {
  test.each([
    {
      name: 'go on in lower case',
      send: ['X-Tenant: Acme', 'ACCEPT-LANGUAGE: de'],
      want: ['x-tenant: Acme', 'accept-language: de'],
    },
    {
      name: 'sent more than once go on as often, in order',
      send: ['X-A: 1', 'X-B: 2', 'x-a: 3'],
      want: ['x-a: 1', 'x-a: 3', 'x-b: 2'],
    },
    { name: 'that are empty go on', send: ['X-A:'], want: ['x-a: '] },
    {
      name: 'with credentials go on where no provider reads them',
      send: ['Authorization: Bearer t', 'Cookie: a=b; c=d'],
      want: ['authorization: Bearer t', 'cookie: a=b; c=d'],
    },
    {
      name: 'content-language and content-disposition go on',
      send: ['Content-Language: en', 'Content-Disposition: inline'],
      want: ['content-language: en', 'content-disposition: inline'],
    },
    {
      name: 'traceparent and baggage go on',
      send: ['traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'baggage: a=b'],
      want: ['traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'baggage: a=b'],
    },
    {
      name: 'of the hop stay',
      send: [
        'Keep-Alive: 5',
        'Proxy-Connection: keep-alive',
        'Proxy-Authorization: Basic x',
        'TE: trailers',
        'Trailer: X-T',
        'Upgrade: x',
      ],
      want: [],
    },
    {
      name: 'that Connection names stay',
      send: ['Connection: close, X-Secret', 'X-Secret: 1', 'X-Open: 2'],
      want: ['x-open: 2'],
    },
    {
      name: 'that Connection names stay, under Grpc-Metadata- too',
      send: ['Connection: Grpc-Metadata-X', 'Grpc-Metadata-X: 1'],
      want: [],
    },
    {
      name: 'of the content stay',
      send: ['Content-Type: text/plain', 'Content-Range: bytes 0-1/2', 'Content-Encoding: x'],
      want: [],
    },
    { name: 'of gRPC stay', send: ['Grpc-Encoding: gzip', 'Grpc-Status: 0', 'grpc-anything: x'], want: [] },
    { name: 'with _ in the name are dropped', send: ['X_Forwarded_For: 1', 'a_b: 2'], want: [] },
    {
      name: 'that speak of identity are dropped',
      send: ['X-Forwarded-Prefix: /', 'X-Protobridge-Identity: root', 'Forwarded: for=1'],
      want: [],
    },
    {
      name: 'Grpc-Metadata-X becomes x',
      send: ['Grpc-Metadata-X: v', 'grpc-metadata-Y-Bin: AQI='],
      want: ['x: v', 'y-bin: AQI'],
    },
    {
      name: 'Grpc-Metadata- never makes a reserved or identity name',
      send: [
        'Grpc-Metadata-Grpc-Status: 0',
        'Grpc-Metadata-Grpc-Metadata-X: 0',
        'Grpc-Metadata-Host: h',
        'Grpc-Metadata-TE: x',
        'Grpc-Metadata-Content-Type: x',
        'Grpc-Metadata-X-Forwarded-For: 1',
        'Grpc-Metadata-X-Protobridge-Identity: root',
        'Grpc-Metadata-X-Request-Id: x',
        'Grpc-Metadata-A_B: x',
        'Grpc-Metadata-: x',
      ],
      want: [],
    },
    { name: '-bin goes on as base64', send: ['X-Bin: AQID', 'Y-Bin: AQI='], want: ['x-bin: AQID', 'y-bin: AQI'] },
    {
      name: 'that are not printable ASCII are dropped',
      send: ['X-A: caf\xe9', 'X-B: a\tb', 'X-C: ok'],
      want: ['x-c: ok'],
    },
  ])('$name', async ({ send, want }) => {
    const got = pairs(await received(...send)).map((pair) => (/-bin: /.test(pair) ? pair.replace(/=+$/, '') : pair))
    expect(got.sort()).toEqual([...want].sort())
  })

  test('the gateway tells who calls, how and where to', async () => {
    expect(await received('X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: evil')).toEqual(
      expect.arrayContaining([
        { name: 'x-forwarded-for', value: '127.0.0.1' },
        { name: 'x-forwarded-proto', value: 'http' },
        { name: 'x-forwarded-host', value: 'a' },
      ]),
    )
  })

  test('an IPv4 caller of a dual-stack listener is told as what it is', async () => {
    const dual = await startGateway({ ...echoConfig(upstream), listen: { host: '::', port: 0 } })
    await callRest(dual.port, 'GET', '/v1/echo')
    expect(upstream.headers['x-forwarded-for']).toBe('127.0.0.1')
    await dual.stop()
  })

  test('over HTTPS, x-forwarded-proto says so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'protobridge-https-'))
    const authority = await CertificateAuthority.create()
    const { cert, key } = await authority.issueForLocalhost()
    writeFileSync(join(folder, 'c.pem'), cert)
    writeFileSync(join(folder, 'k.pem'), key)
    const tls = { cert: join(folder, 'c.pem'), key: join(folder, 'k.pem') }
    const secure = await startGateway({ ...echoConfig(upstream), listen: { host: '127.0.0.1', port: 0, tls } })
    const status = await new Promise((resolve, reject) => {
      const options = { port: secure.port, host: '127.0.0.1', path: '/v1/echo', ca: authority.cert, agent: false }
      httpsGet(options, (res) => {
        res.resume()
        res.on('end', () => resolve(res.statusCode))
      }).on('error', reject)
    })
    expect(status).toBe(200)
    expect(upstream.headers['x-forwarded-proto']).toBe('https')
    expect(upstream.headers['x-forwarded-host']).toBe(`127.0.0.1:${secure.port}`)
    await secure.stop()
    rmSync(folder, { recursive: true })
  })

  test('reserved to the transport, none comes twice', async () => {
    const { json } = await callRest(gateway.port, 'GET', '/v1/echo', {
      headers: ['User-Agent: curl', 'Accept-Encoding: br', 'Accept: */*', 'Grpc-Timeout: 5S'],
    })
    const names = (json as { headers: readonly Field[] }).headers.map(({ name }) => name)
    for (const name of ['te', 'content-type', 'grpc-timeout', 'user-agent', ':path', ':authority']) {
      expect(names.filter((one) => one === name)).toHaveLength(1)
    }
  })
})

describe('x-request-id', () => {
  test.each(['a', 'A-Z_a.z~0', 'x'.repeat(128)])('%s is kept, up and down', async (id) => {
    const answer = await callRest(gateway.port, 'GET', '/v1/echo', { headers: [`X-Request-Id: ${id}`] })
    expect(answer.headers.get('x-request-id')).toBe(id)
    expect(upstream.headers['x-request-id']).toBe(id)
  })

  test.each(['', 'a b', 'a,b', 'x'.repeat(129), 'ü', '<script>'])('%j is replaced', async (id) => {
    const answer = await callRest(gateway.port, 'GET', '/v1/echo', { headers: [`X-Request-Id: ${id}`] })
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(upstream.headers['x-request-id']).toBe(answer.headers.get('x-request-id'))
  })

  test('sent twice, it is replaced; two requests never get the same', async () => {
    const send = (headers: string[]) => callRest(gateway.port, 'GET', '/v1/echo', { headers })
    const ids = await Promise.all(
      [['X-Request-Id: a', 'X-Request-Id: b'], [], []].map(async (headers) =>
        (await send(headers)).headers.get('x-request-id'),
      ),
    )
    expect(new Set(ids).size).toBe(3)
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('response metadata', () => {
  /** The answer to a call whose upstream sends these as headers and trailers. */
  const answered = (headers: readonly Field[], trailers: readonly Field[] = [], code = 0): Promise<JsonAnswer> =>
    callRest(gateway.port, 'POST', '/v1/echo', { body: { answer: { headers, trailers, code } } })
  const field = (name: string, value: string): Field => ({ name, value })

  test.each([0, 5])('comes back under its own name, headers and trailers alike (status %i)', async (code) => {
    const { headers } = await answered([field('x-a', '1'), field('etag', '"v"')], [field('x-t', '2')], code)
    expect([headers.get('x-a'), headers.get('etag'), headers.get('x-t')]).toEqual(['1', '"v"', '2'])
  })

  test('more than once, as often, in order', async () => {
    const { headerLines } = await answered(
      [field('set-cookie', 'a=1'), field('set-cookie', 'b=2')],
      [field('x-t', '1'), field('x-t', '2')],
    )
    expect(headerLines.filter(([name]) => ['set-cookie', 'x-t'].includes(name))).toEqual([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['x-t', '1'],
      ['x-t', '2'],
    ])
  })

  test('-bin comes back as base64, content-disposition and content-language as they are', async () => {
    const { headers } = await answered([
      field('x-bin', 'AQI'),
      field('content-language', 'en'),
      field('content-disposition', 'inline'),
    ])
    expect([headers.get('x-bin'), headers.get('content-language'), headers.get('content-disposition')]).toEqual([
      'AQI',
      'en',
      'inline',
    ])
  })

  test.each([
    'access-control-allow-origin',
    'access-control-allow-credentials',
    'ratelimit',
    'ratelimit-policy',
    'retry-after',
    'www-authenticate',
    'traceresponse',
    'vary',
    'content-encoding',
    'content-range',
    'trailer',
    'grpc-anything',
  ])('%s is reserved: it does not come back', async (name) => {
    const { status, headers } = await answered([], [field(name, 'upstream')])
    expect(status).toBe(200)
    expect(headers.get(name)).not.toBe('upstream')
  })

  test('x-request-id, date and content-type stay the gateway’s', async () => {
    const answer = await answered([field('x-request-id', 'upstream'), field('date', 'never')])
    expect(answer.headers.get('x-request-id')).not.toContain('upstream')
    expect(answer.headers.get('date')).toMatch(/GMT$/)
    expect(answer.headers.get('content-type')).toBe('application/json')
  })
})

describe('every response', () => {
  test.each([
    { name: 'of an RPC', target: '/v1/echo', status: 200 },
    { name: 'of an error', target: '/nowhere', status: 404 },
  ])('$name has a date, an id, a type, a length, and what it varies with', async ({ target, status }) => {
    const answer = await callRest(gateway.port, 'GET', target)
    expect(answer.status).toBe(status)
    expect([...answer.headers.keys()].sort()).toEqual(
      ['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'vary', 'x-request-id'].sort(),
    )
  })
})
