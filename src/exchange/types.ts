import type { IncomingMessage } from 'node:http'
import type { Binding } from '../mapping/index.js'
import type { MethodPolicies } from '../policies/index.js'
import type { Router } from '../routing/index.js'
import type { BindingPlan, Transcoder } from '../transcode/index.js'
import type { UnaryCall, Upstream } from '../upstream/index.js'
import type { CallHash } from './call-hash.js'
import type { Edge } from './edge.js'
import type { RequestObserver } from './observer.js'

/** One endpoint of the gateway: a binding with all that serving it needs. Compiled at load, immutable. */
export interface Route {
  readonly binding: Binding
  /** `/library.v1.LibraryService/GetBook`. */
  readonly rpcPath: string
  /** The template with the upstream's prefix, `/library/v1/{name=books/*}`: `http.route` of telemetry. */
  readonly httpRoute: string
  /** `library.v1.LibraryService.GetBook`, as selectors and people write it. */
  readonly rpcName: string
  /** Whose endpoints serve it, where nothing about a request says otherwise. */
  readonly upstream: Upstream
  /** Calls it, with the traffic policies of the method round it. */
  readonly call: UnaryCall
  /** The plan, compiled at first use and kept; every error in it was found at load. */
  readonly plan: BindingPlan
  /** Time allowed for the upstream call, from the complete request on. */
  readonly timeoutMs: number
  readonly maxRequestBytes: number
  /** Of the upstream's balancer; undefined: it needs none. */
  readonly callHash: CallHash | undefined
  /** What else `call` tells calls apart by (`CallOptions.keys`), in its order; undefined: nothing. */
  readonly callKeys: readonly CallHash[] | undefined
  /** The route as it is for this request, where policies depend on what requests have; undefined: for all as it is. */
  readonly variantFor: ((http: IncomingMessage) => Route) | undefined
  /** undefined: the method has none, and they cost nothing. */
  readonly policies: MethodPolicies | undefined
}

export interface CompressionSettings {
  /** Of the body before compression; smaller ones are sent as they are. */
  readonly minBytes: number
}

/** What one request is served from. Read once at its start and kept until its end. */
export interface ServingState {
  readonly router: Router<Route>
  readonly transcoder: Transcoder
  /** Who is at the other end, and whether they may come in; undefined: whoever connects, and everybody may. */
  readonly edge: Edge | undefined
  /** Who watches requests: traces, metrics, the access log; undefined: nobody, and that costs nothing. */
  readonly observer: RequestObserver | undefined
  /** `edge.securityHeaders` */
  readonly hasSecurityHeaders: boolean
  /** Which responses are compressed; undefined: none. */
  readonly compression: CompressionSettings | undefined
  /**
   * What has not been told yet, in words for a client (`the schema of catalog`): the routes it makes are not known, so an
   * unknown path may yet be one.
   */
  readonly awaited: readonly string[]
  /** Counts requests that hold this state, so that what it uses is closed only after the last of them. */
  enter(): void
  leave(): void
}

/** A request that was answered with 5xx. */
export interface FailedAnswer {
  readonly method: string
  readonly path: string
  /** As of the route; `''` where there was none. */
  readonly rpcName: string
  readonly requestId: string
  readonly status: number
  /** The stable reason, or the gRPC code's name where the upstream says so. */
  readonly reason: string
  readonly message: string
}

/** Where the exchange reads what may change between requests. */
export interface ServingContext {
  current(): ServingState
  /** Shutting down: every response says `Connection: close`. */
  readonly isDraining: () => boolean
  bodyTimeoutMs(): number
  /** An exception that is nobody's status: a fault of ours, to be logged with its stack. */
  onFault(error: unknown, request: { readonly method: string; readonly path: string; readonly requestId: string }): void
  /** Told of every answer of 5xx. */
  onFailedAnswer?(answer: FailedAnswer): void
}
