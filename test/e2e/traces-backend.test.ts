import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { poll } from '../support/consul-agent.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { callRest } from '../support/rest.js'
import { collectorEnv, TraceCollector } from '../support/trace-collector.js'

/* What a gateway does whose trace backend refuses, hangs, is slow or gone; and what the variables say. */

interface LogLine {
  readonly level: number
  readonly msg: string
  readonly lost?: number
}

describe('a trace backend', () => {
  let echo: EchoUpstream
  let gateway: TestGateway | undefined
  let collector: TraceCollector | undefined

  beforeAll(async () => {
    echo = await startEchoUpstream()
  })
  afterEach(async () => {
    await gateway?.stop()
    await collector?.stop()
    gateway = collector = undefined
  })
  afterAll(() => echo.close())

  const start = async (env: Readonly<Record<string, string>>, more: object = {}): Promise<TestGateway> => {
    const telemetry = { metrics: 'none', accessLog: 'none' }
    gateway = await startGateway({ ...echoConfig(echo), telemetry, ...more }, { env })
    return gateway
  }
  const call = (): Promise<{ status: number; headers: ReadonlyMap<string, string> }> =>
    callRest(gateway!.port, 'GET', '/v1/echo/hello')
  const callMany = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) expect((await call()).status).toBe(200)
  }
  /** What was logged of traces. */
  const told = (): readonly LogLine[] =>
    gateway!.log.map((line) => JSON.parse(line) as LogLine).filter(({ msg }) => msg.startsWith('traces '))

  test('that is not there is told of once, and once when it is; requests are served all the same', async () => {
    collector = await TraceCollector.start()
    const { port } = collector
    await collector.stop()
    collector = undefined
    await start(collectorEnv(port))
    await callMany(3)
    await poll('the warning', () => told().length > 0)
    await callMany(3)
    collector = await TraceCollector.start(port)
    await poll('spans in the backend', async () => {
      await callMany(1)
      return collector!.spans.length > 0
    })
    await poll('the second line', () => told().length > 1)
    const [away, back, ...more] = told()
    expect(away!.msg).toMatch(/^traces cannot be sent, and are lost until they can be: .*\(ECONNREFUSED\)$/)
    expect([back!.msg, more]).toEqual(['traces are taken again', []])
    expect(back!.lost).toBeGreaterThan(0)
  })

  test('that hangs holds up no request, and no more spans wait than the queue holds', async () => {
    collector = await TraceCollector.start()
    collector.mode = 'hang'
    await start({ ...collector.env, OTEL_BSP_MAX_QUEUE_SIZE: '8', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4' })
    const calls = 60
    await callMany(calls)
    await poll('the warning', () => told().length > 0)
    collector.mode = 'take'
    await poll('spans in the backend', () => collector!.spans.length > 0)
    let more = 0
    await poll('the second line', async () => {
      await callMany(1)
      more++
      return told().length > 1
    })
    await gateway!.stop()
    const [, back, ...others] = told()
    expect(others).toEqual([])
    // Two spans a call. The batch that was under way, and the queue, is what was not lost.
    expect(back!.lost! + collector.spans.length).toBe(2 * (calls + more))
    expect(back!.lost).toBeGreaterThanOrEqual(2 * calls - 8 - 4)
  })

  test('that hangs does not hold up the end', async () => {
    collector = await TraceCollector.start()
    collector.mode = 'hang'
    await start({ ...collector.env, OTEL_EXPORTER_OTLP_TIMEOUT: '60000' })
    await callMany(1)
    await poll('a batch', () => collector!.batches > 0)
    await callMany(1)
    const before = Date.now()
    await gateway!.stop()
    expect(Date.now() - before).toBeLessThan(15_000)
  })

  test.each([
    { status: 400, why: 'Bad Request' },
    { status: 503, why: 'Export failed with retryable status' },
  ])('that answers $status is told of once', async ({ status, why }) => {
    collector = await TraceCollector.start()
    collector.mode = status
    await start(collector.env)
    await poll('three batches', async () => {
      await callMany(1)
      return collector!.batches >= 3
    })
    await poll('the warning', () => told().length > 0)
    expect(told().map(({ msg }) => msg)).toEqual([
      expect.stringContaining(`traces cannot be sent, and are lost until they can be: ${why}`),
    ])
  })

  test('gets headers, resource and paths as the variables say', async () => {
    collector = await TraceCollector.start()
    await start({
      ...collector.env,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20t,x-a=1',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-a=2',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=no',
      OTEL_SERVICE_NAME: 'edge',
    })
    const { headers } = await call()
    await poll('both spans', () => collector!.spans.length === 2)
    expect(collector.headers).toMatchObject({ authorization: 'Bearer t', 'x-a': '2' })
    expect(collector.resource).toMatchObject({
      'service.name': 'edge',
      'deployment.environment.name': 'test',
      'service.version': expect.any(String),
      'service.instance.id': expect.any(String),
      'telemetry.sdk.language': 'nodejs',
    })
    const traceId = headers.get('traceresponse')!.split('-')[1]
    expect(collector.spans.map((span) => span.traceId)).toEqual([traceId, traceId])
  })

  test.each<{ name: string; env: Record<string, string>; traces: string | undefined }>([
    { name: 'no variable says so', env: {}, traces: undefined },
    { name: 'OTEL_SDK_DISABLED', env: { OTEL_SDK_DISABLED: 'true' }, traces: 'otlp' },
    { name: 'OTEL_TRACES_EXPORTER=none', env: { OTEL_TRACES_EXPORTER: 'none' }, traces: 'otlp' },
    { name: 'traces: none', env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, traces: 'none' },
  ])('is not asked for with $name; a client’s context goes on as it came', async ({ env, traces }) => {
    const telemetry = { metrics: 'none', accessLog: 'none', ...(traces === undefined ? {} : { traces }) }
    await start(env, { telemetry })
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const { headers } = await callRest(gateway!.port, 'GET', '/v1/echo/a', { headers: [`Traceparent: ${traceparent}`] })
    expect(headers.has('traceresponse')).toBe(false)
    expect(echo.headers['traceparent']).toBe(traceparent)
  })

  test.each([
    {
      name: 'a good one',
      sent: ['Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'Tracestate: a=1', 'Baggage: b=2'],
      traceparent: /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/,
      others: { tracestate: 'a=1', baggage: 'b=2' },
    },
    {
      name: 'one that is not to be recorded',
      sent: [
        'Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
        'Tracestate: a=1',
        'Tracestate: b=2',
      ],
      traceparent: /^00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00$/,
      others: { tracestate: 'a=1,b=2' },
    },
    {
      name: 'two of them',
      sent: [
        'Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
        'Traceparent: 00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
        'Tracestate: a=1',
      ],
      traceparent: /^00-(?!.af7651916cd43dd8448eb211c80319c)[0-9a-f]{32}-[0-9a-f]{16}-01$/,
      others: {},
    },
    {
      name: 'broken ones',
      sent: ['Traceparent: \xff', 'Tracestate: =', `Baggage: ${'x'.repeat(10_000)}`],
      traceparent: /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/,
      others: {},
    },
  ])('or none, upstreams get a context each: for $name of a client', async ({ sent, traceparent, others }) => {
    await start(collectorEnv(1))
    const { status } = await callRest(gateway!.port, 'GET', '/v1/echo/a', { headers: sent })
    expect(status).toBe(200)
    const got = echo.headers
    expect(got['traceparent']).toMatch(traceparent)
    expect({ tracestate: got['tracestate'], baggage: got['baggage'] }).toEqual({
      tracestate: undefined,
      baggage: undefined,
      ...others,
    })
  })
})
