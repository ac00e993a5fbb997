import { Code, StatusError } from '../status/index.js'
import { decodeStatus, type StatusBody } from '../transcode/index.js'
import type { CallStatus } from '../upstream/index.js'
import { deadlineExceeded } from './deadline.js'
import { Reason } from './reasons.js'

/**
 * The error of a call that the transport ended itself: never reached a server, was cut, or the server broke the
 * protocol. What a peer said is passed on as it is; what was made here gets a reason of ours.
 */
export function localStatusError(status: CallStatus): StatusError {
  switch (status.code) {
    case Code.DeadlineExceeded:
      return deadlineExceeded()
    case Code.Cancelled:
      return new StatusError(Code.Cancelled, 'the call was cancelled', { reason: Reason.Cancelled })
    case Code.Unavailable:
      return new StatusError(Code.Unavailable, status.message, {
        reason: status.isRefused === true ? Reason.UpstreamOverloaded : Reason.UpstreamUnavailable,
      })
    case Code.ResourceExhausted:
      return status.isUnprocessed
        ? new StatusError(Code.InvalidArgument, status.message, {
            reason: Reason.UpstreamHeadersTooLarge,
            httpStatus: 431,
          })
        : new StatusError(Code.ResourceExhausted, status.message, { reason: Reason.UpstreamExhausted })
    default:
      return new StatusError(Code.Internal, status.message, { reason: Reason.UpstreamProtocol, httpStatus: 502 })
  }
}

/**
 * A peer's status as a body: its code and message, and the details out of `grpc-status-details-bin`, which never
 * replace the error itself.
 *
 * A google.rpc.Status of the same code is the same error, said where nothing has to be escaped or cut to fit a header: its
 * message is the one that counts, as it is for grpc-go, connect and Envoy. One of another code is not believed.
 */
export function peerStatusBody(status: CallStatus): StatusBody {
  const code = Number.isInteger(status.code) && status.code >= 1 && status.code <= 16 ? status.code : Code.Unknown
  if (status.details === undefined) return { code, message: status.message, details: [] }
  const said = decodeStatus(status.details)
  const isSame = said.code === status.code && said.message !== ''
  return { code, message: isSame ? said.message : status.message, details: said.details }
}
