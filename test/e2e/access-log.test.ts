import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { LOG_FIELDS } from '../../src/telemetry/access-log/json-lines.js'
import { until } from '../support/calls.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { hasFifos, makeFifo } from '../support/fifo.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Project } from '../support/project.js'
import { RawConnection, request, sendRaw } from '../support/raw-http.js'
import { callRest } from '../support/rest.js'

/* `telemetry.accessLog`: one line for each request, whatever becomes of it and whatever is in it. */

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
let upstream: EchoUpstream
let project: Project
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startEchoUpstream()
  project = new Project({ 'keys.yaml': `keys: [{ id: ann, sha256: ${sha256('secret-key')} }]` })
})
let count = 0
let file = ''
afterEach(() => gateway.stop())
afterAll(() => {
  upstream.close()
  project.remove()
})

async function serve(accessLog: object = {}, more: object = {}): Promise<number> {
  file = join(project.path, `access-${++count}.log`)
  gateway = await startGateway({
    ...echoConfig(upstream),
    telemetry: { traces: 'none', metrics: 'none', accessLog: { file, ...accessLog } },
    ...more,
  })
  return gateway.port
}

type Line = Readonly<Record<string, unknown>>
const lines = (): string[] => (existsSync(file) ? readFileSync(file, 'latin1').split('\n').slice(0, -1) : [])
async function logged(expected: number): Promise<Line[]> {
  await until(() => lines().length >= expected, `${expected} lines`)
  return lines().map((line) => JSON.parse(line) as Line)
}
const USUAL = LOG_FIELDS.filter(({ isExtra }) => isExtra !== true).map(({ name }) => name)

test('a line has the fields of the contract, in its order', async () => {
  const port = await serve()
  const before = Date.now()
  const { headers, bytes } = await callRest(port, 'POST', '/v1/echo', { body: { text: 'a' } })
  const [line] = await logged(1)
  expect(Object.keys(line!)).toEqual(USUAL)
  expect(USUAL.join(' ')).toBe(
    'time method path route rpc status grpcStatus durationMs bytesIn bytesOut client identity requestId traceId upstream attempts',
  )
  expect(line).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    method: 'POST',
    path: '/v1/echo',
    route: '/v1/echo',
    rpc: 'echo.v1.EchoService.Echo',
    status: 200,
    grpcStatus: 0,
    durationMs: expect.any(Number),
    bytesIn: 12,
    bytesOut: bytes.length,
    client: '127.0.0.1',
    identity: null,
    requestId: headers.get('x-request-id'),
    traceId: null,
    upstream: 'echo',
    attempts: 1,
  })
  expect(Date.parse(line!['time'] as string)).toBeGreaterThanOrEqual(before)
  expect(line!['durationMs']).toBeGreaterThan(0)
})

describe('what became of a request', () => {
  test.each([
    { name: 'a path no route has', target: '/nope', line: { status: 404, grpcStatus: 5, route: null, attempts: 0 } },
    { name: 'a dot segment', target: '/v1/../x', line: { status: 400, grpcStatus: 3, reason: 'MALFORMED_PATH' } },
    { name: 'a query that is none of the method’s', target: '/v1/echo?x=1', line: { status: 400, path: '/v1/echo' } },
    {
      name: 'the upstream’s own error',
      target: '/v1/echo?answer.code=5',
      line: { status: 404, grpcStatus: 5, reason: null, attempts: 1, upstream: 'echo' },
    },
    {
      name: 'a broken answer',
      target: '/v1/echo?answer.raw=__8',
      line: { status: 502, grpcStatus: 13, reason: 'MALFORMED_UPSTREAM_MESSAGE' },
    },
    {
      name: 'a method the path does not have',
      method: 'PUT',
      target: '/v1/echo',
      line: { status: 405, grpcStatus: 12 },
    },
    { name: 'OPTIONS', method: 'OPTIONS', target: '/v1/echo', line: { status: 204, grpcStatus: null, bytesOut: 0 } },
    {
      name: 'time over',
      target: '/v1/echo?answer.hang=true',
      headers: ['Grpc-Timeout: 50m'],
      line: { status: 504, grpcStatus: 4, reason: 'DEADLINE_EXCEEDED' },
    },
  ])('$name', async ({ method = 'GET', target, headers = [], line }) => {
    const port = await serve({ fields: LOG_FIELDS.map(({ name }) => name) })
    await callRest(port, method, target, { headers })
    expect((await logged(1))[0]).toMatchObject({ method, ...line })
  })

  test('a client that leaves before the answer: 499', async () => {
    const port = await serve()
    const connection = new RawConnection(port).write(request('GET', '/v1/echo?answer.hang=true'))
    const calls = upstream.calls
    await until(() => upstream.calls > calls, 'the call')
    connection.destroy()
    expect((await logged(1))[0]).toMatchObject({ status: 499, grpcStatus: null, bytesOut: 0, attempts: 1 })
  })

  test.each([
    { name: 'bytes that are no HTTP', bytes: 'nonsense\r\n\r\n', line: { status: 400, reason: 'MALFORMED_REQUEST' } },
    {
      name: 'headers that are too large',
      bytes: request('GET', '/v1/echo', [`X-A: ${'a'.repeat(20_000)}`]),
      line: { status: 431, reason: 'HEADERS_TOO_LARGE' },
    },
    { name: 'CONNECT', bytes: request('CONNECT', 'a:443'), line: { status: 405, method: 'CONNECT' } },
    {
      name: 'a body that breaks while it is read',
      bytes: `${request('POST', '/v1/echo', ['Transfer-Encoding: chunked'])}zz\r\n`,
      line: { status: 400, method: 'POST', route: '/v1/echo', reason: 'MALFORMED_REQUEST' },
    },
    { name: 'headers that do not end', bytes: 'GET / HTTP/1.1\r\nHost: a\r\n', line: { status: 408 } },
  ])('what never became a request has a line too: $name', async ({ bytes, line }) => {
    const port = await serve({ fields: LOG_FIELDS.map(({ name }) => name) }, { client: { headerTimeout: '1s' } })
    const { status, headers } = await sendRaw(port, bytes)
    const told = await logged(1)
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ ...line, status, requestId: headers.get('x-request-id'), client: '127.0.0.1' })
  })
})

