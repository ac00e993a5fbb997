import { afterAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { IncomingMessage } from 'node:http'
import type { ObservedRequest, Route } from '../../src/exchange/index.js'
import { ActiveSpans } from '../../src/telemetry/traces/active-span.js'
import { Propagation, propagationOf } from '../../src/telemetry/traces/propagation.js'
import type { SpanParts } from '../../src/telemetry/traces/recorded-span.js'
import { redaction } from '../../src/telemetry/traces/redact-query.js'
import { foldOf, samplerOf } from '../../src/telemetry/traces/sampler.js'
import { cutters, spanPartsMaker, type SpanOptions } from '../../src/telemetry/traces/span-parts.js'
import { recordOf, type EndedSpan, type SpanRow } from '../../src/telemetry/traces/span-row.js'
import { TraceObserver, type TracerOptions } from '../../src/telemetry/traces/trace-observer.js'
import type { CallStatus, Endpoint } from '../../src/upstream/index.js'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const CALLER = `00-${TRACE}-${SPAN}-01`
const UNSAMPLED = `00-${TRACE}-${SPAN}-00`

const warnings: string[] = []
const warn = (message: string): void => void warnings.push(message)
beforeEach(() => void warnings.splice(0))

describe('the sampler', () => {
  const of = (name?: string, share?: string) =>
    samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: share }, warn)

  test.each([
    { name: undefined, root: true, sampled: true, unsampled: false },
    { name: 'always_on', root: true, sampled: true, unsampled: true },
    { name: 'always_off', root: false, sampled: false, unsampled: false },
    { name: 'traceidratio', share: '0', root: false, sampled: false, unsampled: false },
    { name: 'traceidratio', root: true, sampled: true, unsampled: true },
    { name: 'parentbased_always_on', root: true, sampled: true, unsampled: false },
    { name: 'parentbased_always_off', root: false, sampled: true, unsampled: false },
    { name: 'parentbased_traceidratio', share: '0', root: false, sampled: true, unsampled: false },
    { name: 'parentbased_traceidratio', share: '1', root: true, sampled: true, unsampled: false },
  ])('$name $share: without caller $root, sampled caller $sampled, unsampled $unsampled', (row) => {
    const sample = of(row.name, row.share)
    expect([undefined, true, false].map((isParentSampled) => sample(isParentSampled, CALLER, foldOf))).toEqual([
      row.root,
      row.sampled,
      row.unsampled,
    ])
    expect(warnings).toEqual([])
  })

  test.each([
    {
      name: 'sometimes',
      share: undefined,
      warning: /^OTEL_TRACES_SAMPLER: "sometimes" is none of always_on, .*; taken is parentbased_always_on$/,
    },
    { name: 'constructor', share: undefined, warning: /^OTEL_TRACES_SAMPLER: "constructor" is none of/ },
    {
      name: 'traceidratio',
      share: 'half',
      warning: /^OTEL_TRACES_SAMPLER_ARG: "half" is not a number of at least 0; taken is 1$/,
    },
    { name: 'traceidratio', share: '7', warning: /^OTEL_TRACES_SAMPLER_ARG: 7 is more than all; taken is 1$/ },
  ])('$name $share is told, and records all', ({ name, share, warning }) => {
    expect(of(name, share)(undefined, CALLER, foldOf)).toBe(true)
    expect(warnings).toEqual([expect.stringMatching(warning)])
  })

  test('a share of random ids is that share, and the same ids as the SDK takes', async () => {
    const { TraceIdRatioBasedSampler } = await import('@opentelemetry/sdk-trace-base')
    const { ROOT_CONTEXT } = await import('@opentelemetry/api')
    const { foldOfNewest, newTraceparent } = await import('../../src/telemetry/traces/ids.js')
    const sample = of('traceidratio', '0.25')
    const oracle = new TraceIdRatioBasedSampler(0.25)
    const made = Array.from({ length: 4000 }, () => ({ traceparent: newTraceparent(), fold: foldOfNewest() }))
    const taken = made.filter(({ traceparent }) => sample(undefined, traceparent, foldOf))
    expect(made.filter(({ traceparent, fold }) => sample(undefined, traceparent, () => fold))).toEqual(taken)
    const isTaken = (traceId: string): boolean => oracle.shouldSample(ROOT_CONTEXT, traceId).decision !== 0
    expect(made.filter(({ traceparent }) => isTaken(traceparent.slice(3, 35)))).toEqual(taken)
    // Five standard deviations.
    expect(Math.abs(taken.length - 1000)).toBeLessThan(140)
  })
})

