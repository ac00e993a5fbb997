import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Project } from '../support/project.js'
import { sendRaw } from '../support/raw-http.js'

/*
 * Whose counter a request spends is not for clients to say (rulings, "Callers"). A limit lets one request of each caller through,
 * and it has been sent, as everybody sends it, before each row sends one with a trick: it has to be answered 429, or refused before
 * it counts.
 */

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
let upstream: EchoUpstream
let project: Project
let gateway: TestGateway | undefined
beforeAll(async () => {
  upstream = await startEchoUpstream()
  project = new Project({
    'keys.yaml': `keys: [{ id: ann, sha256: ${sha256('ann')}, claims: { tenant: t1 } }, { id: bob, sha256: ${sha256('bob')} }]`,
  })
})
afterAll(async () => {
  await gateway?.stop()
  upstream.close()
  project.remove()
})

async function serve(by: string, more: object = {}): Promise<number> {
  await gateway?.stop()
  gateway = await startGateway({
    ...echoConfig(upstream),
    policies: [{ select: '*', limits: [{ name: 'one', rate: '1/h', by }] }],
    ...more,
  })
  return gateway.port
}

/** @param lines of the head, after the request line and Host */
async function send(port: number, lines: readonly string[] = [], line = 'GET /v1/echo HTTP/1.1'): Promise<number> {
  const head = [line, ...(line.endsWith('1.0') ? [] : ['Host: gateway.example']), ...lines, '', '']
  return (await sendRaw(port, head.join('\r\n'), { isHead: line.startsWith('HEAD') })).status
}

describe('by address, of a client that connects itself', () => {
  let port = 0
  beforeAll(async () => {
    port = await serve('address')
    expect(await send(port)).toBe(200)
  })

  test.each([
    ...[
      'X-Forwarded-For: 1.1.1.1',
      'x-forwarded-for: 1.1.1.1',
      'X-FORWARDED-FOR: 1.1.1.1',
      'X_Forwarded_For: 1.1.1.1',
      'X-Forwarded_For: 1.1.1.1',
      'X-Forwarded-For: 127.0.0.2, 127.0.0.1',
      'X-Forwarded-For: ::1',
      'Forwarded: for=1.1.1.1',
      'Forwarded: for="[2001:db8::1]"',
      'X-Real-IP: 1.1.1.1',
      'X-Client-IP: 1.1.1.1',
      'X-Cluster-Client-IP: 1.1.1.1',
      'X-Originating-IP: 1.1.1.1',
      'X-Remote-Addr: 1.1.1.1',
      'Client-IP: 1.1.1.1',
      'True-Client-IP: 1.1.1.1',
      'CF-Connecting-IP: 1.1.1.1',
      'Fastly-Client-IP: 1.1.1.1',
      'Via: 1.1 other',
      'X-Forwarded-Host: other.example',
      'X-Forwarded-Proto: https',
      'X-Request-Id: other',
      'X-Correlation-Id: other',
      'Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'X-Protobridge-Identity: other',
      'X-Protobridge-Claim-Tenant: other',
      'X_Protobridge_Identity: other',
      'Grpc-Metadata-X-Forwarded-For: 1.1.1.1',
      'Grpc-Metadata-X-Protobridge-Identity: other',
      'Connection: close, X-Forwarded-For',
      'Connection: keep-alive, X-Request-Id',
      'X-HTTP-Method-Override: DELETE',
      'Authorization: Bearer other',
      'X-Api-Key: other',
      'Cookie: session=other',
      'User-Agent: other',
      'Origin: https://other.example',
    ].map((header) => ({ what: header, lines: [header] })),
    { what: 'a header twice', lines: ['X-Forwarded-For: 1.1.1.1', 'X-Forwarded-For: 2.2.2.2'] },
    { what: 'both spellings', lines: ['X_Forwarded_For: 1.1.1.1', 'X-Forwarded-For: 2.2.2.2'] },
    { what: 'two request ids', lines: ['X-Request-Id: a', 'X-Request-Id: b'] },
    { what: 'another host', lines: [], line: 'GET http://other.example/v1/echo HTTP/1.1' },
    { what: 'HTTP/1.0', lines: [], line: 'GET /v1/echo HTTP/1.0' },
    { what: 'HEAD', lines: [], line: 'HEAD /v1/echo HTTP/1.1' },
    { what: 'the path in another spelling', lines: [], line: 'GET /v1/%65cho HTTP/1.1' },
    { what: 'another template of the method', lines: [], line: 'GET /v1/echo/x HTTP/1.1' },
    { what: 'a query', lines: [], line: 'GET /v1/echo?text=other HTTP/1.1' },
  ])('$what', async ({ lines, line }: { lines: string[]; line?: string }) => {
    expect(await send(port, lines, line)).toBe(429)
  })

  test.each([
    { what: 'a space before the colon', lines: ['X-Forwarded-For : 1.1.1.1'] },
    { what: 'a line that goes on', lines: ['X-A: 1', ' X-Forwarded-For: 1.1.1.1'] },
    { what: 'a bare CR', lines: ['X-A: 1\rX-Forwarded-For: 1.1.1.1'] },
    { what: 'a NUL', lines: ['X-Forwarded-For: 1.1.1.1\0'] },
  ])('$what: not HTTP', async ({ lines }) => {
    expect(await send(port, lines)).toBe(400)
  })
})

