import type { ObservedRequest } from '../../exchange/index.js'
import type { AttemptObserver, CallStatus, Endpoint } from '../../upstream/index.js'
import { nowOf } from './clock.js'
import type { RecordedTrace } from './request-trace.js'
import { CLIENT, type ClientRecord, type EndedSpan } from './span-record.js'

/** What attempts of one gateway have in common. */
export interface AttemptContext {
  readonly cut: (text: string) => string
  /** Where an upstream's own name leads; undefined: to its endpoints only. */
  readonly serverOf: (upstream: string) => ServerName | undefined
  readonly add: (span: EndedSpan) => void
}

export interface ServerName {
  readonly address: string
  readonly port: number
}

export interface Attempt {
  readonly spanId: string
  readonly metadata: readonly string[]
  readonly upstream: string
  readonly endpoint: Endpoint
  readonly previousAttempts: number
  /** A copy of the call, of which the request knows nothing. */
  readonly isCopy: boolean
  /** ms since the epoch, with fractions. */
  readonly startMs: number
}

/** The client span of one attempt, or of a copy of the call. */
export class AttemptSpan implements AttemptObserver, EndedSpan {
  readonly metadata: readonly string[]
  readonly #request: ObservedRequest
  readonly #trace: RecordedTrace
  readonly #attempt: Attempt
  readonly #context: AttemptContext
  #endMs = 0
  #status: CallStatus | undefined = undefined
  #hasEjected = false
  #server: ServerName | undefined = undefined

  constructor(request: ObservedRequest, trace: RecordedTrace, attempt: Attempt, context: AttemptContext) {
    this.metadata = attempt.metadata
    this.#request = request
    this.#trace = trace
    this.#attempt = attempt
    this.#context = context
  }

  onEnd(status: CallStatus, hasEjected: boolean): void {
    const { upstream, isCopy } = this.#attempt
    this.#endMs = nowOf(this.#request)
    this.#status = status
    this.#hasEjected = hasEjected
    this.#server = this.#context.serverOf(upstream)
    if (!isCopy) this.#trace.lastCode = status.code
    this.#context.add(this)
  }

  record(): ClientRecord {
    const { traceId, spanId: parentId } = this.#trace.beginning
    const { spanId, startMs, upstream, endpoint, previousAttempts, isCopy } = this.#attempt
    const { code, message, origin } = this.#status!
    return {
      kind: CLIENT,
      traceId,
      spanId,
      parentId,
      startMs,
      endMs: this.#endMs,
      rpcMethod: this.#request.route!.rpcPath.slice(1),
      upstream,
      address: endpoint.address,
      host: endpoint.host,
      port: endpoint.port,
      socketPath: endpoint.path,
      serverAddress: this.#server?.address,
      serverPort: this.#server?.port,
      code,
      message: this.#context.cut(message),
      isLocal: origin === 'local',
      previousAttempts,
      isCopy,
      hasEjected: this.#hasEjected,
    }
  }
}
