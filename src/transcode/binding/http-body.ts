import { ScalarType } from '@bufbuild/protobuf'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import type { EncodedBody } from '../types.js'
import type { LocatedMessage } from '../wire/located-message.js'
import { tagOf, WireType, type WireWriter } from '../wire/writer.js'

/** google/api/httpbody.proto */
const CONTENT_TYPE = 1
const DATA = 2
const NO_BYTES = new Uint8Array(0)
const DEFAULT_CONTENT_TYPE = 'application/octet-stream'

/** True for `google.api.HttpBody`, whose data is the HTTP body itself. */
export function isHttpBody(plan: MessagePlan): boolean {
  return (
    plan.typeName === 'google.api.HttpBody' &&
    isScalar(plan, CONTENT_TYPE, ScalarType.STRING) &&
    isScalar(plan, DATA, ScalarType.BYTES)
  )
}

/** The same for a field that is one. */
export function isHttpBodyField(field: FieldPlan): boolean {
  return field.shape === 'singular' && field.element.kind === 'message' && isHttpBody(field.element.message)
}

function isScalar(plan: MessagePlan, number: number, type: ScalarType): boolean {
  const field = plan.byNumber.get(number)
  return field?.shape === 'singular' && field.element.kind === 'scalar' && field.element.type === type
}

/** Writes an HttpBody's fields. */
export function writeHttpBody(contentType: string, data: Uint8Array, out: WireWriter): void {
  if (contentType !== '') {
    out.uint32(tagOf(CONTENT_TYPE, WireType.LengthDelimited))
    out.string(contentType)
  }
  if (data.length > 0) {
    out.uint32(tagOf(DATA, WireType.LengthDelimited))
    out.bytes(data)
  }
}

/** What an HttpBody says to send. A content type that is no header value is replaced. */
export function readHttpBody(message: LocatedMessage | undefined): EncodedBody {
  const contentType = Buffer.from(bytesOf(message, CONTENT_TYPE)).toString()
  return {
    contentType: isHeaderValue(contentType) ? contentType : DEFAULT_CONTENT_TYPE,
    bytes: bytesOf(message, DATA),
  }
}

function bytesOf(message: LocatedMessage | undefined, number: number): Uint8Array {
  return message?.bytesOf(message.plan.byNumber.get(number)!) ?? NO_BYTES
}

/** RFC 9110 §5.5, ASCII only: not empty, no control characters (CR and LF would begin another header). */
function isHeaderValue(text: string): boolean {
  return /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/.test(text)
}
