import type { Position } from '../problems/index.js'
import type { Code } from '../status/index.js'
import type { MappingsConfig } from './normalize-mappings.js'
import type { AuthConfig, AuthSettings } from './auth-types.js'
import type { RegisterConfig } from './normalize-register.js'
import type { ShownConfig } from './shown.js'

/**
 * The configuration after loading: interpolated, validated, defaults applied, durations in ms, sizes in bytes, paths
 * absolute. Immutable. The contract of the keys is `docs/configuration.md`.
 */
export interface GatewayConfig {
  readonly listen: readonly ListenConfig[]
  readonly admin: AdminConfig
  readonly schema: readonly SchemaConfig[]
  readonly mappings: readonly MappingsConfig[]
  readonly upstreams: readonly UpstreamConfig[]
  /** undefined: the gateway does not make itself known. */
  readonly register: RegisterConfig | undefined
  readonly query: { readonly unknown: 'reject' | 'ignore'; readonly ignore: readonly string[] }
  readonly json: JsonConfig
  readonly patch: { readonly deriveMask: boolean }
  /** Compression of responses; undefined: off. */
  readonly compression: { readonly minBytes: number } | undefined
  /** In file order: later entries win, setting by setting. */
  readonly policies: readonly PolicyConfig[]
  readonly auth: AuthConfig
  readonly edge: EdgeConfig
  /** undefined: nothing is refused for want of time. */
  readonly shed: ShedConfig | undefined
  readonly limits: LimitsConfig
  readonly telemetry: TelemetryConfig
  readonly client: ClientConfig
  readonly drain: { readonly delayMs: number; readonly timeoutMs: number }
  readonly watch: boolean
  /** Processes that serve, 1 or more. */
  readonly workers: number
  /** The configuration file itself and every file it names outright (keys, certificates, descriptor sets): watched. */
  readonly files: readonly string[]
  /** The whole as it may be shown, without secrets. */
  readonly shown: ShownConfig
}

/** A value and where it is written. */
export interface Located<T> {
  readonly value: T
  readonly position: Position
}

export interface ListenConfig {
  readonly host: string
  readonly port: number
  readonly tls: ServerTlsConfig | undefined
}

export interface ServerTlsConfig {
  /** Paths of PEM files. */
  readonly cert: string
  readonly key: string
  readonly clientCa: string | undefined
  readonly clientCert: 'none' | 'request' | 'require'
}

export interface AdminConfig {
  readonly host: string
  readonly port: number
  readonly token: string | undefined
  /** Further `Host` names accepted beside loopback names and the bound address. */
  readonly hosts: readonly string[]
  /** Where grpc.health.v1 of the gateway itself is told; undefined: nowhere. */
  readonly grpcHealth: GrpcHealthConfig | undefined
}

export interface GrpcHealthConfig {
  readonly host: string
  readonly port: number
}

export type SchemaConfig =
  | {
      readonly kind: 'protos'
      readonly protos: readonly string[]
      readonly roots: readonly string[]
      readonly autoMap: boolean
      readonly position: Position
    }
  | { readonly kind: 'descriptors'; readonly file: string; readonly autoMap: boolean; readonly position: Position }
  | { readonly kind: 'reflection'; readonly upstream: string; readonly autoMap: boolean; readonly position: Position }

export interface UpstreamConfig {
  readonly name: string
  readonly position: Position
  readonly target: Located<string>
  readonly services: readonly Located<string>[]
  readonly hosts: readonly string[]
  /** `''` or `/library`, without trailing slash. */
  readonly prefix: string
  readonly tls: ClientTlsConfig | undefined
  readonly authority: string | undefined
  /** What carries the calls. */
  readonly transport: 'http2' | 'grpc-js'
  readonly connections: ConnectionsConfig
  readonly maxResponseBytes: number
  readonly balancer: BalancerConfig
  /** For the discovery system; undefined: that of the environment. */
  readonly token: string | undefined
  readonly health: HealthConfig | undefined
  readonly outlier: OutlierConfig | undefined
  readonly breaker: BreakerConfig | undefined
  /** By name. */
  readonly subsets: Readonly<Record<string, SubsetConfig>>
  /** undefined: endpoints get their share at once. */
  readonly slowStartMs: number | undefined
  readonly emptyGraceMs: number
}

