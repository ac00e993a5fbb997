import type { Template } from '../mapping/index.js'

/** What the router is built from. `T` is what a match hands back: the route. */
export interface RouteEntry<T> {
  /** Lower-case host names the route is served under; empty: any. A port in a request's host is ignored. */
  readonly hosts: readonly string[]
  /** Literal path prefix, `/library`, or ''. Stripped before the template is matched. */
  readonly prefix: string
  /** Upper-case, or `*` for any. */
  readonly httpMethod: string
  readonly template: Template
  readonly value: T
}

/**
 * The path of a request, made canonical once, before anything decides on it: no dot segments, escapes valid, unreserved
 * characters decoded, everything else as sent.
 */
export interface CanonicalPath {
  /** Raw segments (still percent-encoded but for unreserved characters). `/a//b` is `['a', '', 'b']`; `/` is `['']`. */
  readonly segments: readonly string[]
  /** The canonical path text, beginning with `/`. */
  readonly text: string
}

export type MatchResult<T> =
  | { readonly kind: 'match'; readonly value: T; readonly captures: readonly string[] }
  /** The path is known, not for this method; `allow` is sorted and includes HEAD where GET is, and OPTIONS. */
  | { readonly kind: 'methodNotAllowed'; readonly allow: readonly string[] }
  | { readonly kind: 'notFound' }
