import type { IncomingHttpHeaders } from 'node:http'
import type { CorsConfig } from '../config/index.js'
import type { PolicyKind, PolicyRequest } from './types.js'

/** What a method allows pages of other origins (Fetch standard, "CORS protocol"). */
export interface Cors {
  /**
   * Headers of the answer to a preflight for the method: name, value, name, value …
   *
   * @param method that the page wants to use
   */
  preflight(headers: IncomingHttpHeaders, method: string): string[]
  /** Says of every answer to the request, refusals too, whether a page may read it. */
  answer(request: PolicyRequest): void
}

/**
 * `cors`: which pages may call the method and read what it answers, refusals too. It runs before all else, and asks nobody who
 * they are: browsers send preflights without credentials.
 */
export const cors: PolicyKind = {
  name: 'cors',
  compile: (_method, { cors: config }) => {
    if (config === undefined) return undefined
    const isAllowed = compileOrigins(config.origins)
    const answer = compileAnswer(config, isAllowed)
    return {
      filter: (request) => {
        answer(request)
        return undefined
      },
      cors: { preflight: compilePreflight(config, isAllowed), answer },
    }
  },
}

function compilePreflight(
  { headers, credentials, maxAgeSeconds, origins }: CorsConfig,
  isAllowed: (origin: string) => boolean,
): Cors['preflight'] {
  const takesAll = headers.includes('*')
  return ({ origin, 'access-control-request-headers': wanted }, method) => {
    const answer = ['vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers']
    if (origin === undefined || !isAllowed(origin)) return answer
    answer.push('access-control-allow-origin', originValue(origin, origins, credentials))
    if (credentials) answer.push('access-control-allow-credentials', 'true')
    answer.push('access-control-allow-methods', method)
    // Browsers do not take `*` for `authorization`, and with credentials for nothing: what is asked for is repeated.
    const allowed = takesAll ? (wanted ?? '') : headers.join(', ')
    if (allowed !== '') answer.push('access-control-allow-headers', allowed)
    if (maxAgeSeconds !== undefined) answer.push('access-control-max-age', String(maxAgeSeconds))
    return answer
  }
}

function compileAnswer(
  { expose, credentials, origins }: CorsConfig,
  isAllowed: (origin: string) => boolean,
): Cors['answer'] {
  const exposed = expose.join(', ')
  return ({ http: { headers }, responseHeaders }) => {
    const { origin } = headers
    // Said with or without an origin: a cache has to know.
    responseHeaders.push('vary', 'Origin')
    if (origin === undefined || !isAllowed(origin)) return
    responseHeaders.push('access-control-allow-origin', originValue(origin, origins, credentials))
    if (credentials) responseHeaders.push('access-control-allow-credentials', 'true')
    if (exposed !== '') responseHeaders.push('access-control-expose-headers', exposed)
  }
}

/** `*` says less of who is allowed; with credentials browsers do not take it. */
function originValue(origin: string, origins: readonly string[], credentials: boolean): string {
  return origins.includes('*') && !credentials ? '*' : origin
}

/** Origins are compared as they are (RFC 6454 §5); `https://*.example.com` is every host below it. */
function compileOrigins(origins: readonly string[]): (origin: string) => boolean {
  if (origins.includes('*')) return () => true
  const exact = new Set(origins)
  const patterns = origins.flatMap((origin) => {
    const star = origin.indexOf('*')
    return star === -1 ? [] : [[origin.slice(0, star), origin.slice(star + 1)] as const]
  })
  return (origin) =>
    exact.has(origin) ||
    patterns.some(
      ([before, after]) =>
        origin.startsWith(before) &&
        origin.endsWith(after) &&
        /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(origin.slice(before.length, origin.length - after.length)),
    )
}