export interface BalancerConfig {
  readonly name: 'round_robin' | 'least_request' | 'pick_first' | 'ring_hash'
  /** Of ring_hash: `address`, `global`, `identity`, `claim:NAME`, `header:NAME` in lower case. */
  readonly hashBy: string | undefined
}

export interface HealthConfig {
  readonly service: string
  readonly intervalMs: number
  readonly timeoutMs: number
}

export interface OutlierConfig {
  readonly consecutiveErrors: number
  readonly intervalMs: number
  readonly baseEjectionMs: number
  readonly maxEjectionMs: number
  readonly maxEjectedPercent: number
}

/** What discovery has to say of an endpoint for it to belong: all of that. */
export interface SubsetConfig {
  readonly meta: Readonly<Record<string, string>>
  readonly tags: readonly string[]
}

/** Numbers of calls. */
export interface BreakerConfig {
  readonly maxConcurrent: number
  readonly maxPending: number
  readonly maxRetries: number
  readonly adaptive: { readonly min: number; readonly intervalMs: number; readonly tolerance: number } | undefined
}

/** `{}`: TLS with the system's roots. Paths of PEM files. */
export interface ClientTlsConfig {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly serverName: string | undefined
}

export interface ConnectionsConfig {
  readonly connectTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly keepalive: { readonly timeMs: number; readonly timeoutMs: number } | undefined
  readonly eager: boolean
}

export interface JsonConfig {
  readonly unknownFields: 'reject' | 'ignore'
  readonly emitDefaults: boolean
  readonly enumsAsIntegers: boolean
  readonly protoNames: boolean
}

/** One entry of `policies`. */
export interface PolicyConfig {
  readonly select: Located<string>
  /** What requests have to have for it to be for them, names in lower case; undefined: nothing. */
  readonly match: { readonly headers: readonly (readonly [name: string, value: string])[] } | undefined
  readonly settings: PolicySettings
}

/** What an entry says of the methods it selects; a setting that is absent says nothing. */
export interface PolicySettings {
  readonly timeoutMs?: number
  readonly maxRequestBytes?: number
  readonly perTryTimeoutMs?: number
  readonly retry?: RetryConfig
  readonly hedge?: HedgeConfig
  readonly auth?: AuthSettings
  readonly cors?: CorsConfig
  readonly concurrency?: ConcurrencyConfig
  readonly priority?: 'low' | 'normal' | 'high'
  readonly limits?: readonly LimitConfig[]
  readonly split?: SplitConfig
  /** Name of an upstream. */
  readonly fallback?: string
  readonly mirror?: MirrorConfig
  readonly fault?: FaultConfig
  readonly headers?: { readonly request: HeaderEditConfig; readonly response: HeaderEditConfig }
}

/** So many requests of a caller in a window that opens with its first, and a burst beyond. */
export interface LimitConfig {
  readonly name: string
  /** One, or one for each plan. */
  readonly rates: readonly RateConfig[]
  /** The claim that tells which of the rates is a caller's; undefined: there is one. */
  readonly plan: string | undefined
  /** A second bucket, spent after the first; 0: none. */
  readonly burst: number
  /** As of `ConcurrencyConfig`, and `field:PATH` of the request message. */
  readonly by: Located<string>
  /** What a request takes: so many, or what a CEL expression says. */
  readonly cost: number | Located<string>
  /** Of the entry: its methods share the counter. */
  readonly select: string
}

export interface RateConfig {
  /** undefined: it is everybody's. */
  readonly plan: string | undefined
  readonly points: number
  readonly seconds: number
}

