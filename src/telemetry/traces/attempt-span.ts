import type { ObservedRequest } from '../../exchange/index.js'
import type { AttemptObserver, CallStatus, Endpoint } from '../../upstream/index.js'
import { nowOf } from './clock.js'
import type { RecordedTrace } from './request-trace.js'
import { CLIENT } from './span-record.js'
import { nanoseconds, type ClientRow, type EndedSpan } from './span-row.js'

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

  constructor(request: ObservedRequest, trace: RecordedTrace, attempt: Attempt, context: AttemptContext) {
    this.metadata = attempt.metadata
    this.#request = request
    this.#trace = trace
    this.#attempt = attempt
    this.#context = context
  }

  onEnd(status: CallStatus, hasEjected: boolean): void {
    this.#endMs = nowOf(this.#request)
    this.#status = status
    this.#hasEjected = hasEjected
    if (!this.#attempt.isCopy) this.#trace.lastCode = status.code
    this.#context.add(this)
  }

  row(): ClientRow {
    const { startedMs, route } = this.#request
    const { traceId, spanId: parentId } = this.#trace.beginning
    const { spanId, startMs, upstream, endpoint, previousAttempts, isCopy } = this.#attempt
    const { code, message, origin } = this.#status!
    const server = this.#context.serverOf(upstream)
    return [
      CLIENT,
      traceId,
      spanId,
      parentId,
      startedMs,
      nanoseconds(startMs - startedMs),
      nanoseconds(this.#endMs - startMs),
      route!.rpcPath.slice(1),
      upstream,
      endpoint.address,
      endpoint.host,
      endpoint.port,
      endpoint.path,
      server?.address,
      server?.port,
      code,
      this.#context.cut(message),
      origin === 'local',
      previousAttempts,
      isCopy,
      this.#hasEjected,
    ]
  }
}
