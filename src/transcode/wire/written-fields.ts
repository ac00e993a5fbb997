import type { ElementPlan, FieldPlan } from '../plan/types.js'
import { zeroOf } from './scalar-value.js'
import { WireMessage, type ElementValue, type FieldValue } from './wire-message.js'

/**
 * The fields of a message that text formats may write, in their order: those present, and where defaults are written all
 * without presence.
 */
export function fieldsToWrite(message: WireMessage, emitDefaults: boolean): readonly FieldPlan[] {
  const present = message.presentFields()
  if (!emitDefaults) return present
  const declared = message.plan.fields.filter((field) => !field.hasPresence || message.get(field) !== undefined)
  return [...declared, ...present.filter((field) => field.desc.kind === 'extension')]
}

/** A field without presence that was on the wire at its default is as if it were not, unless defaults are written. */
export function isOmitted(field: FieldPlan, value: FieldValue, emitDefaults: boolean): boolean {
  if (field.hasPresence || emitDefaults) return false
  if (Array.isArray(value)) return value.length === 0
  switch (typeof value) {
    case 'number':
      return Object.is(value, 0)
    case 'bigint':
      return value === 0n
    case 'boolean':
      return !value
    case 'string':
      return value === ''
    default:
      return value instanceof Uint8Array && value.length === 0
  }
}

/** What an element without a value is. */
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
