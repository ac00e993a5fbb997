import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { context, ROOT_CONTEXT, trace, type Context, type ContextManager } from '@opentelemetry/api'
import { poll } from '../support/consul-agent.js'
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

/** As OpenTelemetry's own, without what is not needed here. */
class Contexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>()
  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT
  }
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    active: Context,
    run: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(active, () => run.call(self, ...args))
  }
  bind<T>(_context: Context, target: T): T {
    return target
  }
  enable(): this {
    return this
  }
  disable(): this {
    return this
  }
}

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
