import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { isDroppingRest } from '../exchange/index.js'
import type { StatusError } from '../status/index.js'
import type { Transcoder } from '../transcode/index.js'
import { endGently, endWithError, isParserError, parserError } from './raw-response.js'

/*
 * Where an answer to what is no request may be written: behind the responses to earlier requests of the connection, and
 * never into the middle of one (RFC 9112 §9.3.2).
 */

/** Answers a `clientError` of node:http, and ends the connection. */
export function answerParserError(socket: Duplex, error: Error & { code?: string }, transcoder: Transcoder): void {
  // The client went away, or the TLS handshake came to nothing: there is nobody to tell.
  if (!isParserError(error)) return void socket.destroy()
  const response = responseUnderWay(socket)
  if (isDroppingRest(socket)) return endGently(socket)
  // What follows `Connection: close` is nobody's request (RFC 9112 §9.6): the answer under way is the last one.
  if (error.code === 'HPE_CLOSED_CONNECTION' && response !== undefined) return
  // The body of the request that is being served is broken: the answer is to that request, if it has none yet.
  if (response !== undefined && !response.req.complete) {
    if (response.headersSent) return endGently(socket)
    return endWithError(socket, parserError(error), transcoder)
  }
  answerInTurn(socket, parserError(error), transcoder)
}

/** Writes an error when everything before it is answered, and ends the connection. */
export function answerInTurn(socket: Duplex, error: StatusError, transcoder: Transcoder): void {
  const response = responseUnderWay(socket)
  if (response === undefined) endWithError(socket, error, transcoder)
  else response.once('close', () => answerInTurn(socket, error, transcoder))
}

/** node:http keeps the response a socket is busy with in `_httpMessage`; the next takes its place before its `close`. */
function responseUnderWay(socket: Duplex): ServerResponse<IncomingMessage> | undefined {
  const message: unknown = '_httpMessage' in socket ? socket._httpMessage : undefined
  return typeof message === 'object' && message !== null ? (message as ServerResponse<IncomingMessage>) : undefined
}