describe('values of the query', () => {
  const redact = redaction(['k', 'öffne'])
  test.each([
    { query: 'page_size=2&filter=a%3Db', shown: 'page_size=2&filter=a%3Db' },
    { query: 'k=secret&page_size=2&k=other', shown: 'k=REDACTED&page_size=2&k=REDACTED' },
    { query: '%6b=secret', shown: '%6b=REDACTED' },
    { query: '%C3%B6ffne=secret', shown: '%C3%B6ffne=REDACTED' },
    {
      query: 'access_token=a&id_token=b&apiKey=c&api_key=d&API-KEY=e',
      shown: 'access_token=REDACTED&id_token=REDACTED&apiKey=REDACTED&api_key=REDACTED&API-KEY=REDACTED',
    },
    {
      query: 'X-Amz-Signature=a&sig=b&Signature=c&AWSAccessKeyId=d',
      shown: 'X-Amz-Signature=REDACTED&sig=REDACTED&Signature=REDACTED&AWSAccessKeyId=REDACTED',
    },
    { query: 'password=a=b', shown: 'password=REDACTED' },
    { query: 'key=value&design=x', shown: 'key=value&design=x' },
    { query: '%E0%A4%A=1&secret%=2', shown: '%E0%A4%A=1&secret%=REDACTED' },
    { query: '&&=&a', shown: '&&=&a' },
  ])('$query is $shown', ({ query, shown }) => {
    expect(redact(query)).toBe(shown)
  })
})

const route = { rpcPath: '/echo.v1.EchoService/Echo', httpRoute: '/v1/echo/{text}' } as Route
const endpoint = { address: '10.0.0.7:50051', host: '10.0.0.7', port: 50051, path: undefined } as Endpoint
const OK: CallStatus = { code: 0, message: '', details: undefined, origin: 'peer', isUnprocessed: false }

type Mutable = { -readonly [Key in keyof ObservedRequest]: ObservedRequest[Key] }

function requestOf(headers: Readonly<Record<string, string | undefined>>, more: Partial<Mutable> = {}): Mutable {
  const http = {
    method: 'GET',
    headers,
    httpVersion: '1.1',
    socket: { remoteAddress: '::ffff:192.0.2.1', remotePort: 4711 },
  } as unknown as IncomingMessage
  const started = performance.now()
  return {
    http,
    requestId: 'r1',
    path: '/v1/echo/a',
    query: '',
    clientAddress: '192.0.2.1',
    scheme: 'http',
    startedMs: 1_700_000_000_000,
    started,
    ended: started + 12.5,
    trace: undefined,
    route,
    identity: undefined,
    httpStatus: 200,
    grpcStatus: 0,
    reason: undefined,
    isAborted: false,
    bytesIn: 0,
    bytesOut: 0,
    decodeMs: 0,
    encodeMs: 0,
    upstream: undefined,
    endpoint: undefined,
    attempts: 0,
    ...more,
  }
}

