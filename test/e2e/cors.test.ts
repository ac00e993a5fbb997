import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Project } from '../support/project.js'
import { sendRaw, type RawResponse } from '../support/raw-http.js'

/* `policies[].cors`: Fetch standard, "CORS protocol"; rulings, "Callers". */

const APP = 'https://app.example'
let upstream: EchoUpstream
let project: Project
let gateway: TestGateway | undefined
beforeAll(async () => {
  upstream = await startEchoUpstream()
  const hash = createHash('sha256').update('k').digest('hex')
  project = new Project({
    'keys.yaml': `keys: [{ id: k, sha256: ${hash} }]`,
    'options.yaml':
      'http: { rules: [{ selector: echo.v1.EchoService.Raw, custom: { kind: OPTIONS, path: /v1/number } }] }',
  })
})
beforeEach(() => {
  upstream.calls = 0
})
afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
})
afterAll(() => {
  upstream.close()
  project.remove()
})

async function serve(
  cors: object | undefined,
  more: object = {},
  edge: object = {},
  config: object = {},
): Promise<number> {
  gateway = await startGateway({
    ...echoConfig(upstream),
    ...config,
    auth: { providers: { keys: { apiKey: { header: 'x-api-key', file: `${project.path}/keys.yaml` } } } },
    policies: [{ select: '*', auth: { any: ['keys'] }, ...(cors === undefined ? {} : { cors }), ...more }],
    edge,
  })
  return gateway.port
}

const send = (port: number, line: string, headers: readonly string[] = []): Promise<RawResponse> =>
  sendRaw(port, `${line} HTTP/1.1\r\nHost: a\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`)

function corsOf({ status, headers }: RawResponse): object {
  const found: Record<string, unknown> = { status }
  for (const name of [
    'allow-origin',
    'allow-credentials',
    'allow-methods',
    'allow-headers',
    'max-age',
    'expose-headers',
  ]) {
    const value = headers.get(`access-control-${name}`)
    if (value !== undefined) found[name] = value
  }
  return found
}

const preflight = (origin = APP, method = 'PUT', ...more: string[]): string[] => [
  `Origin: ${origin}`,
  `Access-Control-Request-Method: ${method}`,
  ...more,
]

