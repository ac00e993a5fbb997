import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { networkInterfaces } from 'node:os'
import { connect } from 'node:net'
import { startExampleGateway, startGateway, type TestGateway } from '../support/gateway.js'
import type { ExampleServers } from '../support/example-servers.js'
import { sendRaw } from '../support/raw-http.js'
import { watchWarnings } from '../support/warnings.js'

let gateway: TestGateway & { readonly servers: ExampleServers }
let port: number

beforeAll(async () => {
  gateway = await startExampleGateway({ admin: { host: '127.0.0.1', port: 0, hosts: ['gw.internal'] } })
  port = Number(new URL(gateway.admin).port)
})
afterAll(() => gateway.stop())

async function get(path: string, init?: RequestInit): Promise<{ status: number; type: string | null; body: string }> {
  const response = await fetch(`${gateway.admin}${path}`, init)
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
}

async function json(path: string): Promise<unknown> {
  const { status, type, body } = await get(path)
  expect({ status, type }).toEqual({ status: 200, type: 'application/json; charset=utf-8' })
  return JSON.parse(body)
}

const HTML = { headers: { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' } }

describe('pages', () => {
  test.each(['/livez', '/readyz', '/healthz'])('%s', async (path) => {
    expect(await json(path)).toEqual({ status: 'ok' })
  })

  test('/readyz?verbose: every check', async () => {
    expect(await json('/readyz?verbose')).toEqual({
      status: 'ok',
      checks: [
        { name: 'accepting', isOk: true, detail: 'accepting requests' },
        { name: 'upstream library', isOk: true, detail: 'has had endpoints' },
        { name: 'upstream inventory', isOk: true, detail: 'has had endpoints' },
      ],
    })
  })

  test('/status', async () => {
    expect(await json('/status')).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      generation: 1,
      uptimeSeconds: expect.any(Number),
      methods: 40,
      unmappedMethods: 1,
      isReady: true,
      isDraining: false,
      lastErrors: [],
    })
  })

  test('/routes', async () => {
    expect(await json('/routes')).toEqual(
      expect.arrayContaining([
        {
          method: 'GET',
          path: '/v1/{name=shelves/*}',
          rpc: 'library.v1.LibraryService.GetShelf',
          body: '',
          responseBody: '',
          source: 'annotation',
          streaming: '',
          upstream: 'library',
          hosts: [],
          reads: [],
          writes: ['json', 'proto', 'xml'],
        },
      ]),
    )
  })

  test('/upstreams: endpoints with their states', async () => {
    await fetch(`${gateway.url}/v1/shelves/1`)
    const [library, inventory] = (await json('/upstreams')) as unknown[]
    const endpoint = { weight: 1, inFlight: 0, ejections: 0, lastError: null, source: 'static', zone: null }
    const since = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    expect(library).toEqual({
      name: 'library',
      target: `static:///${gateway.servers.library}`,
      resolutionError: null,
      resolvedAt: since,
      endpoints: [{ ...endpoint, address: gateway.servers.library, state: 'READY', since, tags: [], meta: {} }],
    })
    expect(inventory).toMatchObject({ endpoints: [{ ...endpoint, state: 'IDLE' }] })
  })

  test.each(['/status', '/routes', '/upstreams', '/readyz?verbose'])('%s is a page to a browser', async (path) => {
    const { status, type, body } = await get(path, HTML)
    expect({ status, type }).toEqual({ status: 200, type: 'text/html; charset=utf-8' })
    expect(body).toMatch(/^<!doctype html>[^]*<table>[^]*<\/html>\n$/)
  })

  test('/config is a page too', async () => {
    const { status, type, body } = await get('/config', HTML)
    expect({ status, type }).toEqual({ status: 200, type: 'text/html; charset=utf-8' })
    expect(body).toContain('- gw.internal\n')
  })

  test('/ leads to the status', async () => {
    expect(await get('/', { redirect: 'manual' })).toMatchObject({ status: 302 })
  })

  test('nothing may keep what it shows', async () => {
    expect((await fetch(`${gateway.admin}/status`)).headers.get('cache-control')).toBe('no-store')
  })

  test.each([
    { method: 'HEAD', path: '/status', status: 200 },
    { method: 'HEAD', path: '/readyz', status: 200 },
    { method: 'POST', path: '/status', status: 405, allow: 'GET, HEAD' },
    { method: 'DELETE', path: '/livez', status: 405, allow: 'GET, HEAD' },
    { method: 'GET', path: '/reload', status: 405, allow: 'POST' },
    { method: 'POST', path: '/log-level', status: 405, allow: 'GET, HEAD, PUT' },
    { method: 'PUT', path: '/config', status: 405, allow: 'GET, HEAD' },
    { method: 'GET', path: '/assets/admin.css', status: 200 },
    { method: 'GET', path: '/assets/../status', status: 200 },
    { method: 'GET', path: '/assets/other.js', status: 404 },
    { method: 'GET', path: '/nowhere', status: 404 },
    { method: 'GET', path: '/%', status: 404 },
    { method: 'GET', path: '/readyz/', status: 200 },
  ])('$method $path: $status', async ({ method, path, status, allow }) => {
    const response = await fetch(`${gateway.admin}${path}`, { method })
    expect(response.status).toBe(status)
    expect(response.headers.get('allow')).toBe(allow ?? null)
  })
})