describe('by address, behind a trusted proxy', () => {
  let port = 0
  beforeAll(async () => {
    port = await serve('address', { edge: { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] } })
    // The proxy's own requests are its own.
    expect(await send(port)).toBe(200)
  })

  /** What a proxy makes of what its client has sent. */
  const proxies = {
    'X-Forwarded-For': (sent: string, client: string): string[] => [
      `X-Forwarded-For: ${sent === '' ? '' : `${sent}, `}${client}`,
    ],
    'X-Forwarded-For, a line of its own': (sent: string, client: string): string[] => [
      `X-Forwarded-For: ${sent}`,
      `X-Forwarded-For: ${client}`,
    ],
    Forwarded: (sent: string, client: string): string[] => [
      `Forwarded: ${sent === '' ? '' : `${sent}, `}for=${client};proto=https`,
    ],
    'Forwarded, with a host': (sent: string, client: string): string[] => [
      `Forwarded: for=${client};host="${sent.replace(/["\\]/g, '\\$&')}"`,
    ],
  }
  const tricks = [
    '1.1.1.1',
    '127.0.0.1',
    '10.0.0.7',
    '::1',
    'for=1.1.1.1',
    'for=127.0.0.1',
    'for="1.1.1.1',
    'for="',
    '"',
    '\\',
    ',,,',
    'unknown',
    'for=unknown',
    'a,for=1.1.1.1',
    'a,for=1.1.1.1;x="',
    'a;for=1.1.1.1',
    'a";for=1.1.1.1;b="',
    'a\\",for=1.1.1.1,"',
    ' , 1.1.1.1 ,',
    'x'.repeat(4000),
    `${'10.0.0.7, '.repeat(500)}1.1.1.1`,
  ]
  const rows = Object.keys(proxies).flatMap((proxy, at) =>
    tricks.map((sent, index) => ({ proxy, sent, client: `203.0.113.${at * tricks.length + index}` })),
  )

  test.each(rows)('$proxy: client sends $sent', async ({ proxy, sent, client }) => {
    const written = proxies[proxy as keyof typeof proxies]
    expect([await send(port, written('', client)), await send(port, written(sent, client))]).toEqual([200, 429])
  })

  test.each([
    {
      first: '198.51.100.9',
      again: ['::ffff:198.51.100.9', '::FFFF:c633:6409', '0:0:0:0:0:ffff:198.51.100.9', '198.51.100.9:80'],
    },
    {
      first: '2001:db8:1:2::9',
      again: [
        '2001:DB8:1:2::9',
        '2001:0db8:0001:0002:0000:0000:0000:0009',
        '2001:db8:1:2:0:0:0.0.0.9',
        '[2001:db8:1:2::9]:443',
        '2001:db8:1:2:ffff:ffff:ffff:ffff',
        '2001:db8:1:2::9%1',
      ],
    },
  ])('$first in other spellings', async ({ first, again }) => {
    const from = (address: string): Promise<number> => send(port, [`X-Forwarded-For: ${address}`])
    expect(await from(first)).toBe(200)
    for (const spelling of again) expect([spelling, await from(spelling)]).toEqual([spelling, 429])
  })

  test('a proxy that is not trusted is the client, whatever it says', async () => {
    const port = await serve('address', { edge: { trustedProxies: ['10.0.0.0/8'] } })
    const seen = [await send(port, ['X-Forwarded-For: 1.1.1.1']), await send(port, ['X-Forwarded-For: 2.2.2.2'])]
    expect(seen).toEqual([200, 429])
  })
})