describe('preflights are answered before anybody is asked who they are', () => {
  test.each([
    {
      what: 'as configured',
      cors: { origins: [APP], headers: ['authorization', 'x-api-key'], maxAge: '10m' },
      headers: preflight(APP, 'PUT', 'Access-Control-Request-Headers: x-api-key'),
      answer: {
        status: 204,
        'allow-origin': APP,
        'allow-methods': 'PUT',
        'allow-headers': 'authorization, x-api-key',
        'max-age': '600',
      },
    },
    {
      what: 'with credentials',
      cors: { origins: [APP], credentials: true },
      headers: preflight(),
      answer: { status: 204, 'allow-origin': APP, 'allow-credentials': 'true', 'allow-methods': 'PUT' },
    },
    {
      what: 'any origin',
      cors: { origins: ['*'] },
      headers: preflight('https://other.example'),
      answer: { status: 204, 'allow-origin': '*', 'allow-methods': 'PUT' },
    },
    {
      what: 'any origin, with credentials: the origin, never *',
      cors: { origins: ['*'], credentials: true },
      headers: preflight('https://other.example'),
      answer: {
        status: 204,
        'allow-origin': 'https://other.example',
        'allow-credentials': 'true',
        'allow-methods': 'PUT',
      },
    },
    {
      what: 'any header: those that are asked for',
      cors: { origins: [APP], headers: ['*'] },
      headers: preflight(APP, 'PUT', 'Access-Control-Request-Headers: x-a,x-b'),
      answer: { status: 204, 'allow-origin': APP, 'allow-methods': 'PUT', 'allow-headers': 'x-a,x-b' },
    },
    {
      what: 'an origin that is not allowed',
      cors: { origins: [APP] },
      headers: preflight('https://evil.example'),
      answer: { status: 204 },
    },
    { what: 'null, not listed', cors: { origins: [APP] }, headers: preflight('null'), answer: { status: 204 } },
    {
      what: 'null, listed',
      cors: { origins: ['null'] },
      headers: preflight('null'),
      answer: { status: 204, 'allow-origin': 'null', 'allow-methods': 'PUT' },
    },
  ])('$what', async ({ cors, headers, answer }) => {
    const port = await serve(cors)
    const got = await send(port, 'OPTIONS /v1/number', headers)
    expect(corsOf(got)).toEqual(answer)
    expect(got.headers.get('vary')).toBe('Origin, Access-Control-Request-Method, Access-Control-Request-Headers')
    expect(upstream.calls).toBe(0)
  })

  test.each([
    { what: 'a method that the path does not have', line: 'OPTIONS /v1/number', headers: preflight(APP, 'DELETE') },
    { what: 'without Access-Control-Request-Method', line: 'OPTIONS /v1/number', headers: [`Origin: ${APP}`] },
    { what: 'without Origin', line: 'OPTIONS /v1/number', headers: ['Access-Control-Request-Method: PUT'] },
    { what: 'of the server', line: 'OPTIONS *', headers: preflight() },
    { what: 'TRACE', line: 'OPTIONS /v1/number', headers: preflight(APP, 'TRACE') },
  ])('$what: as OPTIONS is answered anyway', async ({ line, headers }) => {
    const port = await serve({ origins: [APP] })
    const got = await send(port, line, headers)
    expect(corsOf(got)).toEqual({ status: 204 })
    expect(got.headers.get('allow')).toBeDefined()
  })

  // expressjs/cors, "shortcircuits preflight requests"; Envoy's bookstore maps OPTIONS to a method
  test('a rule for OPTIONS gets those that are no preflights', async () => {
    const port = await serve({ origins: [APP] }, {}, {}, { mappings: [`${project.path}/options.yaml`] })
    expect(corsOf(await send(port, 'OPTIONS /v1/number', preflight()))).toEqual({
      status: 204,
      'allow-origin': APP,
      'allow-methods': 'PUT',
    })
    expect(corsOf(await send(port, 'OPTIONS /v1/number', preflight('https://other.example')))).toEqual({ status: 204 })
    expect(upstream.calls).toBe(0)
    expect(corsOf(await send(port, 'OPTIONS /v1/number', [`Origin: ${APP}`]))).toEqual({
      status: 401,
      'allow-origin': APP,
    })
    expect(corsOf(await send(port, 'OPTIONS /v1/number', [`Origin: ${APP}`, 'x-api-key: k']))).toEqual({
      status: 200,
      'allow-origin': APP,
    })
    expect(upstream.calls).toBe(1)
  })

  test('a path that nobody knows: 404', async () => {
    const port = await serve({ origins: [APP] })
    expect((await send(port, 'OPTIONS /nope', preflight())).status).toBe(404)
  })

  test('a method without cors says nothing', async () => {
    const port = await serve(undefined)
    expect(corsOf(await send(port, 'OPTIONS /v1/number', preflight()))).toEqual({ status: 204 })
  })
})

describe('origins', () => {
  test.each([
    { origins: ['https://*.example'], origin: 'https://app.example', isAllowed: true },
    { origins: ['https://*.example'], origin: 'https://a.b.example', isAllowed: true },
    { origins: ['https://*.example'], origin: 'https://example', isAllowed: false },
    { origins: ['https://*.example'], origin: 'https://.example', isAllowed: false },
    { origins: ['https://*.example'], origin: 'http://app.example', isAllowed: false },
    { origins: ['https://*.example'], origin: 'https://app.example.evil', isAllowed: false },
    { origins: ['https://*.example'], origin: 'https://evil/x.example', isAllowed: false },
    { origins: ['https://*.example'], origin: 'https://evil:1@x.example', isAllowed: false },
    { origins: ['https://*.example:8443'], origin: 'https://app.example:8443', isAllowed: true },
    { origins: [APP], origin: `${APP}:443`, isAllowed: false },
    { origins: [APP], origin: 'HTTPS://APP.EXAMPLE', isAllowed: false },
    { origins: [APP], origin: `${APP}.evil`, isAllowed: false },
    { origins: [APP], origin: `${APP}/`, isAllowed: false },
    { origins: ['http://other', APP], origin: APP, isAllowed: true },
  ])('$origin of $origins: $isAllowed', async ({ origins, origin, isAllowed }) => {
    const port = await serve({ origins })
    const { headers } = await send(port, 'GET /v1/echo', [`Origin: ${origin}`, 'x-api-key: k'])
    expect(headers.get('access-control-allow-origin')).toBe(isAllowed ? origin : undefined)
  })
})