describe('requests a web page could make', () => {
  test.each([
    { host: '127.0.0.1:PORT', status: 200 },
    { host: 'localhost:PORT', status: 200 },
    { host: 'LOCALHOST.', status: 200 },
    { host: '[::1]:PORT', status: 200 },
    { host: 'gw.internal', status: 200 },
    { host: 'GW.internal:1', status: 200 },
    { host: 'evil.example', status: 403 },
    { host: 'evil.example:PORT', status: 403 },
    { host: '127.0.0.1.evil.example', status: 403 },
    { host: 'localhost.evil.example', status: 403 },
    { host: 'sub.gw.internal', status: 403 },
    { host: '10.0.0.1', status: 403 },
    { host: '[::2]', status: 403 },
    { host: '', status: 403 },
  ])('Host: $host is $status', async ({ host, status }) => {
    const line = host.replace('PORT', String(port))
    expect((await sendRaw(port, `GET /livez HTTP/1.1\r\nHost: ${line}\r\n\r\n`)).status).toBe(status)
  })

  test.each([
    { origin: 'http://127.0.0.1:PORT', status: 200 },
    { origin: 'http://localhost:PORT', status: 403 },
    { origin: 'http://127.0.0.1', status: 403 },
    { origin: 'https://evil.example', status: 403 },
    { origin: 'null', status: 403 },
    { origin: 'nonsense', status: 403 },
  ])('Origin: $origin is $status', async ({ origin, status }) => {
    const head = `Host: 127.0.0.1:${port}\r\nOrigin: ${origin.replace('PORT', String(port))}`
    expect((await sendRaw(port, `POST /reload HTTP/1.1\r\n${head}\r\nContent-Length: 0\r\n\r\n`)).status).toBe(status)
  })
})

