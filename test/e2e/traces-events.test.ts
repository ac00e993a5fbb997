import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { poll } from '../support/consul-agent.js'
import { Contexts } from '../support/contexts.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Project } from '../support/project.js'
import { callRest } from '../support/rest.js'
import { TraceCollector, type OtlpSpan } from '../support/trace-collector.js'

/* What traces tell of decisions on the way: authentication, limits, ejections; and of the program around. */

const SERVER = 2
const CLIENT = 3

let echo: EchoUpstream
let collector: TraceCollector
let gateway: TestGateway | undefined
const sha256 = createHash('sha256').update('good').digest('hex')
const project = new Project({ 'keys.yaml': `keys: [{ id: partner, sha256: ${sha256} }]\n` })

beforeAll(async () => {
  echo = await startEchoUpstream()
})
beforeEach(async () => {
  collector = await TraceCollector.start()
})
afterEach(async () => {
  await gateway?.stop()
  await collector.stop()
  gateway = undefined
})
afterAll(() => {
  echo.close()
  project.remove()
})

async function start(more: object, upstream: object = {}): Promise<TestGateway> {
  const telemetry = { metrics: 'none', accessLog: 'none' }
  gateway = await startGateway({ ...echoConfig(echo, upstream), telemetry, ...more }, { env: collector.env })
  return gateway
}

/** The spans of the trace a response belongs to, the server's first, once there are so many. */
async function spansOf(headers: ReadonlyMap<string, string>, count: number): Promise<readonly OtlpSpan[]> {
  const traceId = headers.get('traceresponse')!.split('-')[1]
  const found = (): OtlpSpan[] => collector.spans.filter((span) => span.traceId === traceId)
  await poll(`${count} spans`, () => found().length >= count)
  return found().sort((a, b) => a.kind - b.kind)
}

describe('events', () => {
  test.each([
    {
      name: 'a caller that is known',
      headers: ['X-Api-Key: good'],
      status: 200,
      events: [{ name: 'policies.passed', attributes: { 'protobridge.auth.provider': 'keys' } }],
      attributes: { 'enduser.id': 'partner', 'protobridge.auth.provider': 'keys' },
    },
    {
      name: 'a caller that is not',
      headers: ['X-Api-Key: bad'],
      status: 401,
      events: [{ name: 'auth.denied', attributes: { 'protobridge.reason': 'INVALID_CREDENTIALS' } }],
      attributes: { 'protobridge.reason': 'INVALID_CREDENTIALS' },
    },
  ])('of authentication: $name', async ({ headers, status, events, attributes }) => {
    const auth = {
      providers: { keys: { apiKey: { header: 'x-api-key', query: 'k', file: `${project.path}/keys.yaml` } } },
    }
    const { port } = await start({ auth, policies: [{ select: '*', auth: { any: ['keys'] } }] })
    const answer = await callRest(port, 'GET', '/v1/echo/a', { headers })
    expect(answer.status).toBe(status)
    const [server] = await spansOf(answer.headers, 1)
    expect(server).toMatchObject({ kind: SERVER, events, attributes })
    expect(JSON.stringify(server)).not.toContain('good')
  })

  test('a key in the query is nobody’s to read, accepted or not', async () => {
    const auth = { providers: { keys: { apiKey: { query: 'k', file: `${project.path}/keys.yaml` } } } }
    const { port } = await start({ auth, policies: [{ select: '*', auth: { any: ['keys'] } }] })
    for (const [key, path] of [
      ['good', '/v1/echo/a'],
      ['bad', '/v1/echo/a'],
      ['good', '/nowhere'],
    ]) {
      const { headers } = await callRest(port, 'GET', `${path}?k=${key}`)
      const [server] = await spansOf(headers, 1)
      expect(server!.attributes['url.query']).toBe('k=REDACTED')
    }
  })

  test('of a limit', async () => {
    const { port } = await start({ policies: [{ select: '*', limits: [{ name: 'few', rate: '1/h', by: 'global' }] }] })
    const first = await callRest(port, 'GET', '/v1/echo/a')
    const second = await callRest(port, 'GET', '/v1/echo/a')
    expect([first.status, second.status]).toEqual([200, 429])
    const [passed] = await spansOf(first.headers, 2)
    const [refused] = await spansOf(second.headers, 1)
    expect(passed!.events.map(({ name }) => name)).toEqual(['policies.passed'])
    expect(refused!.events).toEqual([{ name: 'limit.refused', attributes: { 'protobridge.reason': 'LIMIT_REACHED' } }])
    expect(refused!.attributes).not.toHaveProperty(['error.type'])
  })

  test('of an ejection, at the attempt that caused it', async () => {
    const { port } = await start({}, { outlier: { consecutiveErrors: 2, maxEjectedPercent: 100 } })
    const fail = { body: { answer: { code: 14 } } }
    const first = await callRest(port, 'POST', '/v1/echo', fail)
    const second = await callRest(port, 'POST', '/v1/echo', fail)
    const [[, kept], [, ejected]] = [await spansOf(first.headers, 2), await spansOf(second.headers, 2)]
    expect(kept).toMatchObject({ kind: CLIENT, events: [] })
    expect(ejected).toMatchObject({
      kind: CLIENT,
      events: [{ name: 'endpoint.ejected', attributes: { 'network.peer.address': `127.0.0.1:${echo.port}` } }],
    })
  })
})

