import type { FieldPlan, MessagePlan } from '../plan/types.js'
import type { StatusBody } from '../types.js'
import { tagOf, WireType, WireWriter } from '../wire/writer.js'
import type { Format } from './types.js'

/** Protobuf's own wire format, passed through: unknown fields stay. */
export const proto: Format = {
  name: 'proto',
  mediaTypes: ['application/x-protobuf', 'application/protobuf'],
  suffix: undefined,
  problemType: undefined,
  create: () => ({ kind: 'wire', isEmptyBody: (body) => body.length === 0, whyUnreadable, encodeStatus }),
}

/** A field's value is nothing on the wire without its tag, but for a message's. */
function whyUnreadable(expected: MessagePlan | FieldPlan): string | undefined {
  const isMessage = 'typeName' in expected || (expected.shape === 'singular' && expected.element.kind === 'message')
  return isMessage ? undefined : 'no message: it has no protobuf form of its own'
}

/** google/rpc/status.proto: code 1, message 2, details 3 (Any: type_url 1, value 2). */
function encodeStatus(status: StatusBody): Uint8Array {
  const out = new WireWriter()
  out.uint32(tagOf(1, WireType.Varint))
  out.int32(status.code | 0)
  out.uint32(tagOf(2, WireType.LengthDelimited))
  out.string(status.message)
  for (const { typeUrl, value } of status.details) {
    out.uint32(tagOf(3, WireType.LengthDelimited))
    const mark = out.begin()
    out.uint32(tagOf(1, WireType.LengthDelimited))
    out.string(typeUrl)
    out.uint32(tagOf(2, WireType.LengthDelimited))
    out.bytes(value)
    out.end(mark)
  }
  return out.finish()
}
