import { Code, StatusError } from '../status/index.js'
import { Reason } from './reasons.js'
import type { Route } from './types.js'

const STREAM_KINDS = {
  server_streaming: 'a server-streaming method',
  client_streaming: 'a client-streaming method',
  bidi_streaming: 'a bidirectional streaming method',
} as const

/** @throws StatusError 501 for a method whose request or response is a stream */
export function requireUnary({ binding: { method }, rpcName }: Route): void {
  if (method.methodKind === 'unary') return
  throw new StatusError(
    Code.Unimplemented,
    `${rpcName} is ${STREAM_KINDS[method.methodKind]}: streams are not served over REST in this version`,
    { reason: Reason.StreamingNotSupported },
  )
}
