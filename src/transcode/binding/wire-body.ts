import { BoundMessage, type BoundLeaf } from '../decode/bound-message.js'
import type { MessageWriter } from '../decode/message-writer.js'
import { FieldError, leaving } from '../errors/field-error.js'
import { shorten, transcodeError } from '../errors/transcode-error.js'
import { JsonWriter, type JsonStyle } from '../json/write.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
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
 * Refuses a body that has another value for a field the path binds, or another member of its oneof; tells the writer of
 * those that it has the same value for.
 *
 * @throws FieldError FIELD_BOUND_TWICE, ONEOF_CONFLICT
 */
export function checkWireBody(message: LocatedMessage, bound: BoundMessage, writer: MessageWriter): void {
  for (const [field, value] of bound.entries) {
    try {
      checkOneof(message, field)
      if (value instanceof BoundMessage) {
        const known = message.submessage(field)
        if (known !== undefined) checkWireBody(known, value, writer)
      } else if (message.has(field)) {
        checkLeaf(message, field, value, writer)
        writer.inBody.add(value)
      }
    } catch (error) {
      throw leaving(error, field.jsonName)
    }
  }
}

function checkOneof(message: LocatedMessage, field: FieldPlan): void {
  for (const member of field.oneof?.fields ?? []) {
    const other = message.plan.byNumber.get(member.number)
    if (other === undefined || other === field || !message.has(other)) continue
    const says = `${other.jsonName} is set too, and both are of the oneof ${field.oneof!.name}`
    throw new FieldError('ONEOF_CONFLICT', says)
  }
}

/** Values are compared as JSON: the wire may say one value in several ways. */
function checkLeaf(message: LocatedMessage, field: FieldPlan, leaf: BoundLeaf, writer: MessageWriter): void {
  const { plan } = message
  const json = new JsonWriter(writer.plans)
  const asJson = (bytes: Uint8Array): string => json.writeField(plan, field, bytes, PLAIN).toString()
  const inBody = asJson(message.bytes)
  if (inBody === asJson(writer.leafBytes(writer.tables.message(plan), field, leaf))) return
  const says = `the path says ${shorten(leaf.texts[0]!)}, the body says ${shorten(inBody)}`
  throw new FieldError('FIELD_BOUND_TWICE', says)
}