describe('by identity', () => {
  let port = 0
  const auth = (): object => ({
    auth: { providers: { keys: { apiKey: { header: 'x-api-key', query: 'key', file: `${project.path}/keys.yaml` } } } },
    policies: [{ select: '*', auth: { any: ['keys'] }, limits: [{ name: 'one', rate: '1/h', by: 'identity' }] }],
  })
  beforeAll(async () => {
    port = await serve('identity', auth())
    expect(await send(port, ['x-api-key: ann'])).toBe(200)
  })

  test.each([
    { what: 'the header in another case', lines: ['X-API-KEY: ann'], status: 429 },
    { what: 'space round the key', lines: ['x-api-key:   ann  '], status: 429 },
    { what: 'the key in the query', lines: [], line: 'GET /v1/echo?key=ann HTTP/1.1', status: 429 },
    { what: 'the key in the query, encoded', lines: [], line: 'GET /v1/echo?%6bey=%61nn HTTP/1.1', status: 429 },
    { what: 'an identity of its own', lines: ['x-api-key: ann', 'X-Protobridge-Identity: bob'], status: 429 },
    { what: 'another address', lines: ['x-api-key: ann', 'X-Forwarded-For: 1.1.1.1'], status: 429 },
    { what: 'the key of another in a name that is none', lines: ['x-api-key: ann', 'x_api_key: bob'], status: 429 },
    { what: 'the key of another in a name that is none, alone', lines: ['x_api_key: bob'], status: 401 },
    { what: 'another key beside', lines: ['x-api-key: ann', 'x-api-key: bob'], status: 401 },
    { what: 'another key in the query', lines: ['x-api-key: ann'], line: 'GET /v1/echo?key=bob HTTP/1.1', status: 400 },
    { what: 'no key', lines: [], status: 401 },
  ])('$what: $status', async ({ lines, line, status }: { lines: string[]; line?: string; status: number }) => {
    expect(await send(port, lines, line)).toBe(status)
  })

  test('nor has any of that spent what is another’s', async () => {
    expect([await send(port, ['x-api-key: bob']), await send(port, ['x-api-key: bob'])]).toEqual([200, 429])
  })
})

describe('by header', () => {
  let port = 0
  beforeAll(async () => {
    port = await serve('header:x-tenant')
    expect(await send(port, ['x-tenant: a'])).toBe(200)
  })

  test.each([
    { what: 'another case', lines: ['X-TENANT: a'] },
    { what: 'space round it', lines: ['X-Tenant: \t a '] },
    { what: 'a name with an underscore beside', lines: ['X_Tenant: b', 'X-Tenant: a'] },
    { what: 'as metadata beside', lines: ['Grpc-Metadata-X-Tenant: b', 'X-Tenant: a'] },
  ])('$what is the same caller', async ({ lines }) => {
    expect(await send(port, lines)).toBe(429)
  })

  test('another value is another, and none is one of its own', async () => {
    const seen = [await send(port, ['x-tenant: b']), await send(port), await send(port, ['x_tenant: c'])]
    expect(seen).toEqual([200, 200, 429])
  })
})
