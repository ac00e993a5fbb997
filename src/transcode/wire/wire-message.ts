import type { FieldPlan, MessagePlan } from '../plan/types.js'
import type { ScalarValue } from './scalar-value.js'

/** One value of a field: enums are numbers. */
export type ElementValue = ScalarValue | WireMessage

export type FieldValue = ElementValue | ElementValue[] | Map<ScalarValue, ElementValue>

/**
 * A message read from the wire: its present fields, extensions among them. Sparse, since a message of two bytes may be
 * of a type of a thousand fields.
 */
export class WireMessage {
  readonly plan: MessagePlan
  #values: Map<FieldPlan, FieldValue> | undefined = undefined

  constructor(plan: MessagePlan) {
    this.plan = plan
  }

  get(field: FieldPlan): FieldValue | undefined {
    return this.#values?.get(field)
  }

  set(field: FieldPlan, value: FieldValue): void {
    this.#values ??= new Map()
    this.#values.set(field, value)
  }

  /** In a oneof the last member wins. */
  clearOtherMembers(field: FieldPlan): void {
    if (field.oneof === undefined || this.#values === undefined) return
    for (const member of field.oneof.fields) {
      if (member.number === field.number) continue
      const other = this.plan.byNumber.get(member.number)
      if (other !== undefined) this.#values.delete(other)
    }
  }

  /** The present fields by number, extensions last (their numbers are their own, but not their order in the type). */
  presentFields(): FieldPlan[] {
    if (this.#values === undefined) return []
    const fields = [...this.#values.keys()]
    let isSorted = true
    for (let i = 1; i < fields.length && isSorted; i++) isSorted = compareFields(fields[i - 1]!, fields[i]!) < 0
    return isSorted ? fields : fields.sort(compareFields)
  }
}

function compareFields(a: FieldPlan, b: FieldPlan): number {
  if (a.desc.kind !== b.desc.kind) return a.desc.kind === 'field' ? -1 : 1
  return a.number - b.number
}
