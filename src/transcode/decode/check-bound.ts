import { FieldError, leaving } from '../errors/field-error.js'
import { shorten } from '../errors/transcode-error.js'
import { JsonWriter, type JsonStyle } from '../json/write.js'
import type { FieldPlan } from '../plan/types.js'
import { LocatedMessage } from '../wire/located-message.js'
import { BoundMessage, type BoundLeaf } from './bound-message.js'
import type { MessageWriter } from './message-writer.js'
import type { FieldTable } from './tables.js'

const PLAIN: JsonStyle = { emitDefaults: false, enumsAsIntegers: true, protoNames: false }

/**
 * Refuses a body that has another value for a field the path binds, or another member of its oneof; tells the writer of
 * those that it has the same value for.
 *
 * @throws FieldError FIELD_BOUND_TWICE, ONEOF_CONFLICT
 */
export function checkWireBody(message: LocatedMessage, bound: BoundMessage, writer: MessageWriter): void {
  checkWire(message, bound, writer, false)
}

/** @param saysAll a field that is not there is at its default, and not left to the path */
function checkWire(message: LocatedMessage, bound: BoundMessage, writer: MessageWriter, saysAll: boolean): void {
  for (const [field, value] of bound.entries) {
    try {
      checkOneof(message, field)
      if (value instanceof BoundMessage) {
        const known = message.submessage(field)
        if (known !== undefined) checkWire(known, value, writer, saysAll)
      } else if (message.has(field) || (saysAll && field.oneof === undefined)) {
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

/**
 * Merges what the path binds inside a well-known type, `{since.seconds}`, with the value that the body has for the whole
 * of it in its own form: what was written of that is looked at as a protobuf body is.
 *
 * @param start where the field was written, with its tag, to the end of what is written
 * @throws FieldError FIELD_BOUND_TWICE, ONEOF_CONFLICT
 */
export function mergeWithin(writer: MessageWriter, field: FieldTable, start: number, bound: BoundMessage): void {
  const { element } = field.plan
  if (element.kind !== 'message') throw new TypeError(`${field.jsonName} is no message`)
  const { buffer, length } = writer.out
  const lengthAt = behindVarint(buffer, start)
  const content = Uint8Array.prototype.slice.call(buffer, behindVarint(buffer, lengthAt), length)
  checkWire(LocatedMessage.locate(element.message, content), bound, writer, true)
  writer.boundField(field, bound)
}

function behindVarint(bytes: Uint8Array, from: number): number {
  let at = from
  while (bytes[at]! >= 0x80) at++
  return at + 1
}
