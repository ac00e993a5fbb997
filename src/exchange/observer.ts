import type { IncomingMessage } from 'node:http'
import type { Identity } from '../policies/index.js'
import type { AttemptObserver, Endpoint } from '../upstream/index.js'
import type { Route } from './types.js'

/** What a tracer makes of a request, as the exchange needs it. */
export interface RequestTrace {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** The value of the response's `traceresponse`; undefined: it is not said. */
  readonly traceResponse: string | undefined
  /**
   * Name, value, …: what goes upstream in place of the trace headers that the client sent, with every attempt; what is of one
   * attempt alone, that adds (`AttemptObserver.metadata`).
   */
  readonly metadata: readonly string[]
  /** Names of the client's headers that do not go on, in lower case. */
  readonly replaces: ReadonlySet<string>
  /** False: who traces wants to know nothing more of the request. */
  readonly isRecorded: boolean
}

/** One request as who watches it sees it; filled while it is served, complete at `onEnd`. */
export interface ObservedRequest {
  readonly http: IncomingMessage
  readonly requestId: string
  /** As sent, without the query; '' where the target is malformed. */
  readonly path: string
  /** As sent, without `?`. */
  readonly query: string
  /** Plain: an IPv4 address in IPv6 form as what it is; '' where the client had left before. */
  readonly clientAddress: string
  /** As the client speaks it, where a trusted proxy tells that; else as it is spoken here. */
  readonly scheme: 'http' | 'https'
  /** As Date.now(). */
  readonly startedMs: number
  /** As performance.now(). */
  readonly started: number
  /** As performance.now(); 0: it has not ended. */
  readonly ended: number
  /** undefined: nobody traces. */
  readonly trace: RequestTrace | undefined
  /** undefined: no route takes it, or not yet. */
  readonly route: Route | undefined
  /** Who calls; undefined: nobody was asked, or not yet. */
  readonly identity: Identity | undefined
  /** 499 where the client left before anything was answered; 0: not yet known. */
  readonly httpStatus: number
  /** Of the answer, the gateway's own included; undefined: it has none (a preflight, say, or a client that left). */
  readonly grpcStatus: number | undefined
  /** The reason of an error that was made here (docs/errors.md). */
  readonly reason: string | undefined
  /** The client left, or was cut off, before all of the response was sent. */
  readonly isAborted: boolean
  /** Of the request's body as it came, and of the response's as it went. */
  readonly bytesIn: number
  readonly bytesOut: number
  /** Body to wire, and wire to body; ms. 0 where nobody asked for it. */
  readonly decodeMs: number
  readonly encodeMs: number
  /** Where the last attempt went: the upstream's name and the endpoint; undefined: nowhere. */
  readonly upstream: string | undefined
  readonly endpoint: Endpoint | undefined
  readonly attempts: number
}

/** What node:http could not make a request of, and was answered all the same: 400, 408, 431, or 405 for CONNECT. */
export interface RefusedRequest {
  readonly requestId: string
  /** undefined: it could not be read. */
  readonly method: string | undefined
  readonly clientAddress: string
  readonly scheme: 'http' | 'https'
  /** As Date.now(), when it was refused. */
  readonly atMs: number
  readonly httpStatus: number
  readonly grpcStatus: number
  readonly reason: string
  readonly bytesOut: number
}

/** Who watches requests. Each is told of everything in this order, and of its end exactly once. */
export interface RequestObserver {
  /** The trace of a request, of which nothing is known but what the client sent; undefined: nobody traces. */
  traceOf(http: IncomingMessage): RequestTrace | undefined
  /** False: a request of which no trace is recorded is nobody's concern, and none of what follows is said of it. */
  readonly watchesAll: boolean
  /** How long bodies took is wanted of every request, not of those alone of which a trace is recorded. */
  readonly timesCoding: boolean
  /** Before anything is known but what the client sent. */
  onBegin(request: ObservedRequest): void
  /** Policies of before the body let it pass: only where the method has some. */
  onAllowed(request: ObservedRequest): void
  onAttempt(
    request: ObservedRequest,
    upstream: string,
    endpoint: Endpoint,
    previousAttempts: number,
  ): AttemptObserver | undefined
  /** A copy of the call goes to an endpoint of `mirror`'s upstream. It may end long after the request. */
  onCopy(request: ObservedRequest, upstream: string, endpoint: Endpoint): AttemptObserver | undefined
  /** The response is sent, or the client gone. An attempt that is still under way ends later. */
  onEnd(request: ObservedRequest): void
  /** Told of in place of all the others. */
  onRefused(refused: RefusedRequest): void
}
