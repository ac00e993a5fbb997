import type { Position } from '../problems/index.js'

/** The keys of HttpRule's oneof `pattern` that are an HTTP method of their own, and that method. */
export const PATTERN_METHODS = { get: 'GET', put: 'PUT', post: 'POST', delete: 'DELETE', patch: 'PATCH' } as const

export type PatternKey = keyof typeof PATTERN_METHODS

/** A part of a rule that has a place of its own. */
export type RulePart = 'rule' | 'kind' | 'path' | 'body' | 'responseBody'

/**
 * One google.api.HttpRule as a person wrote it, in a proto file or a mapping file, before anything of it is checked
 * against descriptors. Additional bindings are rules of their own here.
 */
export interface WrittenRule {
  /** `GET` for `get`; for `custom` the kind as written. */
  readonly httpMethod: string
  readonly path: string
  /** '' where there is none, as in HttpRule. */
  readonly body: string
  readonly responseBody: string
  /** Where a part of it stands. Looked up when needed: most rules never need it. */
  positionOf(part: RulePart): Position
}

/** What is wrong with a custom pattern's kind, and what to do; undefined where it is a method a client can send. */
export function checkKind(kind: string): { readonly message: string; readonly advice?: string } | undefined {
  if (kind === '*') return undefined
  // RFC 9110 §9.1: the method is a token, and case-sensitive.
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(kind)) {
    return { message: `custom kind "${kind}" is not an HTTP method`, advice: 'write a name like REPORT, or * for any' }
  }
  if (kind !== kind.toUpperCase()) {
    return {
      message: `custom kind "${kind}" is in lower case, and HTTP methods are case-sensitive`,
      advice: `write "${kind.toUpperCase()}"`,
    }
  }
  if (kind === 'TRACE' || kind === 'CONNECT') return { message: `custom kind "${kind}" is never served` }
  return undefined
}