describe('with a token, on every address', () => {
  let guarded: TestGateway
  beforeAll(async () => {
    const { servers } = gateway
    guarded = await startGateway({
      schema: [{ protos: ['library/v1/*.proto'], roots: ['protos'] }],
      upstreams: { library: { target: `static:///${servers.library}`, services: ['library.v1.*'] } },
      admin: { host: '0.0.0.0', port: 0, token: 'sesame' },
    })
  })
  afterAll(() => guarded.stop())

  const statusOf = async (path: string, authorization?: string): Promise<number> => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
    const at = guarded.admin.replace('0.0.0.0', '127.0.0.1')
    const response = await fetch(`${at}${path}`, { headers, method: path === '/reload' ? 'POST' : 'GET' })
    if (response.status === 401) expect(response.headers.get('www-authenticate')).toMatch(/^Bearer realm=/)
    return response.status
  }

  test.each(['/livez', '/readyz', '/healthz'])('%s answers without', async (path) => {
    expect(await statusOf(path)).toBe(200)
  })

  test.each([
    { path: '/status', authorization: undefined, status: 401 },
    { path: '/reload', authorization: undefined, status: 401 },
    { path: '/nowhere', authorization: undefined, status: 401 },
    { path: '/status', authorization: 'Bearer open', status: 401 },
    { path: '/status', authorization: 'Bearer', status: 401 },
    { path: '/status', authorization: 'Basic sesame', status: 401 },
    { path: '/status', authorization: 'sesame', status: 401 },
    { path: '/config', authorization: undefined, status: 401 },
    { path: '/assets/admin.js', authorization: undefined, status: 401 },
    { path: '/status', authorization: `Basic ${btoa('sesame')}`, status: 401 },
    { path: '/status', authorization: `Basic ${btoa('any:open')}`, status: 401 },
    { path: '/status', authorization: `Basic ${btoa('any:sesame')}`, status: 200 },
    { path: '/status', authorization: `Digest ${btoa('any:sesame')}`, status: 401 },
    { path: '/status', authorization: 'Digest sesame', status: 401 },
    { path: '/status', authorization: 'Bearer sesame', status: 200 },
    { path: '/status', authorization: 'bearer sesame', status: 200 },
    { path: '/status', authorization: 'Bearer  sesame', status: 200 },
    { path: '/status', authorization: 'Bearer sesame open', status: 401 },
    { path: '/status', authorization: `Basic ${btoa('any:sesame')} open`, status: 401 },
    { path: '/reload', authorization: 'Bearer sesame', status: 200 },
  ])('$path with $authorization is $status', async ({ path, authorization, status }) => {
    expect(await statusOf(path, authorization)).toBe(status)
  })

  test('a browser is asked for a password', async () => {
    const { status, headers } = await fetch(`${guarded.admin.replace('0.0.0.0', '127.0.0.1')}/status`, HTML)
    expect(status).toBe(401)
    expect(headers.get('www-authenticate')).toMatch(/^Bearer realm=.*, Basic realm=/)
  })

  test('/config says that there is a token, and not which', async () => {
    const at = guarded.admin.replace('0.0.0.0', '127.0.0.1')
    const response = await fetch(`${at}/config`, { headers: { authorization: 'Bearer sesame' } })
    const body = await response.text()
    expect(JSON.parse(body)).toMatchObject({ admin: { host: '0.0.0.0', port: 0, token: '***', hosts: [] } })
    expect(body).not.toContain('sesame')
  })

  test('the address that was connected to is the bound one', async () => {
    const own = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === 'IPv4' && !address.internal)
    // A machine without a network has only loopback.
    const host = own?.address ?? '127.0.0.1'
    const adminPort = new URL(guarded.admin).port
    expect((await fetch(`http://${host}:${adminPort}/readyz`)).status).toBe(200)
  })
})

