import { nearestName } from '../../problems/index.js'
import type { MessagePlan } from '../plan/types.js'

/** Names longer than this are not compared: no identifier is so long, and comparing costs length by length. */
const MAX_COMPARED = 64

/** `; did you mean pageSize?` with the known name most like `name`, or '' where none is like it. */
export function suggestName(name: string, known: readonly string[]): string {
  if (name === '' || name.length > MAX_COMPARED) return ''
  const nearest = nearestName(name, known)
  return nearest === undefined ? '' : `; did you mean ${nearest}?`
}

/** The same for a field of a message; a person who writes snake_case is answered in snake_case. */
export function suggestField(name: string, plan: MessagePlan): string {
  return suggestName(
    name,
    plan.fields.map((field) => (name.includes('_') ? field.name : field.jsonName)),
  )
}
