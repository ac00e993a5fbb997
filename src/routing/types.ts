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
 * characters decoded, bytes outside ASCII escaped, everything else as sent.
 */
export interface CanonicalPath {
  /** Raw segments (still percent-encoded but for unreserved characters). `/a//b` is `['a', '', 'b']`; `/` is `['']`. */
  readonly segments: readonly string[]
  /** The segments as literals of templates are compared with them: the digits of escapes in upper case. */
  readonly literalKeys: readonly string[]
  /** The canonical path text, beginning with `/`. */
  readonly text: string
}

export type MatchResult<T> =
  | { readonly kind: 'match'; readonly value: T; readonly captures: readonly string[] }
  /** The path is known, not for this method; `allow` is sorted and includes HEAD where GET is, and OPTIONS. */
  | { readonly kind: 'methodNotAllowed'; readonly allow: readonly string[] }
  | { readonly kind: 'notFound' }

/** A route that did not take a request, though not for much, and why not. */
export interface NearMiss<T> {
  readonly entry: RouteEntry<T>
  /** A clause for a person: `its method is POST`, `segment 2 is "books" there, not "book"`. */
  readonly reason: string
}

/** (method, host, path) → route. Immutable once made. */
export interface Router<T> {
  /**
   * The most specific route that takes the request. Captures are one text per template variable, in order, still
   * percent-encoded (see `decodeCapture`), segments joined by `/`.
   *
   * @param httpMethod as sent: methods are case-sensitive (RFC 9110 §9.1)
   * @param host lower-case, without port and trailing dot; '' where the request names none
   */
  match(httpMethod: string, host: string, path: CanonicalPath): MatchResult<T>
  /**
   * Routes that nearly take the request, or would if a more specific one did not, nearest first. For `explain`: looks
   * at every route.
   */
  near(httpMethod: string, host: string, path: CanonicalPath, limit?: number): readonly NearMiss<T>[]
}
