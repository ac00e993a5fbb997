import type { IncomingMessage, ServerResponse } from 'node:http'
import { canonicalPath } from '../routing/index.js'
import { Code, StatusError } from '../status/index.js'
import { Exchange, noRoute } from './exchange.js'
import { checkFraming } from './framing.js'
import { Reason } from './reasons.js'
import { requestIdOf } from './request-id.js'
import { parseRequestTarget, type RequestTarget } from './request-target.js'
import type { ServingContext } from './types.js'

/**
 * An ordinary node:http request handler, as Express mounts too. A request whose path no route knows goes to `next()`
 * where there is one, else it is answered 404.
 */
export type GatewayHandler = (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void) => void

/** Methods the server itself can answer; what `OPTIONS *` tells (RFC 9110 §9.3.7). */
const SERVER_WIDE_METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']
const NO_TARGET: RequestTarget = { path: '', query: '', host: '' }

export function createHandler(context: ServingContext): GatewayHandler {
  return function handle(req, res, next) {
    const state = context.current()
    const requestId = requestIdOf(req.headers['x-request-id'])
    let target: RequestTarget
    try {
      checkFraming(req)
      target = parseRequestTarget(req.url ?? '', req.headers.host ?? '')
    } catch (error) {
      return new Exchange(req, res, context, state, NO_TARGET, requestId).fail(error)
    }
    const method = req.method ?? ''
    const exchange = (): Exchange => new Exchange(req, res, context, state, target, requestId)
    if (target.path === '*') {
      if (method === 'OPTIONS') return exchange().answerOptions(SERVER_WIDE_METHODS)
      return exchange().fail(
        new StatusError(Code.InvalidArgument, '* is a target of OPTIONS only', { reason: Reason.MalformedTarget }),
      )
    }
    let path
    try {
      path = canonicalPath(target.path)
    } catch (error) {
      return exchange().fail(error)
    }
    const match = state.router.match(method, target.host, path)
    if (match.kind === 'match' && method !== 'TRACE') return exchange().serve(match.value, match.captures)
    if (match.kind === 'notFound') {
      if (next !== undefined) return next()
      if (method !== 'TRACE') return exchange().fail(noRoute(method, path, state.awaitedReflection))
    }
    const allow = match.kind === 'methodNotAllowed' ? match.allow : []
    if (method === 'OPTIONS') return exchange().answerOptions(allow)
    return exchange().fail(methodNotAllowed(method, allow))
  }
}

/** The refusal of a method that the path does not have (RFC 9110 §15.5.6); TRACE and CONNECT no path has. */
export function methodNotAllowed(method: string, allow: readonly string[]): StatusError {
  return new StatusError(Code.Unimplemented, `${method} is not allowed here`, {
    reason: Reason.MethodNotAllowed,
    httpStatus: 405,
    headers: ['allow', allow.join(', ')],
  })
}