describe('a tracer', () => {
  const active = new ActiveSpans()
  afterAll(() => active.close())
  let spans: SpanParts[]
  beforeEach(() => void (spans = []))

  const optionsOf = (saysOldNames = false): SpanOptions => ({
    credentialParameters: ['k'],
    saysOldNames,
    maxValueLength: 20,
  })

  /** Gives spans over as to the thread that sends them, and makes of them what that does. */
  const add = (saysOldNames = false): ((span: EndedSpan) => void) => {
    const partsOf = spanPartsMaker(optionsOf(saysOldNames))
    return (span) => void spans.push(partsOf(recordOf(JSON.parse(JSON.stringify(span.row())) as SpanRow)))
  }

  const tracer = (options: Partial<TracerOptions> = {}): TraceObserver => {
    const cuts = cutters(optionsOf())
    return new TraceObserver({
      sample: samplerOf({}, warn),
      propagation: new Propagation(['tracecontext', 'baggage']),
      active,
      trustInbound: true,
      ...cuts,
      maxEvents: 2,
      attempts: { cut: cuts.cut, serverOf: () => undefined, add: add() },
      add: add(),
      ...options,
    })
  }

  /** What goes upstream with an attempt. */
  function sentBy(observer: TraceObserver, request: Mutable): Record<string, string> {
    request.trace = observer.traceOf(request.http)
    request.attempts++
    const attempt = observer.onAttempt(request, 'echo', endpoint, 0)
    const all = [...request.trace!.metadata, ...(attempt?.metadata ?? [])]
    return Object.fromEntries(all.flatMap((name, i) => (i % 2 === 0 ? [[name, all[i + 1]!]] : [])))
  }

  test.each([
    { name: 'too short', traceparent: '00-0-0-01' },
    { name: 'too long', traceparent: `00-${TRACE}-${SPAN}-01-x` },
    { name: 'of version ff', traceparent: `ff-${TRACE}-${SPAN}-01` },
    { name: 'of zeros', traceparent: `00-${'0'.repeat(32)}-${SPAN}-01` },
    { name: 'of bytes beyond ASCII', traceparent: '\xff'.repeat(55) },
    { name: 'of 16 KB', traceparent: 'a'.repeat(16_000) },
    { name: 'sent twice', traceparent: `${CALLER}, ${CALLER}` },
  ])('begins a new trace where traceparent is $name, and sends nothing else of the client’s', ({ traceparent }) => {
    const sent = sentBy(tracer(), requestOf({ traceparent, tracestate: 'a=1' }))
    expect(Object.keys(sent)).toEqual(['traceparent'])
    expect(sent['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(sent['traceparent']).not.toContain(TRACE)
  })

  test.each([
    { name: 'tracestate that is good', headers: { tracestate: 'a=1' }, sent: { tracestate: 'a=1' } },
    { name: 'tracestate that is not', headers: { tracestate: 'A=1' }, sent: {} },
    { name: 'tracestate of 33 members', headers: { tracestate: 'a=1,'.repeat(33) }, sent: {} },
    { name: 'baggage that is good', headers: { baggage: 'a=1' }, sent: { baggage: 'a=1' } },
    { name: 'baggage that is not', headers: { baggage: 'a' }, sent: {} },
    { name: 'baggage of 9 KiB', headers: { baggage: `a=${'b'.repeat(9000)}` }, sent: {} },
  ])('$name beside a good traceparent', ({ headers, sent }) => {
    for (const traceparent of [CALLER, UNSAMPLED]) {
      const all = { traceparent, ...headers }
      const { traceparent: own, ...others } = sentBy(tracer(), requestOf(all))
      expect(own).toContain(TRACE)
      expect(others).toEqual(sent)
    }
  })

  test('gives each attempt a context of its own', () => {
    const observer = tracer()
    const request = requestOf({ traceparent: CALLER })
    request.trace = observer.traceOf(request.http)
    const attempts = [0, 1].map((previous) => {
      request.attempts++
      return observer.onAttempt(request, 'echo', endpoint, previous)!
    })
    for (const attempt of attempts) attempt.onEnd(OK, false)
    observer.onEnd(request)
    const [first, second, server] = spans
    expect(attempts.map(({ metadata }) => metadata)).toEqual(
      [first, second].map((span) => ['traceparent', `00-${TRACE}-${span!.context.spanId}-01`]),
    )
    expect([first, second].map((span) => span!.parent!.spanId)).toEqual([
      server!.context.spanId,
      server!.context.spanId,
    ])
    expect(server!.parent).toMatchObject({ spanId: SPAN, isRemote: true })
    expect(server!.startMs).toBe(request.startedMs)
    expect(server!.endMs - server!.startMs).toBeCloseTo(12.5, 2)
    expect(new Set([first, second, server].map((span) => span!.context.spanId)).size).toBe(3)
    expect(request.trace!.traceResponse).toBe(`00-${TRACE}-${server!.context.spanId}-01`)
    expect(server!.events.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['retry', { 'protobridge.previous_attempts': 1, 'network.peer.address': '10.0.0.7:50051' }],
    ])
  })

  test.each([
    { name: 'a caller that does not record', headers: { traceparent: UNSAMPLED }, traceparent: UNSAMPLED, id: TRACE },
    {
      name: 'a caller of a version to come',
      headers: { traceparent: `01-${TRACE}-${SPAN}-00-x` },
      traceparent: new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`),
      id: TRACE,
    },
    {
      name: 'a caller with flags to come',
      headers: { traceparent: `00-${TRACE}-${SPAN}-02` },
      traceparent: new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`),
      id: TRACE,
    },
    {
      name: 'nobody',
      headers: {},
      traceparent: /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/,
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
    },
  ])('makes no span for $name, and says so upstream and to the client', ({ headers, traceparent, id }) => {
    const observer = tracer({ sample: (isParentSampled) => isParentSampled ?? false })
    const request = requestOf(headers)
    const sent = sentBy(observer, request)
    observer.onAllowed(request)
    observer.onEnd(request)
    expect(spans).toEqual([])
    expect(sent['traceparent']).toEqual(
      typeof traceparent === 'string' ? traceparent : expect.stringMatching(traceparent),
    )
    expect(request.trace).toMatchObject({ traceResponse: sent['traceparent'], traceId: id })
  })

  test('links the trace of a client that is not trusted, whose tracestate and baggage do not go on', () => {
    const observer = tracer({ trustInbound: false })
    const request = requestOf({ traceparent: UNSAMPLED, tracestate: 'a=1', baggage: 'b=2' })
    const sent = sentBy(observer, request)
    observer.onEnd(request)
    expect(Object.keys(sent)).toEqual(['traceparent'])
    expect(sent['traceparent']).not.toContain(TRACE)
    expect(spans[0]).toMatchObject({ parent: undefined, links: [{ traceId: TRACE, spanId: SPAN }] })
  })

  test('names the client’s headers that do not go on', () => {
    const request = requestOf({})
    request.trace = tracer().traceOf(request.http)
    expect([...request.trace!.replaces]).toEqual(['traceparent', 'tracestate', 'baggage'])
    request.trace = tracer({ propagation: new Propagation([]) }).traceOf(request.http)
    expect([[...request.trace!.replaces], request.trace!.metadata]).toEqual([[], []])
  })

  test.each([
    { status: 404, reason: 'NO_ROUTE', code: 0, type: undefined, events: [] },
    { status: 401, reason: 'MISSING_CREDENTIALS', code: 0, type: undefined, events: ['auth.denied'] },
    { status: 429, reason: 'LIMIT_REACHED', code: 0, type: undefined, events: ['limit.refused'] },
    { status: 503, reason: 'GATEWAY_OVERLOADED', code: 2, type: '503', events: ['limit.refused'] },
    { status: 503, reason: 'UPSTREAM_OVERLOADED', code: 2, type: '503', events: ['limit.refused'] },
    { status: 403, reason: 'ADDRESS_REFUSED', code: 0, type: undefined, events: ['auth.denied'] },
    { status: 503, reason: 'UPSTREAM_UNAVAILABLE', code: 2, type: '503', events: [] },
    { status: 499, reason: undefined, code: 0, type: undefined, events: [] },
  ])('a $status for $reason', ({ status, reason, code, type, events }) => {
    const observer = tracer()
    const request = requestOf({}, { httpStatus: status, reason })
    request.trace = observer.traceOf(request.http)
    observer.onEnd(request)
    expect(spans[0]!.status.code).toBe(code)
    expect(spans[0]!.attributes['error.type']).toBe(type)
    expect(spans[0]!.attributes['protobridge.reason']).toBe(reason)
    expect(spans[0]!.events.map(({ name }) => name)).toEqual(events)
  })

  test('what clients send is cut, and methods that are none are _OTHER', () => {
    const observer = tracer()
    const request = requestOf(
      { host: '[::1]:8080', 'user-agent': 'x'.repeat(9000) },
      { path: `/${'y'.repeat(9000)}`, route: undefined },
    )
    Object.assign(request.http, { method: 'PROPFIND' })
    request.trace = observer.traceOf(request.http)
    observer.onEnd(request)
    expect(spans[0]!.name).toBe('HTTP')
    expect(spans[0]!.attributes).toMatchObject({
      'http.request.method': '_OTHER',
      'http.request.method_original': 'PROPFIND',
      'url.path': `/${'y'.repeat(19)}`,
      'user_agent.original': 'x'.repeat(20),
      'server.address': '::1',
      'server.port': 8080,
      'network.peer.address': '192.0.2.1',
    })
  })

  test.each([
    { query: 'a=1&k=2', shown: 'a=1&k=REDACTED' },
    { query: `k=${'2'.repeat(9000)}&a=1`, shown: 'k=REDACTED&a=1' },
    { query: 'abcdefghij=1&k=2', shown: 'abcdefghij=1&k=REDAC' },
    { query: `abcdefghijkl=1234567&k=2`, shown: 'abcdefghijkl=1234567' },
    { query: `a=${'b'.repeat(9000)}`, shown: `a=${'b'.repeat(18)}` },
  ])('a query is told without what is secret, and cut: $query', ({ query, shown }) => {
    const observer = tracer()
    const request = requestOf({}, { query })
    request.trace = observer.traceOf(request.http)
    observer.onEnd(request)
    expect(spans[0]!.attributes['url.query']).toBe(shown)
  })

  test.each([
    { host: 'secret@a:81', address: 'a', port: 81 },
    { host: 'user:secret@[::1]:81', address: '::1', port: 81 },
    { host: 'user:secret@a', address: 'a', port: 80 },
  ])('a host is told without its user: $host', ({ host, address, port }) => {
    const observer = tracer()
    const request = requestOf({ host })
    request.trace = observer.traceOf(request.http)
    observer.onEnd(request)
    expect(spans[0]!.attributes).toMatchObject({ 'server.address': address, 'server.port': port })
  })

  test('no more events than the limit are kept; how many were dropped is told', () => {
    const observer = tracer()
    const request = requestOf({})
    request.trace = observer.traceOf(request.http)
    for (let i = 0; i < 5; i++) {
      request.attempts++
      observer.onAttempt(request, 'echo', endpoint, i)
    }
    observer.onEnd(request)
    expect([spans[0]!.events.length, spans[0]!.droppedEvents]).toEqual([2, 2])
  })

  test('an ejection is an event of the attempt that caused it; old names on demand; a server name where there is one', () => {
    const attempts = {
      cut: String,
      serverOf: () => ({ address: 'echo.internal', port: 50051 }),
      add: add(true),
    }
    const observer = tracer({ attempts })
    const request = requestOf({}, { attempts: 1 })
    request.trace = observer.traceOf(request.http)
    const status: CallStatus = { ...OK, code: 14, message: 'gone', origin: 'local' }
    observer.onAttempt(request, 'echo', endpoint, 0)!.onEnd(status, true)
    expect(spans[0]).toMatchObject({
      name: 'echo.v1.EchoService/Echo',
      status: { code: 2, message: 'gone' },
      events: [{ name: 'endpoint.ejected', attributes: { 'network.peer.address': '10.0.0.7:50051' } }],
    })
    expect(spans[0]!.attributes).toEqual({
      'rpc.system.name': 'grpc',
      'rpc.method': 'echo.v1.EchoService/Echo',
      'rpc.response.status_code': 'UNAVAILABLE',
      'server.address': 'echo.internal',
      'server.port': 50051,
      'network.peer.address': '10.0.0.7',
      'network.peer.port': 50051,
      'error.type': 'UNAVAILABLE',
      'protobridge.upstream': 'echo',
      'protobridge.status.origin': 'local',
      'rpc.system': 'grpc',
      'rpc.service': 'echo.v1.EchoService',
      'rpc.grpc.status_code': 14,
    })
  })
})

