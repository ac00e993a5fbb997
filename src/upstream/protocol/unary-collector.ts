import { Code } from '../../status/index.js'
import type { Call, Metadata, CallStatus, StreamHandler, UnaryResult } from '../types.js'
import { localStatus, NO_METADATA } from './call-status.js'

/**
 * Makes a unary call of a stream: exactly one message with OK, or INTERNAL. (grpc-js says UNIMPLEMENTED for none or
 * two; grpc-go and grpc-java INTERNAL, as we do.)
 */
export class UnaryCollector implements StreamHandler {
  /** The call, to be cancelled as soon as a second message shows that the answer is wrong. */
  call: Call | undefined
  private headers: Metadata = NO_METADATA
  private message: Uint8Array | undefined
  private hasTwo = false
  private readonly onResult: (result: UnaryResult) => void

  constructor(onResult: (result: UnaryResult) => void) {
    this.onResult = onResult
  }

  onHeaders(headers: Metadata): void {
    this.headers = headers
  }

  onMessage(message: Uint8Array): void {
    if (this.message === undefined) {
      this.message = message
    } else if (!this.hasTwo) {
      this.hasTwo = true
      this.call?.cancel()
    }
  }

  onEnd(status: CallStatus, trailers: Metadata): void {
    let final = status
    if (this.hasTwo && (status.code === Code.Ok || (status.code === Code.Cancelled && status.origin === 'local'))) {
      final = localStatus(Code.Internal, 'the upstream sent more than one message to a unary call', false)
    } else if (status.code === Code.Ok && this.message === undefined) {
      final = localStatus(Code.Internal, 'the upstream sent no message to a unary call', false)
    }
    this.onResult({
      status: final,
      headers: this.headers,
      trailers,
      message: final.code === Code.Ok ? this.message : undefined,
    })
  }

  onDrain(): void {
    // The one message is sent whole, whatever the window.
  }
}
