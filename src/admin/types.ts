import type { AdminConfig, ShownConfig } from '../config/index.js'
import type { RequestFormatName } from '../transcode/index.js'
import type { EndpointView } from '../upstream/index.js'

/** One row of `/routes` and of `protobridge routes`. */
export interface RouteView {
  readonly method: string
  readonly path: string
  /** `library.v1.LibraryService.GetBook`. */
  readonly rpc: string
  /** `''`, `*` or a field of the request. */
  readonly body: string
  /** `''` (the whole message) or a field of the response. */
  readonly responseBody: string
  readonly source: 'annotation' | 'mapping file' | 'automatic'
  /** `''` for unary methods. */
  readonly streaming: string
  readonly upstream: string
  readonly hosts: readonly string[]
  /** Formats a request's body can be in, `raw` for an HttpBody; none where no body is bound, or the method streams. */
  readonly reads: readonly BodyFormat[]
  /** Formats a response can be in, likewise. */
  readonly writes: readonly BodyFormat[]
}

/** A format by the name that `$alt` has for it, or `form`; `raw` is bytes as they are, of any type. */
export type BodyFormat = RequestFormatName | 'raw'

export interface UpstreamView {
  readonly name: string
  readonly target: string
  /** Why discovery last failed; undefined when it did not. The endpoints are then the last good ones. */
  readonly resolutionError: string | undefined
  /** When discovery last told of the endpoints, or confirmed them, ISO 8601; undefined: not yet. */
  readonly resolvedAt: string | undefined
  readonly endpoints: readonly EndpointView[]
}

export interface Readiness {
  readonly isReady: boolean
  readonly checks: readonly { readonly name: string; readonly isOk: boolean; readonly detail: string }[]
}

/** What `/status` tells of the gateway, as far as pages show it one by one; the rest is told as it is. */
export interface StatusView {
  readonly version: string
  readonly generation: number
  readonly uptimeSeconds: number
  /** Seconds since the current configuration took over. */
  readonly ageSeconds: number
  readonly routes: number
  readonly methods: number
  readonly unmappedMethods: number
  readonly unservedMethods: number
  readonly isReady: boolean
  readonly isDraining: boolean
  /** Why the last load was refused; empty where it was not. */
  readonly lastErrors: readonly string[]
  /** One for each process that serves, where there are several. */
  readonly workers?: readonly {
    readonly worker: number
    readonly pid: number | null
    readonly state: string
    readonly restarts: number
    readonly lastExit: string | null
  }[]
}

/** Something that went wrong lately: a request that was answered with 5xx, or a warning of the log. */
export interface ErrorView {
  readonly kind: 'answer' | 'warning' | 'error'
  /** When last, ISO 8601. */
  readonly time: string
  readonly message: string
  /** How often it came. */
  readonly count: number
  /** Of an answer: `GET`, the method called or the path that no route knows, the HTTP status, the last request's id. */
  readonly request?: {
    readonly method: string
    readonly route: string
    readonly status: number
    readonly reason: string
    readonly requestId: string
  }
}

/** A bound on what callers may do, as the configuration has it. */
export interface LimitView {
  /** Which methods. */
  readonly select: string
  readonly name: string
  /** `100/s` and what is allowed beyond, or how many at one time. */
  readonly allows: string
  readonly by: string
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Where several processes serve, what they tell has to be asked for first. */
export type Awaitable<T> = T | Promise<T>

/** What the admin app shows and does; it knows nothing else of the gateway. */
export interface AdminContext {
  config(): AdminConfig
  /** The whole configuration, without secrets. */
  shownConfig(): ShownConfig
  readiness(): Awaitable<Readiness>
  status(): Awaitable<StatusView>
  /** The last ones, newest first. */
  recentErrors(): Awaitable<readonly ErrorView[]>
  routes(): Awaitable<readonly RouteView[]>
  upstreams(): Awaitable<readonly UpstreamView[]>
  /** All metrics in the Prometheus text format; undefined: they are not told so. */
  prometheus(): Promise<string | undefined> | undefined
  reload(): Promise<{ readonly generation: number } | { readonly errors: readonly string[] }>
  logLevel(): LogLevel
  setLogLevel(level: LogLevel): Awaitable<void>
}

export interface AdminListener {
  readonly url: string
  /** `HOST:PORT` of grpc.health.v1; undefined where it is not told. */
  readonly grpcHealth: string | undefined
  close(): Promise<void>
}
