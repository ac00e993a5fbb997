import { Code } from '../../status/index.js'
import type { CallStatus } from '../types.js'
import { localStatus } from './call-status.js'
import { statusOfHttp } from './header-block.js'

const NO_ERROR = 0
const REFUSED_STREAM = 7
const ENHANCE_YOUR_CALM = 11

/**
 * The status of a call whose stream the server reset before it sent one. Source: PROTOCOL-HTTP2.md, "Errors", brought to
 * the codes a transport may make: a call refused is UNAVAILABLE, one too many RESOURCE_EXHAUSTED, the rest INTERNAL.
 * @param code of the RST_STREAM frame
 * @param httpStatus of the response headers; undefined: there were none
 */
export function statusOfReset(code: number, httpStatus: number | undefined): CallStatus {
  if (code === REFUSED_STREAM && httpStatus === undefined) return refusedStatus()
  if (httpStatus !== undefined && httpStatus !== 200) return statusOfHttp(httpStatus)
  if (code === ENHANCE_YOUR_CALM) {
    return localStatus(Code.ResourceExhausted, 'the upstream refuses the load (ENHANCE_YOUR_CALM)', false)
  }
  return localStatus(
    Code.Internal,
    code === NO_ERROR
      ? 'the upstream ended the call without a gRPC status'
      : `the upstream reset the call (HTTP/2 error code ${code})`,
    false,
  )
}

/** A stream the server says it has not processed: REFUSED_STREAM, or above GOAWAY's last (RFC 9113 §8.7). */
export function refusedStatus(): CallStatus {
  return localStatus(Code.Unavailable, 'the upstream refused the call before processing it', true)
}

export function brokenProtocolStatus(): CallStatus {
  return localStatus(Code.Internal, 'the upstream broke the HTTP/2 protocol', false)
}

/** @param hasLeft false where nothing of the call was given to the connection */
export function lostConnectionStatus(hasLeft: boolean): CallStatus {
  return localStatus(Code.Unavailable, 'the connection to the upstream was lost', !hasLeft)
}
