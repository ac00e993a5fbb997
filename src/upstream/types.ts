import type { RetryBudget } from './resilience/retry-budget.js'
import type { UnaryCall } from './resilience/types.js'

/**
 * The upstream port. A transport connects to one endpoint and carries calls on it: bytes in, bytes out. Finding
 * endpoints, choosing one, health and resilience are above it and know nothing of the transport.
 */

/**
 * Call metadata in wire form: name, value, name, value … Names are lower case; values of `-bin` names are base64, as
 * they travel. Order is kept.
 */
export type Metadata = readonly string[]

/** Where one instance of a service listens. */
export interface Endpoint {
  /** Identity of the endpoint and what a person is shown: `10.0.0.7:50051`, `[::1]:50051`, `unix:/run/x.sock`. */
  readonly address: string
  /** Host (name or IP, no brackets) and port, or `path` for a unix socket. */
  readonly host: string
  readonly port: number
  readonly path: string | undefined
  /** Share of calls against other endpoints' weights; more than 0. */
  readonly weight: number
  /** Where it runs, as discovery names it; undefined where discovery does not say. */
  readonly zone: string | undefined
  /** What discovery tells besides: subsets are chosen by them. */
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
}

/**
 * How a call ended. `origin: 'peer'`: the server sent this status. `'local'`: made by the transport, and then the code
 * is one of CANCELLED (we cancelled), DEADLINE_EXCEEDED (our deadline), UNAVAILABLE (no connection, or lost),
 * RESOURCE_EXHAUSTED (the peer refuses the load by ENHANCE_YOUR_CALM; or, unprocessed, the call's header fields are more than
 * it takes) and INTERNAL (the peer broke the protocol: no grpc-status, HTML, a bad frame, a message over the limit).
 */
export interface CallStatus {
  readonly code: number
  readonly message: string
  /** `grpc-status-details-bin`, decoded: a serialized google.rpc.Status. */
  readonly details: Uint8Array | undefined
  readonly origin: 'peer' | 'local'
  /** True when the request certainly never reached the server's application: it may be sent again, anywhere. */
  readonly isUnprocessed: boolean
  /** Refused here by a limit (a breaker): trying again at once is what the limit is against. */
  readonly isRefused?: boolean
}

/** Who watches a call: told of each attempt at it, whatever policy makes it. */
export interface CallObserver {
  /**
   * An attempt goes to an endpoint.
   * @param upstream its name: where a policy sends the call elsewhere, not the one of the route
   * @param previousAttempts those that policies have made before
   */
  onAttempt(upstream: string, endpoint: Endpoint, previousAttempts: number): AttemptObserver | undefined
  /** Who watches copies of the call, which are none of its attempts; undefined: nobody. */
  readonly ofCopies?: CallObserver | undefined
}

/** Who watches one attempt. */
export interface AttemptObserver {
  /** What goes with the attempt besides the call's own metadata: the trace context, say. */
  readonly metadata: Metadata
  /** Told once. @param hasEjected the outlier detector took the endpoint out for this status */
  onEnd(status: CallStatus, hasEjected: boolean): void
}

export interface CallOptions {
  /** `/package.Service/Method`. */
  readonly path: string
  readonly metadata: Metadata
  /** Absolute time in ms (as Date.now()) after which the call ends with a local DEADLINE_EXCEEDED; Infinity: none. */
  readonly deadlineMs: number
  /** The deadline is the client's wish, earlier than the route's: that it passed says nothing of the endpoint. */
  readonly hasClientDeadline?: boolean
  /** One of our own that asks how an endpoint is: alone it does not keep the process alive. */
  readonly isBackground?: boolean
  /** Of what calls are told apart by (ring_hash), unsigned 32 bits; undefined: by nothing. */
  readonly hash?: number | undefined
  /** Addresses of endpoints the call has failed on: others go before them. */
  readonly avoid?: readonly string[] | undefined
  /** A subset of the upstream's endpoints that it is for; undefined: all. */
  readonly subset?: string | undefined
  /** Hashes of what else the call is told apart by, each unsigned 32 bits, in an order that the route knows. */
  readonly keys?: readonly (number | undefined)[] | undefined
  /** Attempts at the call that were made before; the last entry of `metadata` tells the server, where there were some. */
  readonly previousAttempts?: number
  /** undefined: nobody watches, and that costs nothing. */
  readonly observer?: CallObserver | undefined
}

export interface UnaryResult {
  readonly status: CallStatus
  /** Response headers and trailers but for the call-definition ones (`content-type`, `grpc-*`). */
  readonly headers: Metadata
  readonly trailers: Metadata
  /** The response message; undefined unless the status is OK. */
  readonly message: Uint8Array | undefined
}

/** A call under way. */
export interface Call {
  /** Ends the call with a local CANCELLED, if it has not ended. Safe to call at any time. */
  cancel(): void
  /** Where it is, while it is on an endpoint. */
  readonly endpoint?: Endpoint | undefined
}

export interface StreamHandler {
  onHeaders(headers: Metadata): void
  onMessage(message: Uint8Array): void
  /** The last event of every stream, exactly once. */
  onEnd(status: CallStatus, trailers: Metadata): void
  /** The transport takes more messages again after `send` returned false. */
  onDrain(): void
}

