import type { AdminConfig } from '../config/index.js'
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

/** Where several processes serve, what they tell has to be asked for first. */
export type Awaitable<T> = T | Promise<T>

/** What the admin app shows and does; it knows nothing else of the gateway. */
export interface AdminContext {
  config(): AdminConfig
  readiness(): Awaitable<Readiness>
  status(): Awaitable<object>
  routes(): readonly RouteView[]
  upstreams(): Awaitable<readonly UpstreamView[]>
  reload(): Promise<{ readonly generation: number } | { readonly errors: readonly string[] }>
}

export interface AdminListener {
  readonly url: string
  close(): Promise<void>
}
