import type { Duplex } from 'node:stream'
import { isDroppingRest, noteOutsideAnswer, plainAddress, schemeOf } from '../exchange/index.js'
import type { StatusError } from '../status/index.js'
import { responseUnderWay } from './connections.js'
import {
  endGently,
  endWithError,
  isParserError,
  methodOfBroken,
  parserError,
  type ParserFailure,
} from './raw-response.js'
import type { ServerContext } from './types.js'

/*
 * Where an answer to what is no request may be written: behind the responses to earlier requests of the connection, and
 * never into the middle of one (RFC 9112 §9.3.2).
 */

export type RefusalContext = Pick<ServerContext, 'transcoder' | 'hasSecurityHeaders' | 'onRefused'>

/** Answers a `clientError` of node:http, and ends the connection. */
export function answerParserError(
  socket: Duplex,
  error: Error & { readonly code?: string } & ParserFailure,
  context: RefusalContext,
): void {
  // The client went away, or the TLS handshake came to nothing: there is nobody to tell.
  if (!isParserError(error)) return void socket.destroy()
  const response = responseUnderWay(socket)
  if (isDroppingRest(socket)) return endGently(socket)
  // What follows `Connection: close` is nobody's request (RFC 9112 §9.6): the answer under way is the last one.
  if (error.code === 'HPE_CLOSED_CONNECTION' && response !== undefined) return
  // The body of the request that is being served is broken: the answer is to that request, if it has none yet.
  if (response !== undefined && !response.req.complete) {
    if (response.headersSent) return endGently(socket)
    const status = parserError(error)
    const written = endWithError(socket, status, context, response.req.method)
    if (written !== undefined) noteOutsideAnswer(response.req, { ...written, ...statusOf(status) })
    return
  }
  answerInTurn(socket, parserError(error), context, methodOfBroken(error))
}

/** Connections that have their last answer, or wait for it. */
const condemned = new WeakSet<Duplex>()

/**
 * Writes an error when everything before it is answered, and ends the connection. Whatever comes behind it, in as many packets, is
 * nobody's request.
 * @param method of what is refused, where that could be read
 */
export function answerInTurn(socket: Duplex, error: StatusError, context: RefusalContext, method?: string): void {
  if (condemned.has(socket)) return
  condemned.add(socket)
  whenAnswered(socket, () => answerLast(socket, error, context, method))
}

function whenAnswered(socket: Duplex, next: () => void): void {
  const response = responseUnderWay(socket)
  if (response === undefined) next()
  else response.once('close', () => whenAnswered(socket, next))
}

function answerLast(socket: Duplex, error: StatusError, context: RefusalContext, method: string | undefined): void {
  // Gone once the connection has ended.
  const clientAddress =
    'remoteAddress' in socket && typeof socket.remoteAddress === 'string' ? socket.remoteAddress : ''
  const written = endWithError(socket, error, context, method)
  if (written === undefined) return
  context.onRefused({
    ...written,
    ...statusOf(error),
    method,
    clientAddress: plainAddress(clientAddress),
    scheme: schemeOf(socket),
    atMs: Date.now(),
  })
}

const statusOf = ({ httpStatus, code, reason }: StatusError) => ({ httpStatus, grpcStatus: code, reason })
