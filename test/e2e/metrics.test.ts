import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server as GrpcServer, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { METRICS } from '../../src/telemetry/metrics/catalogue.js'
import { until } from '../support/calls.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { readExposition, valueOf, type Exposition } from '../support/exposition.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Issuer } from '../support/issuer.js'
import { Project } from '../support/project.js'
import { RawConnection, request, sendRaw } from '../support/raw-http.js'
import { callRest } from '../support/rest.js'

/* `telemetry.metrics`: what is counted, by whom it is read, and what clients cannot do to it. */

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
let upstream: EchoUpstream
let project: Project
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startEchoUpstream()
  project = new Project({ 'keys.yaml': `keys: [{ id: ann, sha256: ${sha256('ann')}, scopes: [a] }]` })
})
afterEach(() => gateway.stop())
afterAll(() => {
  upstream.close()
  project.remove()
})

async function serve(
  more: object = {},
  env: Readonly<Record<string, string>> = {},
  metrics = 'prometheus',
): Promise<number> {
  const telemetry = { traces: 'none', metrics, accessLog: 'none' }
  gateway = await startGateway({ ...echoConfig(upstream), telemetry, ...more }, { env })
  return gateway.port
}

async function told(): Promise<Exposition> {
  const response = await fetch(`${gateway.admin}/metrics`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return readExposition(await response.text())
}

/** Requests are counted when they have ended, which is a moment after the client has the answer. */
async function toldOnce(isThere: (exposition: Exposition) => boolean): Promise<Exposition> {
  const end = Date.now() + 5000
  for (;;) {
    const exposition = await told()
    if (isThere(exposition) || Date.now() > end) return exposition
  }
}

const COUNT = 'http_server_request_duration_seconds_count'
const requestsIn = (exposition: Exposition): number => valueOf(exposition, COUNT) ?? 0

describe('what is counted', () => {
  test('a request: its time, its bodies and its call, by route, method and status', async () => {
    const port = await serve()
    const { bytes } = await callRest(port, 'POST', '/v1/echo', { body: { text: 'a' } })
    const exposition = await toldOnce((one) => requestsIn(one) === 1)
    const ofRequest = [
      'http_request_method="POST"',
      'http_response_status_code="200"',
      'http_route="/v1/echo"',
      'rpc_method="echo.v1.EchoService/Echo"',
      'url_scheme="http"',
    ].join(',')
    const ofCall = [
      'protobridge_upstream="echo"',
      'rpc_method="echo.v1.EchoService/Echo"',
      'rpc_response_status_code="OK"',
      'rpc_system_name="grpc"',
      `server_address="${upstream.target}"`,
    ].join(',')
    expect(Object.fromEntries(exposition)).toMatchObject({
      [`${COUNT}{${ofRequest}}`]: 1,
      [`http_server_request_body_size_bytes_sum{${ofRequest}}`]: 12,
      [`http_server_response_body_size_bytes_sum{${ofRequest}}`]: bytes.length,
      'http_server_active_requests{http_request_method="POST",url_scheme="http"}': 0,
      [`rpc_client_call_duration_seconds_count{${ofCall}}`]: 1,
    })
    for (const direction of ['decode', 'encode']) {
      const label = `protobridge_transcode_direction="${direction}"`
      expect(valueOf(exposition, 'protobridge_transcode_duration_seconds_count', label)).toBe(1)
    }
  })

  test('the buckets of the semantic conventions', async () => {
    const port = await serve()
    await callRest(port, 'GET', '/v1/echo')
    const exposition = await toldOnce((one) => requestsIn(one) === 1)
    const bounds = [...exposition.keys()].flatMap((key) => {
      return key.startsWith('http_server_request_duration_seconds_bucket') ? /le="([^"]+)"/.exec(key)![1]! : []
    })
    expect(bounds.join(' ')).toBe('0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 +Inf')
  })

  test('requests under way', async () => {
    const port = await serve()
    const connection = new RawConnection(port).write(request('GET', '/v1/echo?answer.hang=true'))
    const active = 'http_server_active_requests{http_request_method="GET",url_scheme="http"}'
    const isUnderWay = (one: Exposition): boolean =>
      one.get(active) === 1 && valueOf(one, 'protobridge_upstream_active_calls') === 1
    expect(isUnderWay(await toldOnce(isUnderWay))).toBe(true)
    connection.destroy()
    const after = await toldOnce((one) => one.get(active) === 0)
    expect(valueOf(after, COUNT, 'http_response_status_code="499"')).toBe(1)
  })

  test('each attempt by itself, and errors by reason', async () => {
    const retry = { attempts: 3, on: ['UNAVAILABLE'], backoff: { initial: '1ms', max: '1ms' } }
    const port = await serve({ policies: [{ select: '*', retry }] })
    await callRest(port, 'GET', '/v1/echo?answer.code=14')
    await callRest(port, 'GET', '/v1/nothing')
    await callRest(port, 'GET', '/v1/echo?answer.code=12345')
    await sendRaw(port, 'nonsense\r\n\r\n')
    const exposition = await toldOnce((one) => requestsIn(one) === 4)
    const calls = (status: string): number | undefined =>
      valueOf(exposition, 'rpc_client_call_duration_seconds_count', `rpc_response_status_code="${status}"`)
    expect([calls('UNAVAILABLE'), calls('UNKNOWN')]).toEqual([3, 1])
    expect(valueOf(exposition, COUNT, 'http_response_status_code="503"', 'error_type="503"')).toBe(1)
    const errors = (reason: string): number | undefined =>
      valueOf(exposition, 'protobridge_errors_total', `error_type="${reason}"`)
    expect([errors('NO_ROUTE'), errors('MALFORMED_REQUEST')]).toEqual([1, 1])
    expect(valueOf(exposition, COUNT, 'http_request_method="_OTHER"', 'http_response_status_code="400"')).toBe(1)
  })

  test('who was asked who they are, and what limits said', async () => {
    const port = await serve({
      auth: { providers: { keys: { apiKey: { header: 'x-api-key', file: `${project.path}/keys.yaml` } } } },
      policies: [
        { select: '*', auth: { any: ['keys'] }, limits: [{ name: 'few', rate: '2/h', by: 'identity' }] },
        { select: 'echo.v1.EchoService.Raw', auth: { any: ['keys'], scopes: ['b'] } },
      ],
    })
    const get = (path: string, key?: string) =>
      callRest(port, 'GET', path, { headers: key === undefined ? [] : [`X-Api-Key: ${key}`] })
    for (const [path, key] of [
      ['/v1/echo'],
      ['/v1/echo', 'wrong'],
      ['/v1/echo', 'ann'],
      ['/v1/echo', 'ann'],
      ['/v1/echo', 'ann'],
      ['/v1/raw', 'ann'],
    ] as const)
      await get(path, key)
    const exposition = await toldOnce((one) => requestsIn(one) === 6)
    const auth = (...labels: string[]): number | undefined =>
      valueOf(exposition, 'protobridge_auth_decisions_total', ...labels)
    expect({
      allowed: auth('protobridge_decision="allowed"', 'protobridge_auth_provider="keys"'),
      missing: auth('error_type="MISSING_CREDENTIALS"'),
      invalid: auth('error_type="INVALID_CREDENTIALS"'),
      scope: auth('error_type="INSUFFICIENT_SCOPE"', 'rpc_method="echo.v1.EchoService/Raw"'),
      passed: valueOf(exposition, 'protobridge_limit_decisions_total', 'protobridge_decision="allowed"'),
      refused: valueOf(exposition, 'protobridge_limit_decisions_total', 'error_type="LIMIT_REACHED"'),
    }).toEqual({ allowed: 3, missing: 1, invalid: 1, scope: 1, passed: 2, refused: 1 })
  })

  test('how old the keys of an issuer are, once they have been fetched', async () => {
    const issuer = await Issuer.start()
    try {
      const port = await serve({
        auth: {
          providers: { idp: { jwt: { issuer: issuer.url, audiences: ['api'], jwks: `${issuer.url}/jwks.json` } } },
        },
        policies: [{ select: '*', auth: { any: ['idp'] } }],
      })
      expect(valueOf(await told(), 'protobridge_auth_keys_age_seconds')).toBeUndefined()
      const headers = [`Authorization: Bearer ${await issuer.sign()}`]
      expect((await callRest(port, 'GET', '/v1/echo', { headers })).status).toBe(200)
      const age = valueOf(await told(), 'protobridge_auth_keys_age_seconds', 'protobridge_auth_provider="idp"')
      expect(age).toBeGreaterThanOrEqual(0)
      expect(age).toBeLessThan(30)
    } finally {
      issuer.close()
    }
  })

  test('calls by their old name too, where that is asked for', async () => {
    const port = await serve({}, { OTEL_SEMCONV_STABILITY_OPT_IN: 'rpc/dup' })
    await callRest(port, 'GET', '/v1/echo')
    const exposition = await toldOnce((one) => requestsIn(one) === 1)
    const labels = [
      'rpc_service="echo.v1.EchoService"',
      'rpc_method="Echo"',
      'rpc_grpc_status_code="0"',
      'rpc_system="grpc"',
    ]
    expect(valueOf(exposition, 'rpc_client_duration_milliseconds_count', ...labels)).toBe(1)
    expect(valueOf(exposition, 'rpc_client_call_duration_seconds_count')).toBe(1)
  })

  test('endpoints, the snapshot and the process, through a reload that keeps every count', async () => {
    const port = await serve()
    await callRest(port, 'GET', '/v1/echo')
    await toldOnce((one) => requestsIn(one) === 1)
    await gateway.gateway.reload()
    await callRest(port, 'GET', '/v1/echo')
    const exposition = await toldOnce((one) => requestsIn(one) === 2)
    expect(valueOf(exposition, 'protobridge_upstream_endpoints', 'protobridge_endpoint_state="READY"')).toBe(1)
    expect(valueOf(exposition, 'protobridge_upstream_endpoints', 'protobridge_endpoint_state="EJECTED"')).toBe(0)
    expect(valueOf(exposition, 'protobridge_snapshot_generation')).toBe(2)
    expect(valueOf(exposition, 'process_cpu_time_seconds_total', 'cpu_mode="user"')).toBeGreaterThan(0)
    expect(valueOf(exposition, 'process_memory_usage_bytes')).toBeGreaterThan(1e6)
    expect(valueOf(exposition, 'nodejs_eventloop_utilization_ratio')).toBeGreaterThan(0)
    expect(requestsIn(exposition)).toBe(2)
    const names = new Set(METRICS.map(({ name }) => name.replaceAll('.', '_')))
    const unknown = [...exposition.keys()].filter(
      (key) => ![...names, 'target_info'].some((name) => key.startsWith(name)),
    )
    expect(unknown).toEqual([])
  })
})

