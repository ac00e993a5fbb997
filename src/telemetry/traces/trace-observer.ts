import type { IncomingMessage } from 'node:http'
import type { Attributes } from '@opentelemetry/api'
import {
  plainAddress,
  Reason,
  type ObservedRequest,
  type RequestObserver,
  type RequestTrace,
} from '../../exchange/index.js'
import { PolicyReason } from '../../policies/index.js'
import { codeName } from '../../status/index.js'
import type { AttemptObserver, Endpoint } from '../../upstream/index.js'
import { isSampled, parentSpanIdIn, traceIdIn } from '../trace-context.js'
import type { ActiveSpans } from './active-span.js'
import { AttemptSpan, type Attempt, type AttemptContext } from './attempt-span.js'
import type { SpanEventName } from './attributes.js'
import { endOf, nowOf } from './clock.js'
import { foldOfNewest, newSpanId, newTraceparent } from './ids.js'
import type { Propagation } from './propagation.js'
import { RecordedTrace, UnrecordedTrace } from './request-trace.js'
import { foldOf, type Sampler } from './sampler.js'
import type { Cutters } from './span-parts.js'
import { ServerSpan } from './server-span.js'
import { SAMPLED, type SpanIds } from './span-record.js'
import type { EndedSpan } from './span-row.js'

/** What a tracer has been told. */
export interface TracerOptions extends Cutters {
  readonly sample: Sampler
  readonly propagation: Propagation
  readonly active: ActiveSpans
  readonly trustInbound: boolean
  readonly maxEvents: number
  readonly attempts: AttemptContext
  readonly add: (span: EndedSpan) => void
}

/** What refusals of policies are called in a trace. */
const REFUSALS: ReadonlyMap<string, SpanEventName> = new Map<string, SpanEventName>([
  [Reason.AddressRefused, 'auth.denied'],
  [PolicyReason.MissingCredentials, 'auth.denied'],
  [PolicyReason.InvalidCredentials, 'auth.denied'],
  [PolicyReason.MalformedCredentials, 'auth.denied'],
  [PolicyReason.PermissionDenied, 'auth.denied'],
  [PolicyReason.InsufficientScope, 'auth.denied'],
  [PolicyReason.AuthenticationUnavailable, 'auth.denied'],
  [PolicyReason.LimitReached, 'limit.refused'],
  [PolicyReason.TooManyConcurrent, 'limit.refused'],
  [PolicyReason.TooManyFailures, 'limit.refused'],
  [PolicyReason.GatewayOverloaded, 'limit.refused'],
  [Reason.UpstreamOverloaded, 'limit.refused'],
])

/**
 * Makes the spans of requests: one for the request and one for each attempt. A request that is not sampled has none: it has ids,
 * the caller's where there are some, and its upstream is told by flag 00 not to record either.
 */
export class TraceObserver implements Partial<RequestObserver> {
  readonly watchesAll = false
  readonly #options: TracerOptions

  constructor(options: TracerOptions) {
    this.#options = options
  }

