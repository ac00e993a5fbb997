/**
 * The configuration as a person writes it, checked against the published schema and with its defaults filled in: what
 * `schema/protobridge.schema.json` guarantees, as types.
 */
export interface WrittenConfig {
  readonly listen: WrittenListener | readonly WrittenListener[]
  readonly admin: {
    readonly host: string
    readonly port: number
    readonly token?: string
    readonly hosts: readonly string[]
    readonly grpcHealth?: { readonly host: string; readonly port: number }
  }
  readonly schema: readonly WrittenSchemaEntry[]
  readonly mappings: readonly string[]
  readonly upstreams: Readonly<Record<string, WrittenUpstream>>
  readonly register?: {
    readonly consul?: string
    readonly token?: string
    readonly name: string
    readonly id?: string
    readonly address?: string
    readonly port?: number
    readonly tags: readonly string[]
    readonly meta: Readonly<Record<string, string>>
    readonly check?: string
    readonly interval: string
    readonly deregisterAfter: string
  }
  readonly query: { readonly unknown: 'reject' | 'ignore'; readonly ignore: readonly string[] }
  readonly json: {
    readonly unknownFields: 'reject' | 'ignore'
    readonly emitDefaults: boolean
    readonly enumsAsIntegers: boolean
    readonly protoNames: boolean
  }
  readonly patch: { readonly deriveMask: boolean }
  readonly compression: 'off' | { readonly minBytes: string | number }
  readonly auth: WrittenAuth
  readonly edge: {
    readonly trustedProxies: readonly string[]
    readonly allow: readonly string[]
    readonly deny: readonly string[]
    readonly securityHeaders: boolean
  }
  readonly telemetry: WrittenTelemetry
  readonly shed?: { readonly eventLoopDelay: string }
  readonly limits: WrittenLimits
  readonly policies: readonly WrittenPolicy[]
  readonly client: {
    readonly headerTimeout: string
    readonly bodyTimeout: string
    readonly keepAliveTimeout: string
    readonly maxConnections: number
  }
  readonly drain: string | { readonly delay: string; readonly timeout: string }
  readonly watch: boolean
  /** `auto`, or a number, which interpolation leaves as text. */
  readonly workers: number | string
}

export interface WrittenTelemetry {
  readonly traces?: 'otlp' | 'none'
  readonly trustInbound: boolean
  readonly metrics: 'prometheus' | 'otlp' | 'none'
  readonly accessLog:
    | WrittenLogFormat
    | { readonly format: WrittenLogFormat; readonly file?: string; readonly fields?: readonly string[] }
}

export type WrittenLogFormat = 'json' | 'combined' | 'none'

export interface WrittenAuth {
  readonly providers: Readonly<Record<string, WrittenAuthProvider>>
  readonly forward: { readonly claims: readonly string[]; readonly token: boolean }
}

/** One of them. */
export interface WrittenAuthProvider {
  readonly jwt?: {
    readonly issuer: string
    readonly audiences: readonly string[]
    readonly jwks?: string
    readonly secret?: string
    readonly algorithms?: readonly string[]
    readonly clockTolerance: string
    readonly requiredClaims: readonly string[]
    readonly typ?: string
    readonly claims: Readonly<Record<string, string>>
  }
  readonly apiKey?: { readonly header?: string; readonly query?: string; readonly file: string }
  readonly mtls?: { readonly allow: readonly { readonly san?: string; readonly fingerprint?: string }[] }
  readonly introspection?: {
    readonly endpoint: string
    readonly clientId: string
    readonly clientSecret: string
    readonly cacheFor: string
    readonly issuer?: string
    readonly audiences: readonly string[]
    readonly claims: Readonly<Record<string, string>>
  }
  readonly basic?: { readonly file: string }
}

export interface WrittenListener {
  readonly host: string
  readonly port: number
  readonly tls?: {
    readonly cert: string
    readonly key: string
    readonly clientCa?: string
    readonly clientCert?: 'none' | 'request' | 'require'
  }
}

