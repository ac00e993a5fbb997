import { createHash, timingSafeEqual } from 'node:crypto'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { isLoopback, type AdminConfig } from '../config/index.js'

/** Probes answer without a token: the orchestrators that call them have none. */
const PROBES = ['/livez', '/readyz', '/healthz']

/**
 * Keeps web pages out (DNS rebinding: a foreign Host; cross-site requests: a foreign Origin) and, where there is a
 * token, whoever does not have it.
 */
export function guard(config: () => AdminConfig): RequestHandler {
  return (req, res, next) => {
    const { token, host, hosts } = config()
    if (!isKnownHost(req, [host, ...hosts])) {
      return refuse(res, 403, 'this Host is not served: add it to admin.hosts, or use the address the gateway printed')
    }
    const { origin } = req.headers
    if (origin !== undefined && !isSameOrigin(origin, req.headers.host))
      return refuse(res, 403, 'requests from other origins are refused')
    if (token !== undefined && !PROBES.includes(req.path) && !hasToken(req, token)) {
      res.setHeader('www-authenticate', challengesTo(req))
      return refuse(res, 401, 'send the admin token: Authorization: Bearer …')
    }
    next()
  }
}

/** The last handler: whatever went wrong in one before it. */
export function onAdminError(error: unknown, _req: Request, res: Response, next: NextFunction): void {
  if (res.headersSent) return next(error)
  const status =
    typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number'
      ? error.status
      : 500
  refuse(res, status, status < 500 && error instanceof Error ? error.message : 'internal error')
}

function refuse(res: Response, status: number, message: string): void {
  res.status(status).json({ error: message })
}

function isKnownHost({ headers, socket }: Request, names: readonly string[]): boolean {
  if (headers.host === undefined) return false
  const name = hostName(headers.host)
  // Bound to all addresses, each of them is the bound one: the connection tells which. No web page's name is that.
  const bound = (socket.localAddress ?? '').replace(/^::ffff:/, '')
  return isLoopback(name) || name === bound || names.some((known) => hostName(known) === name)
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  try {
    return new URL(origin).host === host?.toLowerCase()
  } catch {
    // `null`, as sandboxed pages send it, and anything else that is no URL.
    return false
  }
}

/** The host of a Host header, in lower case, without port, brackets and final dot. A bare IPv6 address is one, too. */
function hostName(header: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(header)?.[1]
  if (bracketed !== undefined) return bracketed.toLowerCase()
  const [name, ...rest] = header.split(':')
  return (rest.length > 1 ? header : name!).replace(/\.$/, '').toLowerCase()
}

const BEARER = 'Bearer realm="protobridge admin"'
const BASIC = 'Basic realm="protobridge admin: any name, the token as password", charset="UTF-8"'

/** RFC 9110 §11.4: a scheme, one or more spaces, the credential, and nothing behind it. */
const CREDENTIALS = /^(bearer|basic) +([^ ]+)$/i

/** A browser has no way to send a Bearer token, but asks its user for a name and a password: the token is the password. */
function challengesTo(req: Request): string {
  return req.accepts(['json', 'html']) === 'html' ? `${BEARER}, ${BASIC}` : BEARER
}

/** Compared by digest, so that the time taken tells nothing of the token. */
function hasToken(req: Request, token: string): boolean {
  const [, scheme, credential] = CREDENTIALS.exec(req.headers.authorization ?? '') ?? []
  if (scheme === undefined || credential === undefined) return false
  const shown = scheme.toLowerCase() === 'basic' ? passwordOf(credential) : credential
  if (shown === undefined) return false
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(shown), digest(token))
}

/** RFC 7617 §2: what stands behind the first colon. */
function passwordOf(credential: string): string | undefined {
  const text = Buffer.from(credential, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? undefined : text.slice(colon + 1)
}
