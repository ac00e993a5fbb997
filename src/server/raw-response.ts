import { METHODS } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  addMissing,
  headersTooLarge,
  methodNotAllowed,
  Reason,
  requestIdOf,
  schemeOf,
  securityHeaders,
  statusLine,
  versionNotSpoken,
} from '../exchange/index.js'
import { Code, StatusError } from '../status/index.js'
import { statusBodyOf } from '../transcode/index.js'
import type { ServerContext } from './types.js'

/*
 * Answers to what node:http does not make a request of: broken framing, headers too large or too slow, CONNECT. They
 * have the same shape as every other error, and the connection ends with them.
 */

/** Whether a `clientError` is about what was sent, so that an answer may reach who sent it. */
export function isParserError({ code = '' }: { readonly code?: string }): boolean {
  return code.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT'
}

/** The error of a `clientError` event (RFC 9112 §2.2, §3.2, §5, §6.3; RFC 6585 §5 for 431). */
export function parserError(error: Error & { readonly code?: string; readonly reason?: string }): StatusError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return headersTooLarge()
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new StatusError(Code.DeadlineExceeded, 'the request headers did not arrive in time', {
        reason: Reason.RequestTimeout,
        httpStatus: 408,
        closesConnection: true,
      })
    case 'HPE_INVALID_VERSION':
      // The parser's words for two numbers that are no version it knows; all else of the code is broken syntax.
      return error.reason === 'Invalid HTTP version' ? versionNotSpoken() : malformedRequest()
    default:
      return malformedRequest()
  }
}

function malformedRequest(): StatusError {
  return new StatusError(Code.InvalidArgument, 'the request is not valid HTTP/1.1', {
    reason: Reason.MalformedRequest,
    closesConnection: true,
  })
}

const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS)

/**
 * The method of the request whose head the parser gave up on; undefined: it came in an earlier packet, which is gone, or is none.
 * What stands before an empty line in the packet is an earlier request's.
 */
export function methodOfBroken({ rawPacket, bytesParsed }: ParserFailure): string | undefined {
  if (rawPacket === undefined) return undefined
  const head = rawPacket.toString('latin1', 0, bytesParsed).trimEnd()
  const emptyLine = head.lastIndexOf('\n\r\n')
  const line = (emptyLine < 0 ? head : head.slice(emptyLine + 3)).trimStart()
  const method = line.slice(0, line.indexOf(' '))
  return KNOWN_METHODS.has(method) ? method : undefined
}

/** What node:http says of a failure of its parser. */
export interface ParserFailure {
  /** The bytes that the parser was given when it failed, and how many of them it had read. */
  readonly rawPacket?: Buffer
  readonly bytesParsed?: number
}

/** CONNECT asks for a tunnel, which no path of a gateway is. */
export function connectRefused(): StatusError {
  return methodNotAllowed('CONNECT', [])
}

/**
 * Writes an error straight to the socket, in JSON, and ends the connection.
 * @param method what is answered to: HEAD gets no body (RFC 9110 §9.3.2)
 * @returns what was written; undefined: nothing, since nobody would read it
 */
export function endWithError(
  socket: Duplex,
  error: StatusError,
  { transcoder, hasSecurityHeaders }: Pick<ServerContext, 'transcoder' | 'hasSecurityHeaders'>,
  method: string | undefined,
): { readonly requestId: string; readonly bytesOut: number } | undefined {
  if (!socket.writable) {
    socket.destroy()
    return undefined
  }
  const requestId = requestIdOf(undefined)
  const { contentType, bytes } = transcoder().encodeStatus(statusBodyOf(error), 'json')
  const headers = [...error.headers]
  // What a proxy before us would say of the client's protocol has not been read.
  if (hasSecurityHeaders()) addMissing(headers, securityHeaders(schemeOf(socket)))
  headers.push('x-request-id', requestId, 'content-type', contentType)
  headers.push('content-length', String(bytes.length), 'date', new Date().toUTCString(), 'connection', 'close')
  let head = statusLine(error.httpStatus)
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]!}: ${headers[i + 1]!}\r\n`
  socket.write(`${head}\r\n`)
  const body = method === 'HEAD' ? NO_BODY : bytes
  socket.write(body)
  endGently(socket)
  return { requestId, bytesOut: body.length }
}

/**
 * Ends the connection behind what has been written. What the client still sends is read and dropped for a moment, so
 * that it sees the answer and not a reset (RFC 9112 §9.6).
 */
export function endGently(socket: Duplex): void {
  socket.end()
  socket.resume()
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
}

const NO_BODY = new Uint8Array(0)
const LINGER_MS = 1000