describe('what clients send is no key', () => {
  test('10,000 random paths, methods, hosts and header values: not one series more', async () => {
    const port = await serve()
    const text = (): string => randomBytes(6).toString('hex')
    const methods = ['GET', 'POST', 'PROPFIND', 'SEARCH', 'MKCOL', 'LINK', 'M-SEARCH', 'PURGE']
    const random = (i: number): string =>
      `${methods[i % methods.length]!} ${i % 2 === 0 ? `/v1/echo/${text()}` : `/${text()}/${text()}`} HTTP/1.1\r\nHost: ${text()}.example\r\n` +
      `User-Agent: ${text()}\r\nX-Request-Id: ${text()}\r\nContent-Length: 0\r\n\r\n`
    const send = async (times: number): Promise<void> => {
      const connections = Array.from({ length: 10 }, () => new RawConnection(port))
      await Promise.all(
        connections.map(async (connection) => {
          for (let sent = 0; sent < times / 10; sent += 100) {
            connection.write(Array.from({ length: 100 }, (_, i) => random(i)).join(''))
            for (let i = 0; i < 100; i++) await connection.response()
          }
          connection.destroy()
        }),
      )
    }
    await send(1000)
    const before = await toldOnce((one) => requestsIn(one) === 1000)
    await send(10_000)
    const after = await toldOnce((one) => requestsIn(one) === 11_000)
    expect(requestsIn(after)).toBe(11_000)
    const names = (one: Exposition): string[] => [...one.keys()].filter((key) => !key.startsWith('v8js_')).sort()
    expect(names(after)).toEqual(names(before))
    expect(valueOf(after, COUNT, 'http_request_method="_OTHER"')).toBeGreaterThan(0)
  }, 60_000)
})

