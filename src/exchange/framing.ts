import type { IncomingMessage } from 'node:http'
import { Code, StatusError } from '../status/index.js'
import { Reason } from './reasons.js'

/** Largest header block (rulings: "header block over 16 KiB: 431"). */
export const MAX_HEADER_BYTES = 16 * 1024

/**
 * What node:http lets through and should not be served, since a proxy before us may read it another way (RFC 9112 §2.3,
 * §3.2, §6.1, §6.3).
 * @throws StatusError that closes the connection
 */
export function checkFraming(req: IncomingMessage): void {
  const { rawHeaders } = req
  let hosts = 0
  let bytes = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    bytes += name.length + rawHeaders[i + 1]!.length + 4
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  // node:http counts names and values, without what stands between them.
  if (bytes > MAX_HEADER_BYTES) throw headersTooLarge()
  if (hosts > 1) throw refuse('two Host headers')
  if (req.httpVersionMajor !== 1) {
    // An HTTP/2 request has a stream; anything else of that version is HTTP/1.1 text that claims to be.
    if ('stream' in req) return
    throw versionNotSpoken()
  }
  if (hosts === 0 && req.httpVersionMinor !== 0) throw refuse('the Host header is missing')
  const codings = req.headers['transfer-encoding']
  if (codings === undefined) return
  if (req.httpVersionMinor === 0) throw refuse('HTTP/1.0 has no Transfer-Encoding')
  if (req.headers['content-length'] !== undefined) throw refuse('both Content-Length and Transfer-Encoding')
  if (codings !== 'chunked') checkCodings(codings.toLowerCase().split(','))
}

/** A body whose last coding is not chunked has no end (RFC 9112 §6.3); under chunked, what we cannot undo is a 501. */
function checkCodings(codings: readonly string[]): void {
  const names = codings.map((coding) => coding.trim())
  if (names.pop() !== 'chunked') throw refuse('Transfer-Encoding does not end with chunked')
  if (names.length === 0) return
  if (names.includes('') || names.includes('chunked')) throw refuse('Transfer-Encoding is malformed')
  throw new StatusError(Code.Unimplemented, 'the only Transfer-Encoding supported is chunked', {
    reason: Reason.UnsupportedTransferCoding,
    httpStatus: 501,
    closesConnection: true,
  })
}

/** A request line of a version that is none of ours, as checkFraming or the parser finds it (RFC 9110 §15.6.6). */
export function versionNotSpoken(): StatusError {
  return new StatusError(Code.Unimplemented, 'the HTTP version is not supported', {
    reason: Reason.UnsupportedHttpVersion,
    httpStatus: 505,
    closesConnection: true,
  })
}

/** The refusal of a header block over the limit (RFC 6585 §5). */
export function headersTooLarge(): StatusError {
  return new StatusError(Code.InvalidArgument, 'the request headers are larger than 16 KiB', {
    reason: Reason.HeadersTooLarge,
    httpStatus: 431,
    closesConnection: true,
  })
}

function refuse(message: string): StatusError {
  return new StatusError(Code.InvalidArgument, message, {
    reason: Reason.MalformedRequest,
    closesConnection: true,
  })
}
