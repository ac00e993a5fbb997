import type { ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2'
import { Metadata } from '@grpc/grpc-js'
import { ACCEPTED_ENCODINGS } from '../../protocol/decompress.js'
import { encodeGrpcTimeout } from '../../protocol/grpc-timeout.js'
import { addMetadata } from '../../protocol/request-headers.js'
import type { CallOptions } from '../../types.js'

/** Gets the HTTP/2 stream of a call as soon as grpc-js has opened it: see stream-tap.ts. */
export interface StreamOwner {
  takeStream(stream: ClientHttp2Stream): void
}

/**
 * The metadata object grpc-js carries from the call down to the connection. It holds our wire pairs as they are (no
 * base64 round trip, nothing to throw on) and the call they belong to, and becomes HTTP/2 headers only when a connection
 * is there, so that `grpc-timeout` tells what is left then.
 */
export class RequestMetadata extends Metadata {
  readonly owner: StreamOwner
  private readonly call: CallOptions
  private readonly now: () => number

  constructor(owner: StreamOwner, call: CallOptions, now: () => number) {
    super()
    this.owner = owner
    this.call = call
    this.now = now
  }

  /** grpc-js clones per layer and attempt; there is one attempt, and what its layers add we write ourselves. */
  override clone(): RequestMetadata {
    return this
  }

  override toHttp2Headers(): OutgoingHttpHeaders {
    const headers = Object.create(null) as Record<string, string | string[]>
    // PROTOCOL-HTTP2.md: the time-out should come first after the pseudo-headers, custom metadata last.
    if (this.call.deadlineMs !== Infinity) {
      headers['grpc-timeout'] = encodeGrpcTimeout(Math.max(1, this.call.deadlineMs - this.now()))
    }
    headers['grpc-accept-encoding'] = ACCEPTED_ENCODINGS
    headers['accept-encoding'] = 'identity'
    addMetadata(this.call.metadata, headers)
    return headers
  }
}