export interface WrittenSchemaEntry {
  readonly protos?: readonly string[]
  readonly roots?: readonly string[]
  readonly descriptors?: string
  readonly reflection?: string
  readonly autoMap: boolean
}

export interface WrittenUpstream {
  readonly target: string
  readonly services: readonly string[]
  readonly hosts: readonly string[]
  readonly prefix: string
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly serverName?: string }
  readonly authority?: string
  readonly transport: 'http2' | 'grpc-js'
  readonly connections: {
    readonly connectTimeout: string
    readonly idleTimeout: string
    readonly keepalive?: { readonly time: string; readonly timeout: string }
    readonly eager: boolean
  }
  readonly maxResponseBytes: string | number
  readonly balancer: 'round_robin' | 'least_request' | 'pick_first' | { readonly ring_hash: { readonly by: string } }
  readonly token?: string
  readonly health?: { readonly service: string; readonly interval: string; readonly timeout: string }
  readonly outlier?: {
    readonly consecutiveErrors: number
    readonly interval: string
    readonly baseEjection: string
    readonly maxEjection: string
    readonly maxEjectedPercent: number
  }
  readonly breaker?: {
    readonly maxConcurrent: number
    readonly maxPending: number
    readonly maxRetries: number
    readonly adaptive?: { readonly min: number; readonly interval: string; readonly tolerance: number }
  }
  readonly subsets: Readonly<
    Record<string, { readonly meta: Readonly<Record<string, string>>; readonly tags: readonly string[] }>
  >
  readonly slowStart?: string
  readonly emptyGrace: string
}

export interface WrittenPolicy {
  readonly select: string
  readonly timeout?: string
  readonly maxRequestBytes?: string | number
  readonly perTryTimeout?: string
  readonly retry?: WrittenRetry
  readonly hedge?: WrittenHedge
  readonly match?: { readonly header: Readonly<Record<string, string>> }
  readonly split?: { readonly to: readonly WrittenSplitTarget[]; readonly sticky?: string }
  readonly fallback?: string
  readonly mirror?: {
    readonly upstream: string
    readonly subset?: string
    readonly percent: string
    readonly maxConcurrent: number
  }
  readonly fault?: {
    readonly delay?: { readonly time: string; readonly percent: string }
    readonly abort?: { readonly status: string; readonly percent: string }
  }
  readonly limits?: readonly WrittenLimit[]
  readonly concurrency?: { readonly max: number; readonly by: string }
  readonly priority?: 'low' | 'normal' | 'high'
  readonly cors?: {
    readonly origins: readonly string[]
    readonly headers: readonly string[]
    readonly expose: readonly string[]
    readonly credentials: boolean
    readonly maxAge?: string
  }
  readonly auth?:
    | 'none'
    | {
        readonly any?: readonly string[]
        readonly all?: readonly string[]
        readonly scopes: readonly string[]
        readonly roles: readonly string[]
        readonly where: readonly string[]
      }
  readonly headers?: { readonly request?: WrittenHeaderEdit; readonly response?: WrittenHeaderEdit }
}

export interface WrittenSplitTarget {
  readonly upstream: string
  readonly subset?: string
  readonly weight: number
}

export interface WrittenLimit {
  readonly name: string
  readonly rate: string | Readonly<Record<string, string>>
  readonly burst: number
  readonly by: string
  readonly cost: number | string
  readonly plan?: string
}

export interface WrittenLimits {
  readonly store?: string
  readonly timeout?: string
  readonly failOpen: boolean
  readonly tls?: WrittenUpstream['tls']
  readonly legacyHeaders: boolean
}

export interface WrittenHedge {
  readonly delay: string
  readonly attempts: number
  readonly on: readonly string[]
  readonly budget: string
}

export interface WrittenRetry {
  readonly attempts: number
  readonly on: readonly string[]
  readonly backoff: { readonly initial: string; readonly max: string }
  readonly budget: string
  readonly unsafe: boolean
}

export interface WrittenHeaderEdit {
  readonly set?: Readonly<Record<string, string>>
  readonly remove?: readonly string[]
}
