import { resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { serve } from '../support/command.js'
import { startExampleProcess, type ExampleProcess } from '../support/example-process.js'
import { examplesConfig, startGateway, type TestGateway } from '../support/gateway.js'
import { hasJaeger, Jaeger, type JaegerSpan } from '../support/jaeger.js'
import { Project } from '../support/project.js'
import { callRest } from '../support/rest.js'
import { untilAllServe } from '../support/worker-pids.js'

/* Traces of the gateway and the example services in a real Jaeger, asked for by the trace id of the response. */

const suite = hasJaeger() ? describe : describe.skip

/** Spans are sent soon. */
const SOON = { OTEL_BSP_SCHEDULE_DELAY: '50' }

/** Trace, span and flags of a response's `traceresponse`. */
function traceOf(headers: ReadonlyMap<string, string>): { traceId: string; spanId: string; flags: string } {
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(headers.get('traceresponse') ?? '')
  if (match === null) throw new Error(`traceresponse: ${headers.get('traceresponse')}`)
  return { traceId: match[1]!, spanId: match[2]!, flags: match[3]! }
}

const kindOf = (span: JaegerSpan): string => `${span.service} ${String(span.tags['span.kind'])}`

suite('traces in Jaeger', () => {
  let jaeger: Jaeger
  let library: ExampleProcess
  let inventory: ExampleProcess
  let gateway: TestGateway | undefined

  beforeAll(async () => {
    jaeger = await Jaeger.start()
    const env = { ...SOON, OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlpHttp }
    ;[library, inventory] = await Promise.all([
      startExampleProcess('library', env),
      startExampleProcess('inventory', { ...env, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }),
    ])
  })

  afterEach(async () => {
    await gateway?.stop()
    gateway = undefined
  })

  afterAll(async () => {
    await Promise.all([library?.stop(), inventory?.stop()])
    await jaeger?.stop()
  })

  const start = async (env: Readonly<Record<string, string>>, more: object = {}): Promise<TestGateway> => {
    gateway = await startGateway(
      {
        ...examplesConfig({ library: library.address, inventory: inventory.address }),
        telemetry: { metrics: 'none', accessLog: 'none' },
        ...more,
      },
      { env: { ...SOON, ...env } },
    )
    return gateway
  }
  const http = (): Readonly<Record<string, string>> => ({ OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlpHttp })

  test.each([
    { protocol: 'http/protobuf', accept: 'application/json' },
    { protocol: 'http/json', accept: 'application/json' },
    { protocol: 'grpc', accept: 'application/json' },
    { protocol: 'grpc', accept: 'application/xml' },
  ])(
    'a request is one tree, the service’s own span in it: $accept, told by OTLP over $protocol',
    async ({ protocol, accept }) => {
      const env = {
        OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? jaeger.otlpGrpc : jaeger.otlpHttp,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_SERVICE_NAME: 'gateway',
      }
      const { port } = await start(env, { query: { ignore: ['token'] } })
      const { status, headers } = await callRest(port, 'GET', '/v1/shelves?page_size=2&token=hush', {
        headers: [`Accept: ${accept}`, 'User-Agent: test/1', 'X-Request-Id: of-this-test'],
      })
      expect([status, headers.get('content-type')]).toEqual([200, accept])
      const { traceId, spanId, flags } = traceOf(headers)
      expect(flags).toBe('01')
      const [server, attempt, service] = await jaeger.trace(traceId, 3)
      expect([server, attempt, service].map((span) => kindOf(span!))).toEqual([
        'gateway server',
        'gateway client',
        'library server',
      ])
      expect([server!.parentId, attempt!.parentId, service!.parentId]).toEqual([undefined, spanId, attempt!.spanId])
      expect(server).toMatchObject({ spanId, name: 'GET /v1/shelves' })
      expect(server!.tags).toMatchObject({
        'http.request.method': 'GET',
        'http.route': '/v1/shelves',
        'http.response.status_code': 200,
        'url.path': '/v1/shelves',
        'url.query': 'page_size=2&token=REDACTED',
        'url.scheme': 'http',
        'server.address': 'a',
        'server.port': 80,
        'client.address': '127.0.0.1',
        'network.peer.address': '127.0.0.1',
        'network.peer.port': expect.any(Number),
        'network.protocol.version': '1.1',
        'user_agent.original': 'test/1',
        'protobridge.request_id': 'of-this-test',
        'protobridge.attempts': 1,
      })
      expect(server!.tags).not.toHaveProperty(['error.type'])
      const [host, libraryPort] = library.address.split(':')
      expect(attempt).toMatchObject({ name: 'library.v1.LibraryService/ListShelves' })
      expect(attempt!.tags).toMatchObject({
        'rpc.system.name': 'grpc',
        'rpc.method': 'library.v1.LibraryService/ListShelves',
        'rpc.response.status_code': 'OK',
        'server.address': host,
        'server.port': Number(libraryPort),
        'network.peer.address': host,
        'network.peer.port': Number(libraryPort),
        'protobridge.upstream': 'library',
      })
      expect(attempt!.tags).not.toHaveProperty(['rpc.service'])
      expect(service!.tags).toMatchObject({ 'rpc.method': 'library.v1.LibraryService/ListShelves' })
    },
  )

  test('a retried call shows every attempt, and where the last one went', async () => {
    const retry = { attempts: 3, on: ['UNAVAILABLE'], backoff: { initial: '1ms', max: '2ms' } }
    const { port } = await start(http(), { policies: [{ select: '*', retry }] })
    const { status, headers } = await callRest(port, 'GET', '/v1/shelves', { headers: ['X-Example-Fail: 14'] })
    expect(status).toBe(503)
    const { traceId } = traceOf(headers)
    const spans = await jaeger.trace(traceId, 7)
    const server = spans.find((span) => kindOf(span) === 'protobridge server')!
    const attempts = spans.filter((span) => kindOf(span) === 'protobridge client')
    const calls = spans.filter((span) => kindOf(span) === 'library server')
    expect(attempts).toHaveLength(3)
    expect(attempts.map(({ parentId }) => parentId)).toEqual(attempts.map(() => server.spanId))
    expect(calls.map(({ parentId }) => parentId)).toEqual(attempts.map(({ spanId }) => spanId))
    expect(attempts.map(({ tags }) => tags['protobridge.previous_attempts'])).toEqual([undefined, 1, 2])
    for (const { tags } of attempts) {
      expect(tags).toMatchObject({
        'rpc.response.status_code': 'UNAVAILABLE',
        'error.type': 'UNAVAILABLE',
        'otel.status_code': 'ERROR',
      })
    }
    expect(server.tags).toMatchObject({ 'error.type': '503', 'otel.status_code': 'ERROR', 'protobridge.attempts': 3 })
    expect(server.events).toEqual(
      [1, 2].map((previous) => ({
        event: 'retry',
        'protobridge.previous_attempts': previous,
        'network.peer.address': library.address,
        'rpc.response.status_code': 'UNAVAILABLE',
      })),
    )
  })

  test('a copy of a call is a span of its own, and the shadow’s in it; it is none of the attempts', async () => {
    const servers = examplesConfig({ library: library.address, inventory: inventory.address }) as {
      readonly upstreams: object
    }
    const { port } = await start(http(), {
      upstreams: { ...servers.upstreams, shadow: { target: `static:///${library.address}` } },
      policies: [{ select: 'library.v1.LibraryService.ListShelves', mirror: { upstream: 'shadow' } }],
    })
    const { status, headers } = await callRest(port, 'GET', '/v1/shelves')
    expect(status).toBe(200)
    const spans = await jaeger.trace(traceOf(headers).traceId, 5)
    const server = spans.find((span) => kindOf(span) === 'protobridge server')!
    const clients = spans.filter((span) => kindOf(span) === 'protobridge client')
    const calls = spans.filter((span) => kindOf(span) === 'library server')
    const told = clients.map(({ name, parentId, tags }) => ({
      name,
      parentId,
      upstream: tags['protobridge.upstream'],
      mirrored: tags['protobridge.mirrored'],
    }))
    const common = { name: 'library.v1.LibraryService/ListShelves', parentId: server.spanId }
    expect(told).toHaveLength(2)
    expect(told).toContainEqual({ ...common, upstream: 'library', mirrored: undefined })
    expect(told).toContainEqual({ ...common, upstream: 'shadow', mirrored: true })
    expect(calls.map(({ parentId }) => parentId).sort()).toEqual(clients.map(({ spanId }) => spanId).sort())
    expect(server.tags).toMatchObject({ 'protobridge.attempts': 1 })
  })

  test('a client’s trace goes on, its baggage with it', async () => {
    const { port } = await start(http())
    const { headers } = await callRest(port, 'GET', '/v1/shelves', {
      headers: ['Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'Tracestate: a=1'],
    })
    const { traceId } = traceOf(headers)
    expect(traceId).toBe('0af7651916cd43dd8448eb211c80319c')
    const [server] = await jaeger.trace(traceId, 3)
    expect(server!.tags).toMatchObject({ 'w3c.tracestate': 'a=1' })
  })

  test('an untrusted client’s trace is linked to, and a new one begun', async () => {
    const { port } = await start(http(), {
      telemetry: { traces: 'otlp', trustInbound: false, metrics: 'none', accessLog: 'none' },
    })
    const { headers } = await callRest(port, 'GET', '/v1/shelves', {
      headers: ['Traceparent: 00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    })
    const { traceId } = traceOf(headers)
    expect(traceId).not.toBe('1af7651916cd43dd8448eb211c80319c')
    const [server] = await jaeger.trace(traceId, 3)
    expect(server!.links).toEqual([{ traceId: '1af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }])
  })

  test.each([
    { when: 'while they serve', delay: '50' },
    { when: 'at the latest before they end', delay: '600000' },
  ])(
    'of two workers each tells its own, $when',
    async ({ delay }) => {
      const project = new Project({
        'gw.json': JSON.stringify({
          ...examplesConfig({ library: library.address, inventory: inventory.address }),
          schema: [{ protos: ['library/v1/*.proto', 'inventory/v1/*.proto'], roots: [resolve('protos')] }],
          mappings: [resolve('mappings/*.yaml')],
          listen: { host: '127.0.0.1', port: 0 },
          admin: { port: 0 },
          telemetry: { metrics: 'none', accessLog: 'none' },
          watch: false,
          workers: 2,
        }),
      })
      const command = await serve(['--config', 'gw.json'], {
        cwd: project.path,
        env: { ...http(), OTEL_BSP_SCHEDULE_DELAY: delay },
      })
      try {
        const pids = (await untilAllServe(command.admin)).map(({ pid }) => pid)
        // Each on a connection of its own: those go to the workers in turn.
        const answers = await Promise.all(
          Array.from({ length: 10 }, () => callRest(command.port, 'GET', '/v1/shelves', { waitMs: 30_000 })),
        )
        const seen = async (): Promise<void> => {
          const found = await Promise.all(answers.map(({ headers }) => jaeger.trace(traceOf(headers).traceId, 3)))
          for (const spans of found) {
            expect(spans.map(kindOf)).toEqual(['protobridge server', 'protobridge client', 'library server'])
            expect(spans[0]!.resource['process.pid']).toBe(spans[1]!.resource['process.pid'])
          }
          expect(new Set(found.map(([server]) => server!.resource['process.pid']))).toEqual(new Set(pids))
          const instances = new Set(found.map(([server]) => server!.resource['service.instance.id']))
          expect(instances.size).toBe(2)
        }
        if (delay === '50') await seen()
        command.kill('SIGTERM')
        expect((await command.ended).code).toBe(0)
        await seen()
      } finally {
        await command.stop()
        project.remove()
      }
    },
    120_000,
  )

  test('what closes has sent its spans', async () => {
    const { port, stop } = await start({ ...http(), OTEL_BSP_SCHEDULE_DELAY: '600000' })
    const { headers } = await callRest(port, 'GET', '/v1/nowhere')
    await stop()
    gateway = undefined
    const [server] = await jaeger.trace(traceOf(headers).traceId, 1)
    expect(server).toMatchObject({ name: 'GET', tags: { 'http.response.status_code': 404 } })
    expect(server!.tags).toMatchObject({ 'protobridge.reason': 'NO_ROUTE' })
    expect(server!.tags).not.toHaveProperty(['error.type'])
  })
})