describe('OTEL_PROPAGATORS', () => {
  const B3 = { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN }
  test.each([
    { names: undefined, headers: { traceparent: CALLER }, found: CALLER },
    { names: 'tracecontext', headers: { traceparent: CALLER }, found: CALLER },
    { names: 'none', headers: { traceparent: CALLER }, found: undefined },
    { names: 'b3', headers: { traceparent: CALLER }, found: undefined },
    { names: 'b3', headers: { b3: `${TRACE}-${SPAN}-1` }, found: CALLER },
    { names: 'b3', headers: { b3: `${TRACE}-${SPAN}-d-${SPAN}` }, found: CALLER },
    { names: 'b3', headers: { b3: `${TRACE}-${SPAN}-0` }, found: UNSAMPLED },
    { names: 'b3', headers: { b3: `${TRACE}-${SPAN}` }, found: UNSAMPLED },
    {
      names: 'b3',
      headers: { b3: `${TRACE.slice(16)}-${SPAN}-1` },
      found: `00-${'0'.repeat(16)}${TRACE.slice(16)}-${SPAN}-01`,
    },
    { names: 'b3', headers: { b3: '0' }, found: undefined },
    { names: 'b3', headers: { b3: 'x'.repeat(200) }, found: undefined },
    { names: 'b3multi', headers: { ...B3, 'x-b3-sampled': '1' }, found: CALLER },
    { names: 'b3multi', headers: { ...B3, 'x-b3-flags': '1' }, found: CALLER },
    { names: 'b3multi', headers: { ...B3, 'x-b3-sampled': '0' }, found: UNSAMPLED },
    { names: 'b3multi', headers: { ...B3, 'x-b3-spanid': 'no' }, found: undefined },
    { names: 'b3,tracecontext', headers: { traceparent: CALLER, b3: 'bad' }, found: CALLER },
  ])('$names finds $found in $headers', ({ names, headers, found }) => {
    expect(propagationOf({ OTEL_PROPAGATORS: names }, warn).extract(headers)).toBe(found)
    expect(warnings).toEqual([])
  })

  test.each([
    { names: 'b3', sent: ['b3', `${TRACE}-${SPAN}-1`] },
    { names: 'b3multi', sent: ['x-b3-traceid', TRACE, 'x-b3-spanid', SPAN, 'x-b3-sampled', '1'] },
    { names: 'tracecontext,b3', sent: ['traceparent', CALLER, 'b3', `${TRACE}-${SPAN}-1`] },
    { names: 'none', sent: [] },
  ])('$names sends $sent', ({ names, sent }) => {
    expect(propagationOf({ OTEL_PROPAGATORS: names }, warn).inject(CALLER, undefined)).toEqual(sent)
  })

  test('one that is not known is told of, and left out', () => {
    expect([...propagationOf({ OTEL_PROPAGATORS: 'xray,b3' }, warn).headers]).toEqual(['b3'])
    expect(warnings).toEqual(['OTEL_PROPAGATORS: "xray" is none of tracecontext, b3, b3multi, baggage, none; left out'])
  })
})
