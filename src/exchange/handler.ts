import type { IncomingMessage, ServerResponse } from 'node:http'
import { canonicalPath, type MatchResult } from '../routing/index.js'
import { Code, StatusError } from '../status/index.js'
import { Exchange } from './exchange.js'
import { checkFraming } from './framing.js'
import { Reason } from './reasons.js'
import { requestIdOf } from './request-id.js'
import { parseRequestTarget, type RequestTarget } from './request-target.js'
import { inTurn, isAtItsTurn } from './turn.js'
import type { Route, ServingContext, ServingState } from './types.js'
import { writeLeast } from './write-response.js'

/**
 * An ordinary node:http request handler, as Express mounts too. A request whose path no route knows goes to `next()`
 * where there is one, else it is answered 404.
 */
export type GatewayHandler = (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void) => void

/** What the server itself can answer: the reply to `OPTIONS *` (RFC 9110 §9.3.7). */
const SERVER_WIDE: MatchResult<never> = {
  kind: 'methodNotAllowed',
  allow: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
}
/** TRACE is refused wherever it is sent: what it would echo may hold secrets (RFC 9110 §9.3.8). */
const NOTHING_ALLOWED: MatchResult<never> = { kind: 'methodNotAllowed', allow: [] }
const NO_TARGET: RequestTarget = { path: '', query: '', host: '', authority: '' }

export function createHandler(context: ServingContext): GatewayHandler {
  return function handle(req, res, next) {
    if (isAtItsTurn(res)) serve(context, req, res, next)
    else inTurn(req, res, () => serve(context, req, res, next))
  }
}

function serve(
  context: ServingContext,
  req: IncomingMessage,
  res: ServerResponse,
  next: ((error?: unknown) => void) | undefined,
): void {
  // The client left while what stood before us made up its mind: nobody to answer, and no event will say so.
  if (res.destroyed) return
  const state = context.current()
  const requestId = requestIdOf(req.headers['x-request-id'])
  let target = NO_TARGET
  let match: MatchResult<Route> | undefined
  let refusal: unknown
  try {
    checkFraming(req)
    target = parseRequestTarget(req.url ?? '', req.headers.host ?? '')
    match = findRoute(state, req.method ?? '', target)
  } catch (error) {
    refusal = error
  }
  if (match?.kind === 'notFound' && next !== undefined) return next()
  let exchange: Exchange | undefined
  try {
    exchange = new Exchange(req, res, context, state, target, requestId)
    if (match === undefined) exchange.fail(refusal)
    else if (req.method === 'OPTIONS' && answersPreflight(exchange, state, req, target)) return
    else if (match.kind === 'match') exchange.serve(match.value, match.captures)
    else if (exchange.isAdmitted()) exchange.decline(match)
  } catch (error) {
    // Whatever it is: of one request, and not the end of the process.
    if (exchange !== undefined) return exchange.fail(error)
    context.onFault(error, { method: req.method ?? '', path: target.path, requestId })
    writeLeast(res, requestId)
  }
}

/**
 * Answers a preflight (Fetch standard, "CORS-preflight request") for a method that pages of other origins may call: before
 * anybody is asked who they are, and counted nowhere. A rule of `custom: { kind: OPTIONS }` on the path gets the requests that are
 * none: a service that answered a preflight could not say who may call.
 *
 * @returns false where it is none, or is for a method that pages may not call
 */
function answersPreflight(
  exchange: Exchange,
  state: ServingState,
  req: IncomingMessage,
  target: RequestTarget,
): boolean {
  const method = req.headers['access-control-request-method']
  if (method === undefined || req.headers.origin === undefined) return false
  // `OPTIONS *` is of the server, which has no pages.
  if (target.path === '*') return false
  const match = findRoute(state, method, target)
  const cors = match.kind === 'match' ? match.value.policies?.cors : undefined
  if (cors === undefined) return false
  if (exchange.isAdmitted()) exchange.answerPreflight(cors.preflight(req.headers, method))
  return true
}

/**
 * Finds the route of a request.
 * @throws StatusError 400 for a path that cannot be made canonical, or `*` where it means nothing
 */
export function findRoute(state: ServingState, method: string, target: RequestTarget): MatchResult<Route> {
  if (target.path === '*') {
    if (method === 'OPTIONS') return SERVER_WIDE
    throw new StatusError(Code.InvalidArgument, '* is a target of OPTIONS only', { reason: Reason.MalformedTarget })
  }
  const match = state.router.match(method, target.host, canonicalPath(target.path))
  return method === 'TRACE' && match.kind !== 'methodNotAllowed' ? NOTHING_ALLOWED : match
}
