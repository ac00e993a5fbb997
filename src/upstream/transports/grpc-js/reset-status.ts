import { constants, type ClientHttp2Stream } from 'node:http2'
import { Code } from '../../../status/index.js'
import { localStatus } from '../../protocol/call-status.js'
import { statusOfHttp } from '../../protocol/header-block.js'
import type { CallStatus } from '../../types.js'
import type { SessionWatch } from './session-watch.js'

/**
 * The status of a stream that ended without trailers. Source: PROTOCOL-HTTP2.md, "Errors", brought to the codes a
 * transport may make: what says that the server is away or overloaded is UNAVAILABLE, the rest INTERNAL.
 * @param httpStatus of the response headers; undefined: there were none
 * @param grpcCode what grpc-js made of it: UNAVAILABLE where it knows that the connection dropped
 */
export function statusOfReset(
  stream: ClientHttp2Stream,
  session: SessionWatch | undefined,
  httpStatus: number | undefined,
  grpcCode: number,
): CallStatus {
  const { rstCode } = stream
  const isRefused = rstCode === constants.NGHTTP2_REFUSED_STREAM || session?.isAboveGoaway(stream.id) === true
  if (isRefused && httpStatus === undefined) {
    return localStatus(Code.Unavailable, 'the upstream refused the call before processing it', true)
  }
  if (session?.hasBrokenProtocol === true) {
    return localStatus(Code.Internal, 'the upstream broke the HTTP/2 protocol', false)
  }
  if (httpStatus !== undefined && httpStatus !== 200) return statusOfHttp(httpStatus)
  if (rstCode === constants.NGHTTP2_ENHANCE_YOUR_CALM) {
    return localStatus(Code.Unavailable, 'the upstream refuses the load (ENHANCE_YOUR_CALM)', false)
  }
  if (grpcCode === Code.Unavailable || session?.isDestroyed === true) {
    return localStatus(Code.Unavailable, 'the connection to the upstream was lost', false)
  }
  if (rstCode === undefined || rstCode === constants.NGHTTP2_NO_ERROR) {
    return localStatus(Code.Internal, 'the upstream ended the call without a gRPC status', false)
  }
  return localStatus(Code.Internal, `the upstream reset the call (HTTP/2 error code ${rstCode})`, false)
}
