import type { FieldPlan } from '../plan/types.js'
import { isDefaultScalar } from './scalar-value.js'
import { WireMessage, type FieldValue } from './wire-message.js'

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
  // A map is there because it has an entry, a message because it was set.
  return !(value instanceof Map || value instanceof WireMessage) && isDefaultScalar(value)
}
