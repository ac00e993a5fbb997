import { isUtf8 } from 'node:buffer'
import { ScalarType } from '@bufbuild/protobuf'
import { TypeCode, type FieldPlan, type MessageElement, type MessagePlan } from '../plan/types.js'
import { accepts, fieldByNumber, levelsOf } from './accepts.js'
import { MAX_DEPTH, WireError, WireReader } from './reader.js'
import { wireTypeOf } from './scalar-value.js'
import { WireType } from './writer.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { STRING } = ScalarType
const { Group, Message } = TypeCode
const { EndGroup } = WireType

/**
 * Checks that bytes decode as a message: all of them, also what a later value replaces. What an Any packs is not looked
 * at.
 *
 * @throws WireError where the bytes do not decode, a string that must be UTF-8 is not, or messages are nested deeper
 *   than 100 levels
 */
export function checkMessage(plan: MessagePlan, bytes: Uint8Array): void {
  checkFields(plan, new WireReader(bytes), 0, levelsOf(plan))
}

/**
 * The same from where a reader stands to its end, or to the end tag of a group.
 *
 * @param group the group's field number; 0: none
 * @param depth levels of messages, this one among them
 */
export function checkFields(plan: MessagePlan, reader: WireReader, group: number, depth: number): void {
  if (depth > MAX_DEPTH) throw new WireError(`nested deeper than ${MAX_DEPTH} levels`)
  while (!reader.isAtEnd) {
    const tag = reader.tag()
    const number = tag >>> 3
    if ((tag & 7) === EndGroup) {
      if (number !== group) throw new WireError('a group ends with the tag of another')
      return
    }
    const field = fieldByNumber(plan, number)
    if (field === undefined || !accepts(field, tag & 7)) reader.skip(tag, depth)
    else if (field.shape === 'map') checkEntry(field, reader, depth)
    else if ((tag & 7) !== field.wireType) checkPacked(field, reader, depth)
    else checkValue(field, reader, tag, depth)
  }
  if (group !== 0) throw new WireError('a group without its end tag')
}

function checkValue(field: FieldPlan, reader: WireReader, tag: number, depth: number): void {
  switch (field.type) {
    case Message: {
      const { message } = field.element as MessageElement
      const outer = reader.enter()
      checkFields(message, reader, 0, depth + levelsOf(message))
      reader.leave(outer)
      return
    }
    case Group: {
      const { message } = field.element as MessageElement
      checkFields(message, reader, field.number, depth + levelsOf(message))
      return
    }
    case STRING:
      checkString(field, reader.lengthDelimited())
      return
    default:
      reader.skip(tag, depth)
  }
}

function checkString(field: FieldPlan, bytes: Uint8Array): void {
  if (field.validatesUtf8 && !isUtf8(bytes)) throw new WireError(`${field.jsonName} is not UTF-8`)
}

function checkPacked(field: FieldPlan, reader: WireReader, depth: number): void {
  const outer = reader.enter()
  while (!reader.isAtEnd) reader.skip(field.wireType, depth)
  reader.leave(outer)
}

function checkEntry(field: FieldPlan, reader: WireReader, depth: number): void {
  const { type } = field.mapKey!
  const keyWireType = wireTypeOf(type)
  const outer = reader.enter()
  while (!reader.isAtEnd) {
    const tag = reader.tag()
    if (tag >>> 3 === 1 && (tag & 7) === keyWireType && type === STRING) {
      checkString(field, reader.lengthDelimited())
    } else if (tag >>> 3 === 2 && (tag & 7) === field.wireType) {
      checkValue(field, reader, tag, depth)
    } else {
      reader.skip(tag, depth)
    }
  }
  reader.leave(outer)
}
