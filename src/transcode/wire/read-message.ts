import { isUtf8 } from 'node:buffer'
import { ScalarType } from '@bufbuild/protobuf'
import type { ElementPlan, FieldPlan, MessageElement, MessagePlan, ScalarElement } from '../plan/types.js'
import { MAX_DEPTH, WireError, WireReader } from './reader.js'
import { wireTypeOf, zeroOf, type ScalarValue } from './scalar-value.js'
import { WireMessage, type ElementValue } from './wire-message.js'
import { WireType } from './writer.js'

/**
 * Reads a message from the wire, in one pass and as the encoding specification asks: the last value of a singular scalar
 * wins, singular messages merge, in a oneof the last member wins, packed and unpacked are both read, map entries may
 * lack key or value. `outerDepth`: levels of messages round this one (of an Any's value). Unknown fields are dropped, unknown numbers of closed enums with them.
 *
 * @throws WireError where the bytes do not decode, a string that must be UTF-8 is not, or messages are nested deeper
 *   than 100 levels
 */
export function readMessage(plan: MessagePlan, bytes: Uint8Array, outerDepth = 0): WireMessage {
  const message = new WireMessage(plan)
  readInto(message, new WireReader(bytes), 0, outerDepth + levelsOf(plan))
  return message
}

/** A Value is no level of its own: the Struct or ListValue in it is, as in its JSON. */
function levelsOf(plan: MessagePlan): number {
  return plan.form === 'value' ? 0 : 1
}

/** @param group the field number whose end tag ends the message; 0: the reader's end does */
function readInto(message: WireMessage, reader: WireReader, group: number, depth: number): void {
  if (depth > MAX_DEPTH) throw new WireError(`nested deeper than ${MAX_DEPTH} levels`)
  const { plan } = message
  while (!reader.isAtEnd) {
    const tag = reader.tag()
    const number = tag >>> 3
    if ((tag & 7) === WireType.EndGroup) {
      if (number !== group) throw new WireError('a group ends with the tag of another')
      return
    }
    const field = plan.byNumber.get(number) ?? plan.extensionByNumber(number)
    if (field === undefined || !readField(message, field, tag, reader, depth)) reader.skip(tag, depth)
  }
  if (group !== 0) throw new WireError('a group without its end tag')
}

/** @returns false where the wire type is not one the field can have: an unknown field then */
function readField(message: WireMessage, field: FieldPlan, tag: number, reader: WireReader, depth: number): boolean {
  switch (field.shape) {
    case 'list':
      return readListItem(message, field, tag, reader, depth)
    case 'map':
      if ((tag & 7) !== WireType.LengthDelimited) return false
      readMapEntry(message, field, field.mapKey!, reader, depth)
      return true
    default:
      return readSingular(message, field, tag, reader, depth)
  }
}

function readSingular(message: WireMessage, field: FieldPlan, tag: number, reader: WireReader, depth: number): boolean {
  const { element } = field
  if ((tag & 7) !== elementWireType(element)) return false
  if (element.kind === 'message') {
    const known = message.get(field)
    const value = known instanceof WireMessage ? known : new WireMessage(element.message)
    readSubmessage(value, element, field.number, reader, depth)
    message.clearOtherMembers(field)
    message.set(field, value)
    return true
  }
  const value = readValue(element, field, reader)
  if (value === undefined) return true
  message.clearOtherMembers(field)
  message.set(field, value)
  return true
}

function readListItem(message: WireMessage, field: FieldPlan, tag: number, reader: WireReader, depth: number): boolean {
  const { element } = field
  const wireType = tag & 7
  const own = elementWireType(element)
  const isPacked = wireType === WireType.LengthDelimited && own !== WireType.LengthDelimited && isPackable(element)
  if (wireType !== own && !isPacked) return false
  const known = message.get(field)
  const items: ElementValue[] = Array.isArray(known) ? known : []
  if (known === undefined) message.set(field, items)
  if (element.kind === 'message') {
    const item = new WireMessage(element.message)
    readSubmessage(item, element, field.number, reader, depth)
    items.push(item)
    return true
  }
  if (!isPacked) {
    const item = readValue(element, field, reader)
    if (item !== undefined) items.push(item)
    return true
  }
  const outer = reader.enter()
  while (!reader.isAtEnd) {
    const item = readValue(element, field, reader)
    if (item !== undefined) items.push(item)
  }
  reader.leave(outer)
  return true
}