describe('answers can be read by pages that may', () => {
  const CORS = { origins: [APP], expose: ['etag', 'retry-after'], credentials: true }
  const READABLE = { 'allow-origin': APP, 'allow-credentials': 'true', 'expose-headers': 'etag, retry-after' }

  test.each([
    { what: 'an answer', line: 'GET /v1/echo', headers: ['x-api-key: k'], status: 200 },
    { what: 'a refusal: 401', line: 'GET /v1/echo', headers: [], status: 401 },
    { what: 'a refusal of what is bound: 400', line: 'GET /v1/echo?nope=1', headers: ['x-api-key: k'], status: 400 },
    {
      what: 'an error of the upstream: 404',
      line: 'GET /v1/echo?answer.code=5',
      headers: ['x-api-key: k'],
      status: 404,
    },
  ])('$what', async ({ line, headers, status }) => {
    const port = await serve(CORS)
    const got = await send(port, line, [`Origin: ${APP}`, ...headers])
    expect(corsOf(got)).toEqual({ status, ...READABLE })
    expect(got.headers.get('vary')).toBe('Origin, Accept, Accept-Encoding')
  })

  test('an upstream that is away: 503', async () => {
    const port = await serve(CORS, { fault: { abort: { status: 'UNAVAILABLE' } } })
    const got = await send(port, 'GET /v1/echo', [`Origin: ${APP}`, 'x-api-key: k'])
    expect(corsOf(got)).toEqual({ status: 503, ...READABLE })
  })

  test.each([
    { what: 'no origin', headers: [] },
    { what: 'an origin that may not', headers: ['Origin: https://evil.example'] },
  ])('$what: only that it depends on it is said', async ({ headers }) => {
    const port = await serve(CORS)
    const got = await send(port, 'GET /v1/echo', ['x-api-key: k', ...headers])
    expect(corsOf(got)).toEqual({ status: 200 })
    expect(got.headers.get('vary')).toContain('Origin')
  })

  test('an address that is refused: 403', async () => {
    const port = await serve(CORS, {}, { deny: ['127.0.0.1'] })
    expect(corsOf(await send(port, 'GET /v1/echo', [`Origin: ${APP}`]))).toEqual({ status: 403, ...READABLE })
    // There is no method whose pages it could be told to.
    expect(corsOf(await send(port, 'GET /nope', [`Origin: ${APP}`]))).toEqual({ status: 403 })
    expect(corsOf(await send(port, 'OPTIONS /v1/number', preflight()))).toEqual({ status: 403 })
  })

  test('what the upstream says of it is not passed on', async () => {
    const port = await serve(CORS)
    const query = 'answer.headers.name=access-control-allow-origin'
    const got = await send(port, `GET /v1/echo?${query}`, [`Origin: ${APP}`, 'x-api-key: k'])
    expect(got.headers.get('access-control-allow-origin')).toBe(APP)
  })
})

describe('settings that cannot be', () => {
  test.each([
    { cors: {}, error: '"origins" is missing' },
    { cors: { origins: [] }, error: 'policies[0].cors.origins' },
    { cors: { origins: ['app.example'] }, error: '"app.example" is not an origin' },
    { cors: { origins: ['https://app.example/'] }, error: 'is not an origin' },
    { cors: { origins: ['https://a*.example'] }, error: 'is not an origin' },
    { cors: { origins: ['https://APP.example'] }, error: 'is not an origin' },
    { cors: { origins: ['*'], headers: ['a b'] }, error: '"a b" is not a header' },
    { cors: { origins: ['*'], credentials: true, expose: ['*'] }, error: 'browsers do not take * for all headers' },
    { cors: { origins: ['*'], maxAge: 10 }, error: '10 is not a duration' },
  ])('$error', async ({ cors, error }) => {
    await expect(serve(cors)).rejects.toThrow(error)
  })
})