  traceOf(http: IncomingMessage): RequestTrace {
    const { sample, propagation, active: spans, trustInbound } = this.#options
    const { headers } = http
    const active = spans.traceparentOf(http)
    const inbound = active ?? propagation.extract(headers)
    const parent = trustInbound || active !== undefined ? inbound : undefined
    const fresh = parent !== undefined && isPlain(parent) ? parent : newTraceparent()
    const isRecorded =
      parent === undefined ? sample(undefined, fresh, foldOfNewest) : sample(isSampled(parent), parent, foldOf)
    // What an untrusted client says besides goes on as little as its context does.
    const tracestate = parent === undefined ? undefined : propagation.tracestateOf(headers, parent)
    const baggage = trustInbound ? propagation.baggageOf(headers) : undefined
    if (isRecorded) {
      const carried = baggage === undefined ? [] : ['baggage', baggage]
      return this.#recordedTrace(
        http,
        traceIdIn(parent ?? fresh),
        parent,
        inbound,
        tracestate,
        active === undefined,
        carried,
      )
    }
    const traceparent =
      parent === undefined || parent === fresh ? fresh : `00-${traceIdIn(parent)}-${parentSpanIdIn(fresh)}-00`
    const metadata = propagation.inject(traceparent, tracestate)
    if (baggage !== undefined) metadata.push('baggage', baggage)
    return new UnrecordedTrace(traceparent, metadata, propagation.headers)
  }

  #recordedTrace(
    { socket }: IncomingMessage,
    traceId: string,
    parent: string | undefined,
    inbound: string | undefined,
    tracestate: string | undefined,
    isRemote: boolean,
    metadata: readonly string[],
  ): RecordedTrace {
    const spanId = newSpanId()
    const isRestarted = inbound !== undefined && parent === undefined
    const beginning = {
      traceId,
      spanId,
      parent: parent === undefined ? undefined : remoteContext(parent, tracestate, isRemote),
      tracestate,
      links: isRestarted ? [remoteContext(inbound, undefined, true)] : undefined,
      peerAddress: plainAddress(socket.remoteAddress ?? ''),
      peerPort: socket.remotePort,
      maxEvents: this.#options.maxEvents,
    }
    const { headers } = this.#options.propagation
    return new RecordedTrace(beginning, `00-${traceId}-${spanId}-01`, metadata, headers)
  }

  onAllowed(request: ObservedRequest): void {
    const { trace, identity } = request
    if (!(trace instanceof RecordedTrace)) return
    const provider: Attributes = identity === undefined ? {} : { 'protobridge.auth.provider': identity.provider }
    trace.note('policies.passed', nowOf(request), provider)
  }

  onAttempt(
    request: ObservedRequest,
    upstream: string,
    endpoint: Endpoint,
    previousAttempts: number,
  ): AttemptObserver | undefined {
    const { trace } = request
    if (!(trace instanceof RecordedTrace)) return undefined
    const startMs = nowOf(request)
    // Those that policies have made, and those that went elsewhere since a server had not begun.
    const previous = Math.max(previousAttempts, request.attempts - 1)
    if (previous > 0) {
      trace.note('retry', startMs, {
        'protobridge.previous_attempts': previous,
        'network.peer.address': endpoint.address,
        ...(trace.lastCode === undefined ? {} : { 'rpc.response.status_code': codeName(trace.lastCode) }),
      })
    }
    return this.#spanOf(request, trace, { upstream, endpoint, previousAttempts: previous, isCopy: false, startMs })
  }

  onCopy(request: ObservedRequest, upstream: string, endpoint: Endpoint): AttemptObserver | undefined {
    const { trace } = request
    if (!(trace instanceof RecordedTrace)) return undefined
    const startMs = nowOf(request)
    return this.#spanOf(request, trace, { upstream, endpoint, previousAttempts: 0, isCopy: true, startMs })
  }

  #spanOf(request: ObservedRequest, trace: RecordedTrace, attempt: Omit<Attempt, 'spanId' | 'metadata'>): AttemptSpan {
    const { upstream, endpoint, previousAttempts, isCopy, startMs } = attempt
    const spanId = newSpanId()
    const { tracestate } = trace.beginning
    const metadata = this.#options.propagation.inject(`00-${trace.traceId}-${spanId}-01`, tracestate)
    const all = { spanId, metadata, upstream, endpoint, previousAttempts, isCopy, startMs }
    return new AttemptSpan(request, trace, all, this.#options.attempts)
  }

  onEnd(request: ObservedRequest): void {
    const { trace, reason } = request
    if (!(trace instanceof RecordedTrace)) return
    const refusal = reason === undefined ? undefined : REFUSALS.get(reason)
    if (refusal !== undefined) trace.note(refusal, endOf(request), { 'protobridge.reason': reason! })
    this.#options.add(new ServerSpan(request, trace, this.#options))
  }
}

/**
 * Whether it can go on as it is, where nothing is recorded here that it would have to name: of this version, and with no other
 * flags.
 */
function isPlain(traceparent: string): boolean {
  return traceparent.startsWith('00-') && traceparent.endsWith('-00')
}

/** @param traceparent one that can be used */
function remoteContext(traceparent: string, tracestate: string | undefined, isRemote: boolean): SpanIds {
  return {
    traceId: traceIdIn(traceparent),
    spanId: parentSpanIdIn(traceparent),
    traceFlags: isSampled(traceparent) ? SAMPLED : 0,
    isRemote,
    ...(tracestate === undefined ? {} : { tracestate }),
  }
}
