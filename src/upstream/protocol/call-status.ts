import { Code } from '../../status/index.js'
import type { CallStatus, Metadata } from '../types.js'

/** The codes a transport may make up itself: see {@link CallStatus}. */
export type LocalCode =
  | typeof Code.Cancelled
  | typeof Code.DeadlineExceeded
  | typeof Code.Internal
  | typeof Code.ResourceExhausted
  | typeof Code.Unavailable

export const NO_METADATA: Metadata = Object.freeze([])

/**
 * A status made here. The message may reach a client: it names what went wrong, never an address.
 * @param isUnprocessed true only when the request certainly never reached the server's application
 */
export function localStatus(code: LocalCode, message: string, isUnprocessed: boolean): CallStatus {
  return { code, message, details: undefined, origin: 'local', isUnprocessed }
}

/** A call that a limit of ours refused, so that it never left. */
export function refusedStatus(message: string): CallStatus {
  return { ...localStatus(Code.Unavailable, message, true), isRefused: true }
}

/**
 * A call that was not sent since its header fields (name, value and 32 each, RFC 9113 §6.5.2) are more than the server has
 * said it takes: it would refuse it, and not say why.
 */
export function headersTooLargeStatus(maxBytes: number): CallStatus {
  const text = `the upstream takes no more than ${maxBytes} bytes of header fields: send fewer or shorter headers`
  return localStatus(Code.ResourceExhausted, text, true)
}

/** How much earlier than ours a server's timer for the same deadline may go off: both count in whole milliseconds. */
const TIMER_SLACK_MS = 2

/**
 * A server is told our deadline, and may give up at it before we have looked. Whoever tells first, it was our deadline that
 * passed (grpc/grpc doc/PROTOCOL-HTTP2.md, "Timeout").
 * @param code what the server's status or RST_STREAM says
 */
export function isOurDeadline(code: number, deadlineMs: number): boolean {
  if (code !== Code.DeadlineExceeded && code !== Code.Cancelled) return false
  return deadlineMs !== Infinity && Date.now() >= deadlineMs - TIMER_SLACK_MS
}

/** A status the server sent. */
export function peerStatus(code: number, message: string, details: Uint8Array | undefined): CallStatus {
  return { code, message, details, origin: 'peer', isUnprocessed: false }
}
