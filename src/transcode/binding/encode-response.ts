import { Code, StatusError } from '../../status/index.js'
import { transcodeError } from '../errors/transcode-error.js'
import { FORMATS } from '../formats/index.js'
import type { FormatCodec } from '../formats/types.js'
import type { FieldPlan, MessageElement } from '../plan/types.js'
import type { EncodedBody, FormatName, ResponseWishes } from '../types.js'
import { readMessage } from '../wire/read-message.js'
import { WireError, WireReader } from '../wire/reader.js'
import { WireMessage, type FieldValue } from '../wire/wire-message.js'
import { WireType } from '../wire/writer.js'
import type { BindingShape } from './binding-shape.js'
import { isHttpBody, isHttpBodyField, readHttpBody } from './http-body.js'

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
    const message = readMessage(shape.response, bytes)
    const { responseBody } = shape
    if (givesHttpBody(shape)) {
      const httpBody = responseBody === undefined ? message : message.get(responseBody)
      return readHttpBody(httpBody instanceof WireMessage ? httpBody : undefined)
    }
    const contentType = FORMATS[format].mediaTypes[0]!
    if (codec.kind === 'wire') {
      const isPart = responseBody?.shape === 'singular' && responseBody.element.kind === 'message'
      return { contentType, bytes: isPart ? bytesOfField(responseBody, bytes) : bytes }
    }
    const text =
      responseBody === undefined
        ? codec.writeMessage(message, wishes)
        : codec.writeField(responseBody, message.get(responseBody) ?? defaultOf(responseBody), wishes)
    return { contentType, bytes: Buffer.from(text) }
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

/** A proto2 default; undefined: the zero of the type. */
function defaultOf(field: FieldPlan): FieldValue | undefined {
  const { desc } = field
  if (desc.fieldKind !== 'scalar' && desc.fieldKind !== 'enum') return undefined
  return desc.getDefaultValue()
}

/** The bytes of a message field, all its parts one after the other: on the wire that is the merged message. */
function bytesOfField(field: FieldPlan, bytes: Uint8Array): Uint8Array {
  const reader = new WireReader(bytes)
  const parts: Uint8Array[] = []
  const { isDelimited } = field.element as MessageElement
  while (!reader.isAtEnd) {
    const tag = reader.tag()
    const isField = tag >>> 3 === field.number
    if (isField && !isDelimited && (tag & 7) === WireType.LengthDelimited) {
      parts.push(reader.lengthDelimited())
      continue
    }
    const start = reader.position
    reader.skip(tag, 0)
    if (isField && isDelimited) parts.push(bytes.subarray(start, reader.position - tagSize(field.number)))
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}

/** Bytes of the tag of a field number: 4 bits of the number in the first, 7 in each further one. */
function tagSize(number: number): number {
  let size = 1
  for (let rest = number >>> 4; rest > 0; rest >>>= 7) size++
  return size
}