describe('PUT /log-level', () => {
  const put = async (body: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${gateway.admin}/log-level`, { method: 'PUT', body })
    return { status: response.status, body: await response.json() }
  }

  test('changes what is logged', async () => {
    const reload = (): Promise<Response> => fetch(`${gateway.admin}/reload`, { method: 'POST' })
    expect(await put('{"level":"error"}')).toEqual({ status: 200, body: { level: 'error' } })
    const before = gateway.log.length
    await reload()
    expect(gateway.log.slice(before)).toEqual([])
    expect(await put('{"level":"info"}')).toEqual({ status: 200, body: { level: 'info' } })
    await reload()
    expect(gateway.log.slice(before).join('')).toContain('serving the new configuration')
    expect(await json('/log-level')).toEqual({ level: 'info' })
  })

  test.each([
    { body: '{"level":"loud"}', status: 400 },
    { body: '{"level":30}', status: 400 },
    { body: '{}', status: 400 },
    { body: '"debug"', status: 400 },
    { body: '', status: 400 },
    { body: '{"level":', status: 400 },
    { body: `{"level":"${'d'.repeat(2000)}"}`, status: 413 },
  ])('$body: $status', async ({ body, status }) => {
    expect(await put(body)).toEqual({ status, body: { error: expect.any(String) } })
    expect(await json('/log-level')).toEqual({ level: 'info' })
  })
})

describe('what went wrong lately', () => {
  interface Status {
    readonly recentErrors: readonly { readonly message: string; readonly count: number; readonly request?: object }[]
    readonly limits: readonly object[]
  }

  test('answers of 5xx and warnings, the same ones counted, and limits', async () => {
    const lame = await startGateway({
      schema: [{ protos: ['library/v1/*.proto'], roots: ['protos'] }],
      upstreams: { library: { target: 'static:///127.0.0.1:1', services: ['library.v1.*'] } },
      policies: [
        { select: '*', limits: [{ name: 'flood', rate: '100/s', burst: 5 }], concurrency: { max: 7 } },
        { select: 'library.v1.LibraryService.GetShelf', timeout: '2s' },
      ],
    })
    try {
      for (const id of ['a', 'b'])
        await fetch(`${lame.url}/v1/shelves/<b>`, { headers: { 'x-request-id': id } }).then((got) => got.text())
      await fetch(`${lame.url}/v1/nowhere`)
      const status = (await (await fetch(`${lame.admin}/status`)).json()) as Status
      expect(status.recentErrors).toEqual([
        {
          kind: 'answer',
          time: expect.any(String),
          message: expect.any(String),
          count: 2,
          request: {
            method: 'GET',
            route: 'library.v1.LibraryService.GetShelf',
            status: 503,
            reason: 'UPSTREAM_UNAVAILABLE',
            requestId: 'b',
          },
        },
      ])
      expect(status.limits).toEqual([
        { select: '*', name: 'flood', allows: '100/s, 5 more at once', by: 'identity' },
        { select: '*', name: 'concurrency', allows: '7 at one time', by: 'identity' },
      ])
      const page = await (await fetch(`${lame.admin}/status`, HTML)).text()
      expect(page).toContain('UPSTREAM_UNAVAILABLE')
    } finally {
      await lame.stop()
    }
  })
})

describe('malformed requests', () => {
  test.each([
    { name: 'no HTTP', send: '\x16\x03\x01\x02\x00\x01' },
    { name: 'no Host', send: 'GET /livez HTTP/1.1\r\n\r\n' },
    { name: 'a header that is none', send: 'GET /livez HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n' },
  ])('$name: 400', async ({ send }) => {
    expect((await sendRaw(port, send)).status).toBe(400)
  })

  test.each([
    { target: 'http://127.0.0.1:1/livez', status: 200 },
    { target: 'http://evil.example/livez', status: 403 },
    { target: 'http://127.0.0.1:b/livez', status: 400 },
    { target: 'http://a@127.0.0.1/livez', status: 400 },
    { target: 'nonsense', status: 400 },
  ])('the target $target: $status, and Node warns of nothing', async ({ target, status }) => {
    const { warnings, stop } = watchWarnings()
    const answer = await sendRaw(port, `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
    // Warnings are told in a later step.
    await new Promise((resolve) => setImmediate(resolve))
    stop()
    expect({ status: answer.status, warnings }).toEqual({ status, warnings: [] })
  })

  test('a client that asks for a tunnel and leaves', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write('CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n')
        setTimeout(() => socket.resetAndDestroy(), 20)
      })
      socket.on('close', () => resolve())
      socket.on('error', () => undefined)
    })
    expect(await json('/livez')).toEqual({ status: 'ok' })
  })
})

test('a taken port is said, and nothing is left listening', async () => {
  const config = {
    schema: [{ protos: ['library/v1/*.proto'], roots: ['protos'] }],
    upstreams: { library: { target: `static:///${gateway.servers.library}`, services: ['library.v1.*'] } },
    admin: { host: '127.0.0.1', port },
  }
  await expect(startGateway(config)).rejects.toThrow(
    `cannot listen on 127.0.0.1:${port} (admin): something else listens there`,
  )
})
