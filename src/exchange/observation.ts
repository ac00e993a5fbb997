import type { IncomingMessage } from 'node:http'
import type { Identity } from '../policies/index.js'
import type { AttemptObserver, CallObserver, Endpoint } from '../upstream/index.js'
import type { ObservedRequest, RequestObserver, RequestTrace } from './observer.js'
import type { OutsideAnswer } from './outside-answer.js'
import type { RequestTarget } from './request-target.js'
import type { Route } from './types.js'

/** nginx's, for a client that closed the connection before it was answered. */
const CLIENT_CLOSED_REQUEST = 499

/** What an exchange notes for who watches it. Made only where somebody does. */
export class Observation implements ObservedRequest, CallObserver {
  readonly http: IncomingMessage
  requestId: string
  readonly path: string
  readonly query: string
  readonly clientAddress: string
  readonly scheme: 'http' | 'https'
  readonly startedMs: number
  readonly started: number
  ended = 0
  readonly trace: RequestTrace | undefined
  /** Whether anybody wants `decodeMs` and `encodeMs`. */
  readonly timesCoding: boolean
  route: Route | undefined = undefined
  identity: Identity | undefined = undefined
  httpStatus = 0
  grpcStatus: number | undefined = undefined
  reason: string | undefined = undefined
  isAborted = false
  bytesIn = 0
  bytesOut = 0
  decodeMs = 0
  encodeMs = 0
  upstream: string | undefined = undefined
  endpoint: Endpoint | undefined = undefined
  attempts = 0
  readonly #observer: RequestObserver

  constructor(
    observer: RequestObserver,
    http: IncomingMessage,
    requestId: string,
    { path, query }: RequestTarget,
    clientAddress: string,
    scheme: 'http' | 'https',
    startedMs: number,
    trace: RequestTrace | undefined,
  ) {
    this.http = http
    this.requestId = requestId
    this.path = path
    this.query = query
    this.clientAddress = clientAddress
    this.scheme = scheme
    this.startedMs = startedMs
    this.trace = trace
    this.timesCoding = observer.timesCoding || trace?.isRecorded === true
    this.started = performance.now()
    this.#observer = observer
    observer.onBegin(this)
  }

  onAllowed(identity: Identity | undefined): void {
    this.identity = identity
    this.#observer.onAllowed(this)
  }

  onAttempt(upstream: string, endpoint: Endpoint, previousAttempts: number): AttemptObserver | undefined {
    this.attempts++
    this.upstream = upstream
    this.endpoint = endpoint
    return this.#observer.onAttempt(this, upstream, endpoint, previousAttempts)
  }

  /** Copies are no attempts: nobody waits for them, and what is told of the request is not told of them. */
  get ofCopies(): CallObserver {
    return { onAttempt: (upstream, endpoint) => this.#observer.onCopy(this, upstream, endpoint) }
  }

  /** @param bodyBytes as sent; 0 where there is no body */
  onResponse(httpStatus: number, bodyBytes: number): void {
    this.httpStatus = httpStatus
    this.bytesOut = bodyBytes
  }

  /** @param answer undefined: there was none, the client has left */
  onOutsideAnswer(answer: OutsideAnswer | undefined): void {
    if (answer === undefined) return
    this.requestId = answer.requestId
    this.grpcStatus = answer.grpcStatus
    this.reason = answer.reason
    this.onResponse(answer.httpStatus, answer.bytesOut)
  }

  /** @param isAborted the connection closed before all of the response was written */
  end(isAborted: boolean): void {
    this.ended = performance.now()
    this.isAborted = isAborted
    if (this.httpStatus === 0) this.httpStatus = CLIENT_CLOSED_REQUEST
    this.#observer.onEnd(this)
  }
}
