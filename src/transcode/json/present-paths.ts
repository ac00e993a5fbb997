import { ordinaryMessageOf } from '../plan/special-form.js'
import type { MessagePlan } from '../plan/types.js'
import { JsonTokens } from './tokens.js'

const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const COMMA = 0x2c

/**
 * The paths of the fields present in a body that has been read as the message, for the `update_mask` of a PATCH that sends
 * none: down to the leaves of singular messages, stopping at lists, maps and well-known types. `null` counts as present; a
 * submessage with no fields is itself a leaf. Extensions have no path in a FieldMask and are left out. Undefined where the
 * body is null.
 */
export function presentPaths(bytes: Uint8Array, plan: MessagePlan): string[] | undefined {
  const tokens = new JsonTokens(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  if (tokens.next() !== OPEN_BRACE) return undefined
  const paths: string[] = []
  addPaths(tokens, plan, '', paths)
  return paths
}

/** The object begun last, to its end. */
function addPaths(tokens: JsonTokens, plan: MessagePlan, prefix: string, paths: string[]): void {
  for (let token = tokens.next(); token !== CLOSE_BRACE; token = tokens.next()) {
    if (token === COMMA) continue
    const field = plan.byName.get(tokens.string())
    tokens.next()
    const value = tokens.next()
    const before = paths.length
    const submessage = field === undefined || value !== OPEN_BRACE ? undefined : ordinaryMessageOf(field)
    if (submessage === undefined) skip(tokens, value)
    else addPaths(tokens, submessage, `${prefix}${field!.name}.`, paths)
    if (field !== undefined && paths.length === before) paths.push(prefix + field.name)
  }
}

/** The value begun last, to its end. */
function skip(tokens: JsonTokens, first: number): void {
  let depth = 0
  for (let token = first; ; token = tokens.next()) {
    if (token === OPEN_BRACE || token === OPEN_BRACKET) depth++
    else if (token === CLOSE_BRACE || token === CLOSE_BRACKET) depth--
    if (depth === 0) return
  }
}
