import type { IncomingMessage } from 'node:http'
import { Code, StatusError } from '../status/index.js'
import { Reason } from './reasons.js'

/**
 * What node:http lets through and should not be served, since a proxy before us may read it another way (RFC 9112 §3.2,
 * §6.1, §2.3).
 * @throws StatusError that closes the connection
 */
export function checkFraming(req: IncomingMessage): void {
  const hosts = countHosts(req.rawHeaders)
  if (hosts > 1) throw refuse('two Host headers')
  if (req.httpVersionMajor !== 1) {
    // An HTTP/2 request has a stream; anything else of that version is HTTP/1.1 text that claims to be.
    if (!('stream' in req)) throw refuse('the HTTP version is not supported', 505)
    return
  }
  if (hosts === 0 && req.httpVersionMinor !== 0) throw refuse('the Host header is missing')
  const coding = req.headers['transfer-encoding']
  if (coding === undefined || coding === 'chunked') return
  if (coding.toLowerCase() === 'chunked') return
  if (lastOf(coding) !== 'chunked') throw refuse('Transfer-Encoding does not end with chunked')
  throw refuse('the only Transfer-Encoding supported is chunked', 501)
}

function countHosts(rawHeaders: readonly string[]): number {
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts
}

function lastOf(codings: string): string {
  return codings
    .slice(codings.lastIndexOf(',') + 1)
    .trim()
    .toLowerCase()
}

function refuse(message: string, httpStatus = 400): StatusError {
  const code = httpStatus === 400 ? Code.InvalidArgument : Code.Unimplemented
  return new StatusError(code, message, { reason: Reason.MalformedRequest, httpStatus, closesConnection: true })
}