describe('a copy of a call, for mirror', () => {
  let shadow: EchoUpstream
  beforeEach(async () => {
    shadow = await startEchoUpstream()
  })
  afterEach(() => shadow.close())

  const mirrored = (env: Readonly<Record<string, string>>): Promise<TestGateway> => {
    const { upstreams, ...rest } = echoConfig(echo) as { readonly upstreams: object }
    return startGateway(
      {
        ...rest,
        upstreams: { ...upstreams, shadow: { target: shadow.target } },
        telemetry: { metrics: 'none', accessLog: 'none' },
        policies: [{ select: '*', mirror: { upstream: 'shadow' } }],
      },
      { env: { ...collector.env, ...env } },
    )
  }
  const called = async (): Promise<[traceparent: string, ofShadow: string]> => {
    await poll('the copy', () => shadow.calls > 0)
    return [String(echo.headers['traceparent']), String(shadow.headers['traceparent'])]
  }

  test('has a context of its own, in the same trace', async () => {
    gateway = await mirrored({})
    const { headers } = await callRest(gateway.port, 'GET', '/v1/echo', { headers: ['Tracestate: a=1'] })
    const spans = await spansOf(headers, 3)
    const copy = spans.find(({ attributes }) => attributes['protobridge.mirrored'] === true)!
    const attempt = spans.find(({ kind, spanId }) => kind === CLIENT && spanId !== copy.spanId)!
    expect(await called()).toEqual([
      `00-${attempt.traceId}-${attempt.spanId}-01`,
      `00-${copy.traceId}-${copy.spanId}-01`,
    ])
    expect([copy.parentSpanId, attempt.parentSpanId]).toEqual(Array(2).fill(spans[0]!.spanId))
    expect(copy.attributes).toMatchObject({ 'protobridge.upstream': 'shadow', 'rpc.response.status_code': 'OK' })
  })

  test('that is not recorded is told so, as the call is', async () => {
    gateway = await mirrored({ OTEL_TRACES_SAMPLER: 'always_off' })
    const { headers } = await callRest(gateway.port, 'GET', '/v1/echo')
    const told = headers.get('traceresponse')!
    expect(told).toMatch(/-00$/)
    expect(await called()).toEqual([told, told])
  })
})

test('mounted in a program that traces itself, the request is a child of what is active there', async () => {
  await start({})
  const active = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }
  context.setGlobalContextManager(new Contexts())
  const server = createServer((req, res) => {
    context.with(trace.setSpanContext(ROOT_CONTEXT, active), () => gateway!.gateway.handler(req, res))
  })
  try {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { headers } = await callRest(port, 'GET', '/v1/echo/a', {
      headers: ['Traceparent: 00-1af7651916cd43dd8448eb211c80319c-a7ad6b7169203331-00'],
    })
    const [span] = await spansOf(headers, 2)
    expect(span).toMatchObject({ traceId: active.traceId, parentSpanId: active.spanId })
  } finally {
    context.disable()
    server.close()
    server.closeAllConnections()
  }
})
