import { shorten, transcodeError } from '../errors/transcode-error.js'
import { JsonEncoder } from '../json/encode.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import { BoundMessage, type BoundLeaf } from '../tree/bound-message.js'
import type { DecodeContext } from '../tree/decode-context.js'
import { leafBytes } from '../tree/write-field.js'
import { readMessage } from '../wire/read-message.js'
import { WireError } from '../wire/reader.js'
import { WireMessage } from '../wire/wire-message.js'

/**
 * Reads a protobuf body, only to know what is in it: the bytes themselves are passed on, unknown fields too.
 *
 * @throws StatusError INVALID_ARGUMENT MALFORMED_PROTOBUF
 */
export function readWireBody(plan: MessagePlan, body: Uint8Array): WireMessage {
  try {
    return readMessage(plan, body)
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
export function checkWireBody(message: WireMessage, bound: BoundMessage, context: DecodeContext): void {
  for (const [field, value] of bound.entries) {
    context.path.push(field.jsonName)
    checkOneof(message, field, context)
    const known = message.get(field)
    if (value instanceof BoundMessage) {
      if (known instanceof WireMessage) checkWireBody(known, value, context)
    } else if (known !== undefined) {
      checkLeaf(message, field, value, context)
    }
    context.path.pop()
  }
}

function checkOneof(message: WireMessage, field: FieldPlan, context: DecodeContext): void {
  for (const member of field.oneof?.fields ?? []) {
    const other = message.plan.byNumber.get(member.number)
    if (other === undefined || other === field || message.get(other) === undefined) continue
    throw context.error(
      'ONEOF_CONFLICT',
      `${other.jsonName} is set too, and both are of the oneof ${field.oneof!.name}`,
    )
  }
}

/** Values are compared as JSON: the wire may say one value in several ways. */
function checkLeaf(message: WireMessage, field: FieldPlan, leaf: BoundLeaf, context: DecodeContext): void {
  const style = { emitDefaults: false, enumsAsIntegers: true, protoNames: false }
  const asJson = (holder: WireMessage): string => new JsonEncoder(context.plans, style).field(field, holder.get(field))
  const inBody = asJson(message)
  if (inBody === asJson(readMessage(message.plan, leafBytes(field, leaf, context)))) return
  const text = shorten(leaf.node.text)
  throw context.error('FIELD_BOUND_TWICE', `the path says ${text}, the body says ${shorten(inBody)}`)
}