function isPackable(element: ElementPlan): boolean {
  return element.kind !== 'message'
}

function elementWireType(element: ElementPlan): WireType {
  switch (element.kind) {
    case 'scalar':
      return wireTypeOf(element.type)
    case 'enum':
      return WireType.Varint
    case 'message':
      return element.isDelimited ? WireType.StartGroup : WireType.LengthDelimited
  }
}

function readSubmessage(
  value: WireMessage,
  element: MessageElement,
  number: number,
  reader: WireReader,
  depth: number,
): void {
  const inner = depth + levelsOf(value.plan)
  if (element.isDelimited) {
    readInto(value, reader, number, inner)
    return
  }
  const outer = reader.enter()
  readInto(value, reader, 0, inner)
  reader.leave(outer)
}

/** The last entry of a key wins, also over the messages of earlier ones. */
function readMapEntry(
  message: WireMessage,
  field: FieldPlan,
  keyElement: ScalarElement,
  reader: WireReader,
  depth: number,
): void {
  const { element } = field
  const outer = reader.enter()
  let key: ScalarValue = zeroOf(keyElement.type)
  let value: ElementValue | undefined
  let isDropped = false
  while (!reader.isAtEnd) {
    const tag = reader.tag()
    const number = tag >>> 3
    const wireType = tag & 7
    if (number === 1 && wireType === wireTypeOf(keyElement.type)) {
      key = readScalarValue(keyElement, field, reader)
    } else if (number === 2 && wireType === elementWireType(element)) {
      if (element.kind === 'message') {
        const submessage: WireMessage = value instanceof WireMessage ? value : new WireMessage(element.message)
        readSubmessage(submessage, element, 2, reader, depth)
        value = submessage
      } else {
        value = readValue(element, field, reader)
        // A closed enum's unknown number: the entry goes to the unknown fields.
        isDropped = value === undefined
      }
    } else {
      reader.skip(tag, depth)
    }
  }
  reader.leave(outer)
  if (isDropped) return
  const known = message.get(field)
  const entries: Map<ScalarValue, ElementValue> = known instanceof Map ? known : new Map()
  if (known === undefined) message.set(field, entries)
  entries.set(key, value ?? zeroElement(element))
}

/** What an element holds that the wire does not have. */
export function zeroElement(element: ElementPlan): ElementValue {
  switch (element.kind) {
    case 'scalar':
      return zeroOf(element.type)
    case 'enum':
      return element.enum.zero
    case 'message':
      return new WireMessage(element.message)
  }
}

/** A scalar, or an enum's number; undefined for a number its closed enum does not have. */
function readValue(
  element: Exclude<ElementPlan, MessageElement>,
  field: FieldPlan,
  reader: WireReader,
): ScalarValue | undefined {
  if (element.kind === 'scalar') return readScalarValue(element, field, reader)
  const number = reader.uint32() | 0
  return element.enum.isOpen || element.enum.quotedNames.has(number) ? number : undefined
}

function readScalarValue(element: ScalarElement, field: FieldPlan, reader: WireReader): ScalarValue {
  switch (element.type) {
    case ScalarType.STRING: {
      const bytes = reader.lengthDelimited()
      if (isUtf8(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
      if (element.validatesUtf8) throw new WireError(`${field.jsonName} is not UTF-8`)
      // Kept as bytes: protobuf passes it on, a text format has to refuse it.
      return bytes
    }
    case ScalarType.BYTES:
      return reader.lengthDelimited()
    case ScalarType.BOOL:
      return reader.bool()
    case ScalarType.DOUBLE:
      return reader.double()
    case ScalarType.FLOAT:
      return reader.float()
    case ScalarType.INT32:
      return reader.uint32() | 0
    case ScalarType.UINT32:
      return reader.uint32()
    case ScalarType.SINT32: {
      const bits = reader.uint32()
      return (bits >>> 1) ^ -(bits & 1)
    }
    case ScalarType.FIXED32:
      return reader.fixed32()
    case ScalarType.SFIXED32:
      return reader.fixed32() | 0
    case ScalarType.INT64:
      return BigInt.asIntN(64, reader.uint64())
    case ScalarType.UINT64:
      return reader.uint64()
    case ScalarType.SINT64: {
      const bits = reader.uint64()
      return (bits >> 1n) ^ -(bits & 1n)
    }
    case ScalarType.FIXED64:
      return reader.fixed64()
    case ScalarType.SFIXED64:
      return BigInt.asIntN(64, reader.fixed64())
  }
}