describe('who may read them', () => {
  test('/metrics needs the token where there is one', async () => {
    await serve({ admin: { host: '127.0.0.1', port: 0, token: 'secret' } })
    expect((await fetch(`${gateway.admin}/metrics`)).status).toBe(401)
    const headers = { authorization: 'Bearer secret' }
    expect((await fetch(`${gateway.admin}/metrics`, { headers })).status).toBe(200)
  })

  const OFF: readonly { name: string; metrics: string; env: Readonly<Record<string, string>> }[] = [
    { name: 'metrics: none', metrics: 'none', env: {} },
    { name: 'metrics: otlp', metrics: 'otlp', env: { OTEL_METRICS_EXPORTER: 'none' } },
    { name: 'OTEL_SDK_DISABLED', metrics: 'prometheus', env: { OTEL_SDK_DISABLED: 'true' } },
  ]
  test.each(OFF)('$name: there is no such page, and it says why', async ({ metrics, env }) => {
    await serve({}, env, metrics)
    const response = await fetch(`${gateway.admin}/metrics`)
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({ error: expect.stringContaining('telemetry.metrics') })
  })
})

describe('over OTLP', () => {
  type Metric = {
    readonly name: string
    readonly histogram?: {
      /** 1: delta, 2: cumulative. */
      readonly aggregationTemporality: number
      readonly dataPoints: readonly { readonly count: number | string }[]
    }
  }
  type Body = {
    readonly resourceMetrics: readonly {
      readonly resource: {
        readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[]
      }
      readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[]
    }[]
  }
  let backend: Server
  let received: Body[] = []
  let answer: 'take' | 'refuse' | 'hang' | 'trickle' = 'take'
  const collector = (port = 0): Promise<number> => {
    backend = createServer((req, res) => {
      const chunks: Buffer[] = []
      req.on('data', (chunk: Buffer) => chunks.push(chunk))
      req.on('end', () => {
        if (answer === 'hang') return
        if (answer === 'trickle') {
          const drip = setInterval(() => res.write('0'), 50)
          return void res.on('close', () => clearInterval(drip))
        }
        if (answer === 'refuse') return void res.writeHead(400).end()
        received.push(JSON.parse(Buffer.concat(chunks).toString()) as Body)
        res.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      })
    })
    return new Promise((resolve) =>
      backend.listen(port, '127.0.0.1', () => resolve((backend.address() as AddressInfo).port)),
    )
  }
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      backend.closeAllConnections()
      backend.close(() => resolve())
    })
  const envOf = (port: number): Readonly<Record<string, string>> => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_TIMEOUT: '300',
    OTEL_METRIC_EXPORT_INTERVAL: '200',
    OTEL_METRIC_EXPORT_TIMEOUT: '1000',
    OTEL_SERVICE_NAME: 'edge',
  })
  const linesWith = (text: string): number => gateway.log.filter((line) => line.includes(text)).length

  afterEach(async () => {
    answer = 'take'
    received = []
    await stop()
  })

  test('the same metrics, with the resource of the variables', async () => {
    const port = await serve({}, { ...envOf(await collector()), OTEL_METRICS_EXPORTER: 'otlp,statsd' }, 'otlp')
    await until(
      () => linesWith('OTEL_METRICS_EXPORTER: \\"statsd\\" is none of otlp, none; left out') === 1,
      'a warning',
    )
    await callRest(port, 'GET', '/v1/echo')
    const namesIn = (body: Body | undefined): string[] =>
      (body?.resourceMetrics ?? []).flatMap(({ scopeMetrics }) =>
        scopeMetrics.flatMap(({ metrics }) => metrics.map(({ name }) => name)),
      )
    await until(() => namesIn(received.at(-1)).includes('rpc.client.call.duration'), 'what is sent')
    expect(METRICS.map(({ name }) => name)).toEqual(expect.arrayContaining(namesIn(received.at(-1))))
    const attributes = received.at(-1)!.resourceMetrics[0]!.resource.attributes
    expect(attributes.find(({ key }) => key === 'service.name')?.value.stringValue).toBe('edge')
    expect((await fetch(`${gateway.admin}/metrics`)).status).toBe(404)
  })

  test.each([
    { preference: 'cumulative', temporality: 2 },
    { preference: 'delta', temporality: 1 },
    { preference: 'lowmemory', temporality: 1 },
  ])('$preference: three requests, one and one and one, are three', async ({ preference, temporality }) => {
    const env = {
      ...envOf(await collector()),
      OTEL_EXPORTER_OTLP_TIMEOUT: '5000',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: preference,
    }
    const port = await serve({}, env, 'otlp')
    const told = (): { readonly temporality: number; readonly count: number }[] =>
      received
        .flatMap(({ resourceMetrics }) => resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics))
        .flatMap(({ metrics }) => metrics)
        .flatMap(({ name, histogram }) => (name === 'http.server.request.duration' ? [histogram!] : []))
        .map(({ aggregationTemporality, dataPoints }) => ({
          temporality: aggregationTemporality,
          count: dataPoints.reduce((sum, { count }) => sum + Number(count), 0),
        }))
    const isDelta = temporality === 1
    const total = (): number =>
      isDelta ? told().reduce((sum, { count }) => sum + count, 0) : (told().at(-1)?.count ?? 0)
    for (let asked = 1; asked <= 3; asked++) {
      await callRest(port, 'GET', '/v1/echo')
      await until(() => total() === asked, `request ${asked}`)
    }
    expect(new Set(told().map((one) => one.temporality))).toEqual(new Set([temporality]))
    // Without requests there is nothing to tell of them, or the same again.
    const [times, sent] = [told().length, received.length]
    await until(() => received.length > sent + 1, 'the next times')
    if (isDelta) expect(told()).toHaveLength(times)
    else expect(told().at(-1)!.count).toBe(3)
  })

  test('in protobuf over HTTP, with the headers of the variables', async () => {
    const requests: IncomingHttpHeaders[] = []
    backend = createServer((req, res) => {
      requests.push({ ...req.headers, path: req.url })
      req.resume().on('end', () => res.writeHead(200, { 'content-type': 'application/x-protobuf' }).end())
    })
    await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve))
    const { port } = backend.address() as AddressInfo
    const env = {
      ...envOf(port),
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=k',
    }
    await serve({}, env, 'otlp')
    await until(() => requests.length > 0, 'what is sent')
    expect(requests[0]).toMatchObject({ path: '/v1/metrics', 'content-type': 'application/x-protobuf', 'x-key': 'k' })
  })

  test('over gRPC', async () => {
    await collector()
    const calls: Buffer[] = []
    const server = new GrpcServer()
    const bytes = (value: Buffer): Buffer => value
    const path = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'
    const method = {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    } as const
    server.addService(
      { Export: method },
      {
        Export: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
          calls.push(call.request)
          done(null, Buffer.alloc(0))
        },
      },
    )
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    )
    try {
      await serve(
        {},
        { ...envOf(port), OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TIMEOUT: '5000' },
        'otlp',
      )
      await until(() => calls.length > 0, 'what is sent')
      expect(calls[0]!.toString('latin1')).toContain('protobridge.snapshot.generation')
      await gateway.stop()
    } finally {
      server.forceShutdown()
    }
  })

  test.each(['refuse', 'hang', 'trickle', 'be away'] as const)(
    'a backend that will %s: requests go on, one warning, and one line when it is back',
    async (fault) => {
      const backendPort = await collector()
      const port = await serve({}, envOf(backendPort), 'otlp')
      await until(() => received.length > 0, 'the first of it')
      if (fault === 'be away') await stop()
      else answer = fault
      await until(() => linesWith('metrics cannot be sent') === 1, 'the warning')
      for (let i = 0; i < 20; i++) expect((await callRest(port, 'GET', '/v1/echo')).status).toBe(200)
      if (fault === 'be away') await collector(backendPort)
      answer = 'take'
      await until(() => linesWith('metrics are taken again') === 1, 'the line when it is back')
      expect(linesWith('metrics cannot be sent')).toBe(1)
    },
  )

  test('what is left is sent at the end, and a backend that hangs keeps nobody from ending', async () => {
    const slow = { ...envOf(await collector()), OTEL_METRIC_EXPORT_INTERVAL: '60000' }
    const port = await serve({}, slow, 'otlp')
    await callRest(port, 'GET', '/v1/echo')
    await gateway.stop()
    expect(received).toHaveLength(1)
    answer = 'hang'
    await serve({}, { ...slow, OTEL_EXPORTER_OTLP_TIMEOUT: '5000' }, 'otlp')
    const before = Date.now()
    await gateway.stop()
    expect(Date.now() - before).toBeLessThan(15_000)
  })
})