export interface StreamCall extends Call {
  /** False: the transport's buffer is full, wait for onDrain (the message is taken all the same). */
  send(message: Uint8Array): boolean
  /** No more messages from us. */
  halfClose(): void
  /** Stops and resumes onMessage; the peer's flow-control window closes meanwhile. */
  pause(): void
  resume(): void
}

/** gRPC connectivity semantics: doc/connectivity-semantics-and-api.md. */
export type ConnectivityState = 'IDLE' | 'CONNECTING' | 'READY' | 'TRANSIENT_FAILURE' | 'SHUTDOWN'

/** A connection to one endpoint, made when first needed and made again with backoff when lost. */
export interface Connection {
  readonly endpoint: Endpoint
  readonly state: ConnectivityState
  /** Why the last connection attempt failed, for a person; undefined when it did not. */
  readonly lastError: string | undefined
  /** `onEnd` is called exactly once, never before `unary` has returned. */
  unary(options: CallOptions, message: Uint8Array, onEnd: (result: UnaryResult) => void): Call
  stream(options: CallOptions, handler: StreamHandler): StreamCall
  /** Starts connecting if idle. */
  connect(): void
  onStateChange(listener: (state: ConnectivityState) => void): void
  /** Lets calls under way finish, takes no new ones, then closes. */
  drain(): void
  /** Closes at once; calls under way end with a local UNAVAILABLE. */
  close(): void
}

export interface TlsOptions {
  /** PEM texts. `ca` undefined: the system's roots. */
  readonly ca: Buffer | undefined
  readonly cert: Buffer | undefined
  readonly key: Buffer | undefined
  readonly serverName: string | undefined
}

export interface ConnectionOptions {
  /** undefined: plaintext (h2c with prior knowledge). */
  readonly tls: TlsOptions | undefined
  /** `:authority`; undefined: the target's host. */
  readonly authority: string | undefined
  readonly connectTimeoutMs: number
  readonly idleTimeoutMs: number
  /** `keepalive: { time, timeout }`; undefined: none. */
  readonly keepalive: { readonly timeMs: number; readonly timeoutMs: number } | undefined
  readonly maxResponseBytes: number
  readonly userAgent: string
}

export interface Transport {
  readonly name: string
  open(endpoint: Endpoint, options: ConnectionOptions): Connection
}

/** What an upstream's configuration tells its resolver, whatever the scheme. */
export interface ResolverOptions {
  /** The credential for the discovery system (`upstreams.NAME.token`); undefined: that of the environment, or none. */
  readonly token: string | undefined
  /** How long an empty answer right after a fault keeps the last good set, ms (`emptyGrace`). */
  readonly emptyGraceMs: number
}

/** What a resolver tells: a complete set of endpoints, or that asking failed (the last good set stays in use). */
export interface ResolverListener {
  onEndpoints(endpoints: readonly Endpoint[]): void
  /** Asked again, and the set is as told last: its age starts anew. */
  onConfirmed?(): void
  onError(message: string): void
}

/** Turns a target into a changing set of endpoints. Started when made. */
export interface Resolver {
  /** Asks again soon (rate-limited): a connection failed or was lost. */
  refresh(): void
  close(): void
}

/** An upstream's parsed target, by scheme: see resolvers/. */
export interface ResolverFactory {
  /** Checks the part after `scheme:`; returns what is wrong with it, or undefined. */
  validate(target: string): string | undefined
  /** The authority calls have by default: the name endpoints are found by; undefined where each speaks for itself. */
  authority?(target: string): string | undefined
  create(target: string, listener: ResolverListener, options: ResolverOptions): Resolver
}

/** What `/upstreams` tells of an endpoint. */
export interface EndpointView {
  readonly address: string
  /** A connectivity state, or `EJECTED`, `UNHEALTHY` or `DRAINING`. */
  readonly state: string
  readonly weight: number
  readonly inFlight: number
  readonly ejections: number
  readonly lastError: string | undefined
  /** The scheme of the target that gave it: `consul`. */
  readonly source: string
  /** When discovery first told of it, ISO 8601. */
  readonly since: string
  readonly zone: string | undefined
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
}

/** A named group of endpoints that serves calls: resolver → endpoints → balancer → connection → call. */
export interface Upstream {
  readonly name: string
  readonly target: string
  /** True once a resolver has given at least one endpoint. */
  readonly hasHadEndpoints: boolean
  /** Why the resolver last failed, for a person; undefined when it did not. The last good set stays in use. */
  readonly resolutionError?: string | undefined
  /** When discovery last told of the endpoints, or confirmed them, ISO 8601; undefined: not yet. */
  readonly resolvedAt?: string | undefined
  /** What retries of its calls are taken out of, whichever method's they are. */
  readonly retryBudget: RetryBudget
  /** `onEnd` is called exactly once, never before `unary` has returned. */
  readonly unary: UnaryCall
  stream(options: CallOptions, handler: StreamHandler): StreamCall
  /** True while an endpoint (of the subset) is healthy, and connected or on the way to it. Before discovery has spoken, true. */
  canServe(subset: string | undefined): boolean
  endpoints(): readonly EndpointView[]
  /** Lets calls under way finish, takes no new ones; resolves when all connections are closed. */
  drain(): Promise<void>
  close(): void
}
