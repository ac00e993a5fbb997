import { Code, StatusError } from '../../status/index.js'
import { transcodeError } from '../errors/transcode-error.js'
import { FORMATS } from '../formats/index.js'
import type { FormatCodec } from '../formats/types.js'
import type { EncodedBody, FormatName, ResponseWishes } from '../types.js'
import { LocatedMessage } from '../wire/located-message.js'
import { WireError } from '../wire/reader.js'
import type { BindingShape } from './binding-shape.js'
import { isHttpBody, isHttpBodyField, readHttpBody } from './http-body.js'

const NO_BYTES = new Uint8Array(0)

/** True where the response is a google.api.HttpBody, or `response_body` names one. */
export function givesHttpBody({ response, responseBody }: BindingShape): boolean {
  return responseBody === undefined ? isHttpBody(response) : isHttpBodyField(responseBody)
}

/**
 * Response wire bytes → body. A `response_body` that is not on the wire is what the field holds then: `[]`, `{}`, the
 * default of a scalar. In protobuf a `response_body` that is a message is that message's bytes; one that is none has no
 * wire form of its own, so the whole message is sent.
 *
 * @throws StatusError INTERNAL: MALFORMED_UPSTREAM_MESSAGE (502), UNREPRESENTABLE_VALUE (500)
 */
export function encodeResponse(
  shape: BindingShape,
  codec: FormatCodec,
  bytes: Uint8Array,
  format: FormatName,
  wishes: ResponseWishes,
): EncodedBody {
  try {
    const { response, responseBody } = shape
    if (givesHttpBody(shape)) {
      const message = LocatedMessage.locate(response, bytes)
      return readHttpBody(responseBody === undefined ? message : message.submessage(responseBody))
    }
    const contentType = FORMATS[format].mediaTypes[0]!
    if (codec.kind === 'wire') return { contentType, bytes: wireOf(shape, bytes) }
    const text =
      responseBody === undefined
        ? codec.writeMessage(response, bytes, wishes)
        : codec.writeField(response, responseBody, bytes, wishes)
    return { contentType, bytes: text }
  } catch (error) {
    throw asStatus(error)
  }
}

function asStatus(error: unknown): unknown {
  if (error instanceof WireError) {
    return transcodeError(
      'MALFORMED_UPSTREAM_MESSAGE',
      `the service answered with bytes that do not decode as its response type: ${error.message}`,
    )
  }
  // V8 has one limit for all strings, about 512 MiB: a message far under any limit of ours cannot reach it.
  if (error instanceof RangeError) {
    return new StatusError(Code.Internal, 'the response is too large to be written as text', {
      reason: 'UNREPRESENTABLE_VALUE',
    })
  }
  return error
}

/** The bytes as they are, or those of a `response_body` that is a message. */
function wireOf({ response, responseBody }: BindingShape, bytes: Uint8Array): Uint8Array {
  const message = LocatedMessage.locate(response, bytes)
  const isPart = responseBody?.shape === 'singular' && responseBody.element.kind === 'message'
  return isPart ? (message.bytesOf(responseBody) ?? NO_BYTES) : bytes
}
