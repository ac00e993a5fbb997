import type { IncomingMessage } from 'node:http'
import { malformedCredentials } from './failures.js'

const NAME = 'authorization'

/** RFC 9110 §11.2 token68, which RFC 6750 calls b64token. */
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/

/**
 * The credentials of an Authorization header with this scheme; undefined: it has none of it (another scheme is as no
 * credentials).
 *
 * @param scheme in lower case
 * @throws StatusError 400 for credentials that are none
 */
export function credentialsOf({ headers: { authorization } }: IncomingMessage, scheme: string): string | undefined {
  if (authorization === undefined) return undefined
  const space = authorization.indexOf(' ')
  const name = space === -1 ? authorization : authorization.slice(0, space)
  if (name.toLowerCase() !== scheme) return undefined
  const credentials = space === -1 ? '' : authorization.slice(space + 1).trim()
  if (!TOKEN68.test(credentials)) throw malformedCredentials(`the ${name} credentials are malformed`)
  return credentials
}

/**
 * Refuses two Authorization headers, whichever provider would look: what somebody behind reads may be the other one.
 *
 * @throws StatusError 400
 */
export function requireOneAuthorization({ headers, rawHeaders }: IncomingMessage): void {
  if (headers.authorization === undefined) return
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    if (name.length === NAME.length && name.toLowerCase() === NAME) count++
  }
  if (count > 1) throw malformedCredentials('two Authorization headers')
}
