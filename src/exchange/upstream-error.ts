import { Code, StatusError } from '../status/index.js'
import type { StatusBody } from '../transcode/index.js'
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
      return new StatusError(Code.Unavailable, status.message, { reason: Reason.UpstreamUnavailable })
    default:
      return new StatusError(Code.Internal, status.message, { reason: Reason.UpstreamProtocol, httpStatus: 502 })
  }
}

/**
 * A peer's status as a body: its code and message, and the details out of `grpc-status-details-bin`. Details that do
 * not decode are left out: they never replace the error itself.
 */
export function peerStatusBody(status: CallStatus): StatusBody {
  const code = Number.isInteger(status.code) && status.code >= 1 && status.code <= 16 ? status.code : Code.Unknown
  return { code, message: status.message, details: status.details === undefined ? [] : readDetails(status.details) }
}

type Detail = StatusBody['details'][number]

/** google.rpc.Status: `repeated google.protobuf.Any details = 3`; Any: `type_url = 1`, `value = 2`. */
function readDetails(bytes: Uint8Array): readonly Detail[] {
  const details: Detail[] = []
  const isWhole = readFields(bytes, (field, value) => {
    if (field === 3) details.push(readAny(value))
  })
  return isWhole ? details : []
}

function readAny(bytes: Uint8Array): Detail {
  let typeUrl = ''
  let value: Uint8Array = new Uint8Array(0)
  readFields(bytes, (field, content) => {
    if (field === 1) typeUrl = Buffer.from(content).toString('utf8')
    else if (field === 2) value = content
  })
  return { typeUrl, value }
}

/** Calls back for each length-delimited field; skips the others. False where the bytes are not a message. */
function readFields(bytes: Uint8Array, onField: (field: number, value: Uint8Array) => void): boolean {
  let at = 0
  function varint(): number {
    let value = 0
    for (let scale = 1; at < bytes.length && scale < 2 ** 70; scale *= 128) {
      const byte = bytes[at++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    return -1
  }
  while (at < bytes.length) {
    const tag = varint()
    if (tag < 8) return false
    const wireType = tag % 8
    if (wireType === 0) {
      if (varint() < 0) return false
    } else if (wireType === 2) {
      const length = varint()
      if (length < 0 || at + length > bytes.length) return false
      onField(Math.floor(tag / 8), bytes.subarray(at, at + length))
      at += length
    } else if (wireType === 1 || wireType === 5) {
      at += wireType === 1 ? 8 : 4
      if (at > bytes.length) return false
    } else return false
  }
  return true
}
