import { clientParts } from './client-parts.js'
import type { SpanParts } from './recorded-span.js'
import { redaction } from './redact-query.js'
import { serverParts } from './server-parts.js'
import { SERVER, type SpanRecord } from './span-record.js'

/** What is made of records, as the configuration and the environment have it. Plain data. */
export interface SpanOptions {
  /** Names of parameters that authentication reads credentials from. */
  readonly credentialParameters: readonly string[]
  /** `pkg.Service/Method` names too, as before 1.38 of the conventions. */
  readonly saysOldNames: boolean
  /** Of text in attributes, in characters. */
  readonly maxValueLength: number
}

/** Makes spans of records. */
export function spanPartsMaker(options: SpanOptions): (record: SpanRecord) => SpanParts {
  const { cut } = cutters(options)
  const redact = redaction(options.credentialParameters)
  // Cut again: the word that stands for a secret may be longer.
  const shown = (query: string): string => cut(redact(query))
  return (record) => (record.kind === SERVER ? serverParts(record, shown) : clientParts(record, options.saysOldNames))
}

/** Shorten text to what attributes may hold: a record keeps no more of it. */
export interface Cutters {
  readonly cut: (text: string) => string
  /** What is secret of a query takes no room: where it is too long, that is taken out first. */
  readonly cutQuery: (query: string) => string
}

export function cutters({ credentialParameters, maxValueLength: max }: SpanOptions): Cutters {
  const redact = redaction(credentialParameters)
  const cut = (text: string): string => (text.length > max ? text.slice(0, max) : text)
  return { cut, cutQuery: (query) => (query.length > max ? cut(redact(query)) : query) }
}
