import { shorten, transcodeError } from '../errors/transcode-error.js'
import { JsonWriter, type JsonStyle } from '../json/write.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import { BoundMessage, type BoundLeaf } from '../tree/bound-message.js'
import type { DecodeContext } from '../tree/decode-context.js'
import { leafBytes } from '../tree/write-field.js'
import { LocatedMessage } from '../wire/located-message.js'
import { WireError } from '../wire/reader.js'

const PLAIN: JsonStyle = { emitDefaults: false, enumsAsIntegers: true, protoNames: false }

/**
 * Reads a protobuf body, only to know what is in it: the bytes themselves are passed on, unknown fields too.
 *
 * @throws StatusError INVALID_ARGUMENT MALFORMED_PROTOBUF
 */
export function readWireBody(plan: MessagePlan, body: Uint8Array): LocatedMessage {
  try {
    return LocatedMessage.locate(plan, body)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    throw transcodeError('MALFORMED_PROTOBUF', `the body does not decode as ${plan.desc.name}: ${error.message}`)
  }
}

/**
 * Refuses a body that has another value for a field the path binds, or another member of its oneof.
 *
 * @throws StatusError INVALID_ARGUMENT FIELD_BOUND_TWICE, ONEOF_CONFLICT
 */
export function checkWireBody(message: LocatedMessage, bound: BoundMessage, context: DecodeContext): void {
  for (const [field, value] of bound.entries) {
    context.path.push(field.jsonName)
    checkOneof(message, field, context)
    if (value instanceof BoundMessage) {
      const known = message.submessage(field)
      if (known !== undefined) checkWireBody(known, value, context)
    } else if (message.has(field)) {
      checkLeaf(message, field, value, context)
    }
    context.path.pop()
  }
}

function checkOneof(message: LocatedMessage, field: FieldPlan, context: DecodeContext): void {
  for (const member of field.oneof?.fields ?? []) {
    const other = message.plan.byNumber.get(member.number)
    if (other === undefined || other === field || !message.has(other)) continue
    throw context.error(
      'ONEOF_CONFLICT',
      `${other.jsonName} is set too, and both are of the oneof ${field.oneof!.name}`,
    )
  }
}

/** Values are compared as JSON: the wire may say one value in several ways. */
function checkLeaf(message: LocatedMessage, field: FieldPlan, leaf: BoundLeaf, context: DecodeContext): void {
  const writer = new JsonWriter(context.plans)
  const asJson = (bytes: Uint8Array): string => writer.writeField(message.plan, field, bytes, PLAIN).toString()
  const inBody = asJson(message.bytes)
  if (inBody === asJson(leafBytes(field, leaf, context))) return
  const text = shorten(leaf.node.text)
  throw context.error('FIELD_BOUND_TWICE', `the path says ${text}, the body says ${shorten(inBody)}`)
}
