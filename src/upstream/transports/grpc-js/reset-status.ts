import { constants, type ClientHttp2Stream } from 'node:http2'
import { Code } from '../../../status/index.js'
import { statusOfHttp } from '../../protocol/header-block.js'
import {
  brokenProtocolStatus,
  lostConnectionStatus,
  refusedStatus,
  statusOfReset,
} from '../../protocol/reset-status.js'
import type { CallStatus } from '../../types.js'
import type { SessionWatch } from './session-watch.js'

/**
 * The status of a stream that ended without trailers.
 * @param httpStatus of the response headers; undefined: there were none
 * @param grpcCode what grpc-js made of it: UNAVAILABLE where it knows that the connection dropped
 */
export function statusOfEnd(
  stream: ClientHttp2Stream,
  session: SessionWatch | undefined,
  httpStatus: number | undefined,
  grpcCode: number,
): CallStatus {
  const { rstCode } = stream
  if (session?.isAboveGoaway(stream.id) === true && httpStatus === undefined) return refusedStatus()
  if (rstCode === constants.NGHTTP2_REFUSED_STREAM && httpStatus === undefined) return refusedStatus()
  if (session?.hasBrokenProtocol === true) return brokenProtocolStatus()
  if (httpStatus !== undefined && httpStatus !== 200) return statusOfHttp(httpStatus)
  // Of a load refused and a connection lost at once, the first is the server's own word.
  const isCalm = rstCode === constants.NGHTTP2_ENHANCE_YOUR_CALM
  if (!isCalm && (grpcCode === Code.Unavailable || session?.isDestroyed === true)) return lostConnectionStatus(true)
  return statusOfReset(rstCode ?? constants.NGHTTP2_NO_ERROR, httpStatus)
}