describe('what clients send', () => {
  const EVERY_BYTE = Array.from({ length: 256 }, (_, byte) => byte)

  test.each(['path', 'header'])('no byte in a %s breaks a line of JSON', async (place) => {
    const port = await serve({ fields: ['path', 'userAgent', 'host', 'requestId'] })
    for (const byte of EVERY_BYTE) {
      const text = `a${String.fromCharCode(byte)}b`
      const target = place === 'path' ? `/v1/echo/${text}` : '/v1/echo'
      const headers = place === 'path' ? [] : [`User-Agent: ${text}`, `X-Request-Id: ${text}`]
      await sendRaw(port, Buffer.from(request('GET', target, headers), 'latin1'))
    }
    await logged(EVERY_BYTE.length)
    const written = readFileSync(file, 'latin1')
    expect(written).toMatch(/^[ -~\n]+$/)
    expect((await logged(EVERY_BYTE.length)).map((line) => Object.keys(line).join())).toEqual(
      EVERY_BYTE.map(() => 'path,userAgent,host,requestId'),
    )
  })

  test('nor one of the combined format', async () => {
    const port = await serve({ format: 'combined' })
    for (const byte of EVERY_BYTE) {
      const text = `a${String.fromCharCode(byte)}b`
      const headers = [`User-Agent: ${text}`, `Referer: ${text}`]
      await sendRaw(port, Buffer.from(request('GET', `/v1/echo/${text}`, headers), 'latin1'))
    }
    await until(() => lines().length >= EVERY_BYTE.length, 'the lines')
    const quoted = '"(?:[ !#-\\[\\]-~]|\\\\["\\\\]|\\\\x[0-9a-f]{2})*"'
    const line = new RegExp(
      `^127\\.0\\.0\\.1 - - \\[\\d\\d/[A-Z][a-z]{2}/\\d{4}:\\d\\d:\\d\\d:\\d\\d \\+0000\\] ${quoted} \\d{3} (?:\\d+|-) ${quoted} ${quoted} [0-9a-f-]{36} -$`,
    )
    expect(lines().filter((one) => !line.test(one))).toEqual([])
    expect(lines()).toHaveLength(EVERY_BYTE.length)
  })

  test('no credential is written, wherever it came', async () => {
    const { port } = { port: await serve({ fields: LOG_FIELDS.map(({ name }) => name) }, KEYS) }
    await callRest(port, 'GET', '/v1/echo?api_key=secret-key')
    await callRest(port, 'GET', '/v1/echo', { headers: ['X-Api-Key: secret-key'] })
    await callRest(port, 'GET', '/v1/echo?api_key=secret-wrong', { headers: ['Authorization: Bearer secret-token'] })
    await sendRaw(port, request('GET', 'http://user:secret-password@a/v1/echo'))
    await sendRaw(port, 'GET /v1/echo HTTP/1.1\r\nHost: user:secret-password@a\r\nConnection: close\r\n\r\n')
    const told = await logged(5)
    expect(told.map(({ status, identity }) => ({ status, identity }))).toEqual([
      { status: 200, identity: 'ann' },
      { status: 200, identity: 'ann' },
      { status: 401, identity: null },
      { status: 400, identity: null },
      { status: 400, identity: null },
    ])
    expect(readFileSync(file, 'latin1')).not.toContain('secret')
  })

  const KEYS = {
    get auth() {
      return {
        providers: { keys: { apiKey: { header: 'x-api-key', query: 'api_key', file: `${project.path}/keys.yaml` } } },
      }
    },
    policies: [{ select: '*', auth: { any: ['keys'] } }],
  }

  test('the combined format: who calls, and a referer without its secrets', async () => {
    const port = await serve({ format: 'combined' }, { auth: KEYS.auth, policies: KEYS.policies })
    const headers = [
      'X-Api-Key: secret-key',
      'User-Agent: curl/8',
      'Referer: https://me:secret@b.example/x?token=secret#y',
      'X-Request-Id: r-1',
      'Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    ]
    const { bytes } = await callRest(port, 'GET', '/v1/echo?text=q', { headers })
    await until(() => lines().length === 1, 'the line')
    expect(lines()[0]).toMatch(
      new RegExp(
        `^127\\.0\\.0\\.1 - ann \\[[^\\]]+\\] "GET /v1/echo HTTP/1\\.1" 200 ${bytes.length} "https://b\\.example/x" "curl/8" r-1 4bf92f3577b34da6a3ce929d0e0e4736$`,
      ),
    )
  })

  test.each([
    { sent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' },
    { sent: '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01', traceId: null },
    { sent: 'anything', traceId: null },
  ])('the trace id is told with nothing traced here: $sent', async ({ sent, traceId }) => {
    const port = await serve({ fields: ['traceId'] })
    await callRest(port, 'GET', '/v1/echo', { headers: [`Traceparent: ${sent}`] })
    expect(await logged(1)).toEqual([{ traceId }])
  })
})

test('a request that is traced here tells its trace, recorded or not', async () => {
  file = join(project.path, `access-${++count}.log`)
  gateway = await startGateway(
    {
      ...echoConfig(upstream),
      telemetry: { traces: 'otlp', metrics: 'none', accessLog: { file, fields: ['traceId'] } },
    },
    { env: { OTEL_TRACES_SAMPLER: 'always_off' } },
  )
  const { headers } = await callRest(gateway.port, 'GET', '/v1/echo')
  const [, traceId] = headers.get('traceresponse')!.split('-')
  expect(await logged(1)).toEqual([{ traceId }])
})

describe('what is configured', () => {
  test('`fields` picks, in its own order', async () => {
    const port = await serve({ fields: ['status', 'method', 'endpoint'] })
    await callRest(port, 'GET', '/v1/echo')
    await until(() => lines().length === 1, 'the line')
    expect(lines()).toEqual([`{"status":200,"method":"GET","endpoint":"127.0.0.1:${upstream.port}"}`])
  })

  test('a reload opens the file anew, also one that is refused: logrotate has moved it', async () => {
    const port = await serve({ fields: ['path'] })
    await callRest(port, 'GET', '/v1/echo/old')
    await logged(1)
    renameSync(file, `${file}.1`)
    await gateway.gateway.reload()
    await until(() => existsSync(file), 'the new file')
    await callRest(port, 'GET', '/v1/echo/new')
    expect(await logged(1)).toEqual([{ path: '/v1/echo/new' }])
    expect(readFileSync(`${file}.1`, 'latin1')).toBe('{"path":"/v1/echo/old"}\n')
  })

  test('each attempt is counted', async () => {
    const port = await serve(
      { fields: ['status', 'attempts'] },
      {
        policies: [
          { select: '*', retry: { attempts: 3, on: ['UNAVAILABLE'], backoff: { initial: '1ms', max: '1ms' } } },
        ],
      },
    )
    await callRest(port, 'GET', '/v1/echo?answer.code=14')
    expect(await logged(1)).toEqual([{ status: 503, attempts: 3 }])
  })

  test('every line is written when the gateway has closed', async () => {
    const port = await serve({ fields: ['path'] })
    await Promise.all(Array.from({ length: 50 }, (_, i) => callRest(port, 'GET', `/v1/echo/${i}`)))
    await gateway.stop()
    expect(lines()).toHaveLength(50)
  })

  test('a folder that is not there refuses the load, with its place', async () => {
    await serve()
    await expect(
      startGateway({ ...echoConfig(upstream), telemetry: { accessLog: { file: '/nowhere/at/all/a.log' } } }),
    ).rejects.toThrow(/"\/nowhere\/at\/all\/a\.log" cannot be written/)
  })

  const canMakeFifos = hasFifos()
  if (!canMakeFifos) test.skip('skipped: no mkfifo', () => undefined)
  ;(canMakeFifos ? test : test.skip)(
    'a FIFO that nobody reads refuses the load, and nobody waits for a reader',
    async () => {
      await serve()
      const fifo = makeFifo(project.path)
      await expect(startGateway({ ...echoConfig(upstream), telemetry: { accessLog: { file: fifo } } })).rejects.toThrow(
        /^telemetry\.accessLog\.file: ".*fifo" cannot be written: nobody reads this FIFO: start its reader first$/,
      )
    },
  )
})
