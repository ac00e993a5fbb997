import type { TimedEvent } from '@opentelemetry/sdk-trace-base'
import { Code, codeName } from '../../status/index.js'
import type { AttemptObserver, CallStatus, Endpoint } from '../../upstream/index.js'
import type { ClientAttributes } from './attributes.js'
import type { SpanIds, SpanParts } from './recorded-span.js'
import { eventOf, SAMPLED, type RecordedTrace } from './request-trace.js'

/** What attempts of one gateway have in common. */
export interface AttemptContext {
  /** `pkg.Service/Method` names too, as before 1.38 of the conventions. */
  readonly saysOldNames: boolean
  readonly cut: (text: string) => string
  /** Where an upstream's own name leads; undefined: to its endpoints only. */
  readonly serverOf: (upstream: string) => ServerName | undefined
  readonly add: (parts: SpanParts) => void
}

export interface ServerName {
  readonly address: string
  readonly port: number
}

export interface Attempt {
  readonly spanId: string
  readonly metadata: readonly string[]
  /** `library.v1.LibraryService/GetBook`. */
  readonly rpcMethod: string
  readonly upstream: string
  readonly endpoint: Endpoint
  readonly previousAttempts: number
  /** A copy of the call, of which the request knows nothing. */
  readonly isCopy: boolean
  /** ms since the epoch, with fractions. */
  readonly startMs: number
  /** Now, on the same clock. */
  readonly now: () => number
}

const NO_LINKS: readonly SpanIds[] = []
const NO_EVENTS: TimedEvent[] = []
/** SpanKind and SpanStatusCode of @opentelemetry/api. */
const CLIENT = 2
const UNSET = { code: 0 } as const
const ERROR = 2

/** The client span of one attempt, or of a copy of the call. */
export class AttemptSpan implements AttemptObserver {
  readonly metadata: readonly string[]
  readonly #trace: RecordedTrace
  readonly #attempt: Attempt
  readonly #context: AttemptContext

  constructor(trace: RecordedTrace, attempt: Attempt, context: AttemptContext) {
    this.metadata = attempt.metadata
    this.#trace = trace
    this.#attempt = attempt
    this.#context = context
  }

  onEnd(status: CallStatus, hasEjected: boolean): void {
    const { traceId, spanId } = this.#trace.beginning
    const { startMs, rpcMethod, endpoint } = this.#attempt
    const isError = status.code !== Code.Ok
    const endMs = this.#attempt.now()
    if (!this.#attempt.isCopy) this.#trace.lastStatus = codeName(status.code)
    this.#context.add({
      name: rpcMethod,
      kind: CLIENT,
      context: contextOf(traceId, this.#attempt.spanId),
      parent: contextOf(traceId, spanId),
      startMs,
      endMs,
      status: isError ? { code: ERROR, message: this.#context.cut(status.message) } : UNSET,
      attributes: this.#attributes(status),
      links: NO_LINKS,
      events: hasEjected
        ? [eventOf('endpoint.ejected', endMs, { 'network.peer.address': endpoint.address })]
        : NO_EVENTS,
      droppedEvents: 0,
    })
  }

  #attributes({ code, origin }: CallStatus): ClientAttributes {
    const { rpcMethod, upstream, endpoint, previousAttempts, isCopy } = this.#attempt
    const { host, port, path } = endpoint
    const name = codeName(code)
    const server = this.#context.serverOf(upstream)
    const attributes: ClientAttributes = {
      'rpc.system.name': 'grpc',
      'rpc.method': rpcMethod,
      'rpc.response.status_code': name,
      'server.address': server?.address ?? path ?? host,
      'network.peer.address': path ?? host,
      'protobridge.upstream': upstream,
    }
    if (path === undefined) {
      attributes['server.port'] = server?.port ?? port
      attributes['network.peer.port'] = port
    } else attributes['network.transport'] = 'unix'
    if (code !== Code.Ok) {
      attributes['error.type'] = name
      if (origin === 'local') attributes['protobridge.status.origin'] = origin
    }
    if (previousAttempts > 0) attributes['protobridge.previous_attempts'] = previousAttempts
    if (isCopy) attributes['protobridge.mirrored'] = true
    if (this.#context.saysOldNames) {
      attributes['rpc.system'] = 'grpc'
      attributes['rpc.service'] = rpcMethod.slice(0, rpcMethod.indexOf('/'))
      attributes['rpc.grpc.status_code'] = code
    }
    return attributes
  }
}

/** Of a span that is recorded here. */
function contextOf(traceId: string, spanId: string): SpanIds {
  return { traceId, spanId, traceFlags: SAMPLED }
}
