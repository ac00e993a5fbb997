import type { IncomingMessage } from 'node:http'
import type { ObservedRequest, RefusedRequest } from '../../exchange/index.js'
import { traceIdOf } from '../trace-context.js'
import { withoutUser } from '../host-header.js'

/** What a line tells of a request. Text is as it came: formats escape it. undefined: there is none, or it is not known. */
export interface LogEntry {
  /** When it began, as Date.now(). */
  readonly startedMs: number
  readonly durationMs: number
  readonly method: string | undefined
  /** As sent, without the query; never with credentials. */
  readonly path: string | undefined
  readonly protocol: string | undefined
  readonly route: string | undefined
  readonly rpc: string | undefined
  readonly status: number
  readonly grpcStatus: number | undefined
  readonly reason: string | undefined
  readonly bytesIn: number
  readonly bytesOut: number
  readonly client: string
  readonly identity: string | undefined
  readonly requestId: string
  readonly traceId: string | undefined
  readonly upstream: string | undefined
  readonly endpoint: string | undefined
  readonly attempts: number
  readonly host: string | undefined
  readonly userAgent: string | undefined
  readonly referer: string | undefined
}

/** Of a request that has ended. What a format does not ask for is not looked up. */
export class RequestEntry implements LogEntry {
  readonly #request: ObservedRequest
  readonly #http: IncomingMessage

  constructor(request: ObservedRequest) {
    this.#request = request
    this.#http = request.http
  }

  get startedMs(): number {
    return this.#request.startedMs
  }
  get durationMs(): number {
    return this.#request.ended - this.#request.started
  }
  get method(): string | undefined {
    return this.#http.method
  }
  get path(): string | undefined {
    return this.#request.path === '' ? undefined : this.#request.path
  }
  get protocol(): string | undefined {
    return `HTTP/${this.#http.httpVersion}`
  }
  get route(): string | undefined {
    return this.#request.route?.httpRoute
  }
  get rpc(): string | undefined {
    return this.#request.route?.rpcName
  }
  get status(): number {
    return this.#request.httpStatus
  }
  get grpcStatus(): number | undefined {
    return this.#request.grpcStatus
  }
  get reason(): string | undefined {
    return this.#request.reason
  }
  get bytesIn(): number {
    return this.#request.bytesIn
  }
  get bytesOut(): number {
    return this.#request.bytesOut
  }
  get client(): string {
    return this.#request.clientAddress
  }
  get identity(): string | undefined {
    return this.#request.identity?.subject
  }
  get requestId(): string {
    return this.#request.requestId
  }
  get traceId(): string | undefined {
    return this.#request.trace?.traceId ?? traceIdOf(this.#http.headers.traceparent)
  }
  get upstream(): string | undefined {
    return this.#request.upstream
  }
  get endpoint(): string | undefined {
    return this.#request.endpoint?.address
  }
  get attempts(): number {
    return this.#request.attempts
  }
  get host(): string | undefined {
    const { host } = this.#http.headers
    return host === undefined ? undefined : withoutUser(host)
  }
  get userAgent(): string | undefined {
    return this.#http.headers['user-agent']
  }
  get referer(): string | undefined {
    return withoutSecrets(this.#http.headers.referer)
  }
}

/** Of what never became a request. */
export function refusedEntry(refused: RefusedRequest): LogEntry {
  const { atMs, method, httpStatus, grpcStatus, reason, bytesOut, clientAddress, requestId } = refused
  return {
    startedMs: atMs,
    durationMs: 0,
    method,
    path: undefined,
    protocol: undefined,
    route: undefined,
    rpc: undefined,
    status: httpStatus,
    grpcStatus,
    reason,
    bytesIn: 0,
    bytesOut,
    client: clientAddress,
    identity: undefined,
    requestId,
    traceId: undefined,
    upstream: undefined,
    endpoint: undefined,
    attempts: 0,
    host: undefined,
    userAgent: undefined,
    referer: undefined,
  }
}

/** Another site's URL without what may hold its secrets: query, fragment and user. */
function withoutSecrets(url: string | undefined): string | undefined {
  if (url === undefined) return undefined
  const end = url.search(/[?#]/)
  const bare = end < 0 ? url : url.slice(0, end)
  const authority = bare.indexOf('//') + 2
  const slash = bare.indexOf('/', authority)
  const at = bare.lastIndexOf('@', slash < 0 ? bare.length : slash)
  return authority >= 2 && at >= authority ? bare.slice(0, authority) + bare.slice(at + 1) : bare
}
