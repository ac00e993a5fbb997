import { createHash } from 'node:crypto'
import type { Errors } from './rpc-error.js'

/** What a list request says of paging. */
export interface PageRequest {
  page_size: number
  page_token: string
}

export interface Page<T> {
  items: T[]
  /** Empty on the last page. */
  nextPageToken: string
}

/**
 * Cuts a page out of all results (https://aip.dev/158). The token is opaque to clients: an offset, and a digest of the
 * query it belongs to, so that a token used with another query is refused instead of skipping results in silence.
 *
 * @param query whatever else of the request decides the results
 * @throws INVALID_ARGUMENT for a negative size or a token that is not one of this query's
 */
export function cutPage<T>(
  all: readonly T[],
  request: PageRequest,
  query: unknown,
  limits: { usual: number; most: number },
  errors: Errors,
): Page<T> {
  if (request.page_size < 0) throw errors.invalidArgument('page_size', 'must not be negative')
  const size = Math.min(request.page_size === 0 ? limits.usual : request.page_size, limits.most)
  const digest = createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 8)
  const offset = request.page_token === '' ? 0 : readToken(request.page_token, digest)
  if (offset === undefined) {
    throw errors.invalidArgument('page_token', 'is not a token of this list, or the rest of the request has changed')
  }
  const end = offset + size
  return { items: all.slice(offset, end), nextPageToken: end < all.length ? writeToken(end, digest) : '' }
}

function writeToken(offset: number, digest: string): string {
  return Buffer.from(`${offset}.${digest}`).toString('base64url')
}

function readToken(token: string, digest: string): number | undefined {
  const text = Buffer.from(token, 'base64url').toString()
  const dot = text.indexOf('.')
  const offset = Number(text.slice(0, dot))
  const isOurs = dot > 0 && Number.isSafeInteger(offset) && offset > 0 && text.slice(dot + 1) === digest
  // Node's decoder skips what is not base64: only what encodes back to itself was written here.
  return isOurs && writeToken(offset, digest) === token ? offset : undefined
}
