import type { EnumElement, FieldPlan, MessagePlan } from '../plan/types.js'
import { WireType } from './writer.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { LengthDelimited } = WireType

/** The field of a message that a number stands for, extensions among them; undefined for an unknown one. */
export function fieldByNumber(plan: MessagePlan, number: number): FieldPlan | undefined {
  return plan.nearFields[number] ?? plan.farField(number)
}

/** True where a value of the field can have the wire type: its own, or that of a packed list. Else it is unknown. */
export function accepts(field: FieldPlan, wireType: number): boolean {
  if (field.shape === 'map') return wireType === LengthDelimited
  return wireType === field.wireType || (field.isPackable && wireType === LengthDelimited)
}

/** False for a number that its closed enum does not have: an unknown field then. */
export function keepsNumber({ enum: type }: EnumElement, number: number): boolean {
  return type.isOpen || type.quotedNames.has(number)
}

/** Levels a message adds. A Value is none of its own: the Struct or ListValue in it is, as in its JSON. */
export function levelsOf(plan: MessagePlan): number {
  return plan.form === 'value' ? 0 : 1
}
