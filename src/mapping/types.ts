import type { DescField, DescMethod } from '@bufbuild/protobuf'
import type { Position } from '../problems/index.js'

/** One segment of a path template. Literals hold text with unreserved characters decoded (RFC 3986 §6.2.2.2). */
export type Segment =
  { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'star' } | { readonly kind: 'doubleStar' }

/** A variable of a template: which segments it takes. Indexes count template segments. */
export interface TemplateVariable {
  /** `['book', 'name']` for `{book.name=…}`. */
  readonly fieldPath: readonly string[]
  /** First segment of the variable. */
  readonly start: number
  /** One past its last segment. */
  readonly end: number
  /**
   * More than one segment, or a `**`: percent-decoded but for `%2F` (http.proto, HttpRule "Path template syntax").
   */
  readonly isMultiSegment: boolean
}

/** A parsed `google.api.http` path template. */
export interface Template {
  readonly source: string
  readonly segments: readonly Segment[]
  /** `''` without verb; else without the colon. */
  readonly verb: string
  readonly variables: readonly TemplateVariable[]
}

export type BodyBinding =
  { readonly kind: 'none' } | { readonly kind: 'whole' } | { readonly kind: 'field'; readonly field: DescField }

/** A template variable resolved against the request message: the fields from the root down, the leaf last. */
export interface Capture {
  readonly variable: TemplateVariable
  readonly path: readonly DescField[]
  /** `fully_decode_reserved_expansion`: a multi-segment variable is decoded entirely, `%2F` too. */
  readonly fullyDecode: boolean
}

export type RuleSource = 'annotation' | 'mapping' | 'automatic'

/** One HTTP rule bound to one method, checked and resolved against the descriptors. Immutable. */
export interface Binding {
  readonly method: DescMethod
  /** Upper-case method name, or `*` for any (`custom: { kind: "*" }`). */
  readonly httpMethod: string
  readonly template: Template
  readonly captures: readonly Capture[]
  readonly body: BodyBinding
  /** The field that is the response body, or undefined for the whole message. */
  readonly responseBody: DescField | undefined
  readonly source: RuleSource
  /** Where the rule is written. */
  readonly position: Position
}