/** Where limits are counted, and what is told of them. */
export interface LimitsConfig {
  readonly store:
    | { readonly kind: 'memory' | 'cluster' }
    | {
        readonly kind: 'redis'
        /** `redis://` or `rediss://`, with credentials where there are some. */
        readonly url: string
        /** Of `rediss://`; undefined: with the system's roots. */
        readonly tls: ClientTlsConfig | undefined
      }
  /** How long a request waits at most for a store that is not in its process. */
  readonly timeoutMs: number
  /** While the store is away requests pass uncounted; otherwise each process counts for itself. */
  readonly failOpen: boolean
  /** X-RateLimit-Limit, -Remaining and -Reset too. */
  readonly legacyHeaders: boolean
}

/** Requests of one caller at one time. */
export interface ConcurrencyConfig {
  /** What the entry of `policies` selects and counts by: the same in the next configuration, whatever else changes. */
  readonly entry: string
  readonly max: number
  /** `address`, `identity`, `global`, `header:NAME` in lower case, `claim:NAME`. */
  readonly by: string
}

/** When requests are refused, the lowest priority first. */
export interface ShedConfig {
  /** How much later than due timers may run; ms. */
  readonly eventLoopDelayMs: number
}

export interface EdgeConfig {
  /** Networks (`10.0.0.0/8`) and single addresses. */
  readonly trustedProxies: readonly string[]
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  /** Whether responses have headers that keep browsers from making something else of them. */
  readonly securityHeaders: boolean
}

/** Pages of which origins may call, and what they may send and read. */
export interface CorsConfig {
  readonly origins: readonly string[]
  readonly headers: readonly string[]
  readonly expose: readonly string[]
  readonly credentials: boolean
  /** How long a browser may remember a preflight; undefined: its own default. */
  readonly maxAgeSeconds: number | undefined
}

/** An upstream, or a subset of its endpoints, by name: both are there. */
export interface TargetConfig {
  readonly upstream: string
  readonly subset: string | undefined
}

export interface SplitConfig {
  readonly to: readonly (TargetConfig & { readonly weight: number })[]
  /** `address`, `identity`, `claim:NAME`, `header:NAME` in lower case; undefined: calls go where chance says. */
  readonly sticky: string | undefined
}

export interface MirrorConfig extends TargetConfig {
  /** 0 to 1. */
  readonly share: number
  readonly maxConcurrent: number
}

export interface FaultConfig {
  readonly delay: { readonly ms: number; readonly share: number } | undefined
  readonly abort: { readonly code: Code; readonly share: number } | undefined
}

export interface HedgeConfig {
  readonly delayMs: number
  /** The first counts. */
  readonly attempts: number
  /** Of gRPC. */
  readonly on: ReadonlySet<Code>
  /** 0 to 1. */
  readonly budget: number
}

export interface RetryConfig {
  /** The first counts. */
  readonly attempts: number
  /** Of gRPC. */
  readonly on: ReadonlySet<Code>
  readonly initialBackoffMs: number
  readonly maxBackoffMs: number
  /** 0 to 1. */
  readonly budget: number
  readonly unsafe: boolean
}

/** Names in lower case. */
export interface HeaderEditConfig {
  readonly set: Readonly<Record<string, string>>
  readonly remove: readonly string[]
}

/** What is told; how is for the `OTEL_*` variables to say. */
export interface TelemetryConfig {
  /** undefined: not said, so that the environment decides. */
  readonly traces: 'otlp' | 'none' | undefined
  /** The trace context that clients send goes on; else each request begins a trace of its own, linked to it. */
  readonly trustInbound: boolean
  /** Names of query parameters that `auth` reads credentials from: nothing is told of their values. */
  readonly credentialParameters: readonly string[]
  readonly metrics: 'prometheus' | 'otlp' | 'none'
  /** undefined: none. */
  readonly accessLog: AccessLogConfig | undefined
}

export interface AccessLogConfig {
  readonly format: 'json' | 'combined'
  /** Absolute; undefined: stdout. */
  readonly file: string | undefined
  /** undefined: all. */
  readonly fields: readonly string[] | undefined
}

export interface ClientConfig {
  readonly headerTimeoutMs: number
  readonly bodyTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  readonly maxConnections: number
}
