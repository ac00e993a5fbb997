import { suggestField } from '../errors/nearest.js'
import type { FieldPlan, MessageElement, MessagePlan } from '../plan/types.js'
import type { WireWriter } from '../wire/writer.js'
import { BoundMessage } from './bound-message.js'
import type { DecodeContext } from './decode-context.js'
import { depthOf, type TreeNode } from './node.js'
import { describeNode } from './read-scalar.js'
import { SeenFields } from './seen-fields.js'
import { writeField, writeLeaf, writeSubmessage } from './write-field.js'
import { writeSpecial } from './write-special.js'

/**
 * Writes a message from a tree, and from what the path and the query bind within it, as wire bytes without tag and
 * length. What is bound twice with another value, two members of a oneof, and whatever is not of its field's type is
 * refused.
 *
 * @param node undefined: the body says nothing of this message
 * @param skippedKey a key that belongs to who calls (`@type` of an Any)
 * @throws StatusError INVALID_ARGUMENT with the field's path
 */
export function writeMessage(
  plan: MessagePlan,
  node: TreeNode | undefined,
  bound: BoundMessage | undefined,
  out: WireWriter,
  context: DecodeContext,
  skippedKey?: string,
): void {
  if (plan.form !== undefined && node !== undefined) {
    writeSpecial(plan.form, plan, node, out, context)
    return
  }
  context.enter()
  const seen = new SeenFields(context, bound !== undefined || plan.required.length > 0)
  if (node !== undefined) {
    if (!node.isObject) throw context.malformed(`${describeNode(node)} is not an object`)
    for (let i = 0; i < node.keys.length; i++) {
      const key = node.keys[i]!
      if (key === skippedKey) continue
      const field = findField(plan, key, node.items[i]!, context)
      if (field === undefined) continue
      context.path.push(field.jsonName)
      seen.addName(field)
      const isSet = writeField(field, node.items[i]!, bound?.entries.get(field), out, context)
      if (isSet) seen.addValue(field)
      context.path.pop()
    }
  }
  if (bound !== undefined) writeBound(bound, seen, out, context)
  for (const field of plan.required) {
    if (seen.hasValue(field) || !context.isWhole) continue
    context.path.push(field.jsonName)
    throw context.error('MISSING_FIELD', 'a required field has no value')
  }
  context.leave()
}

/** Writes what is bound and was not already written together with the body's part of the field. */
function writeBound(bound: BoundMessage, seen: SeenFields, out: WireWriter, context: DecodeContext): void {
  for (const [field, value] of bound.entries) {
    // A field that is null in the body is unset there, so only what was written with a value is done.
    if (seen.hasValue(field)) continue
    context.path.push(field.jsonName)
    if (value instanceof BoundMessage) {
      writeSubmessage(field, field.element as MessageElement, undefined, value, out, context)
    } else {
      writeLeaf(field, value, out, context)
    }
    seen.addValue(field)
    context.path.pop()
  }
}

/** The field a key names; undefined where it is unknown and unknown ones are ignored. */
function findField(plan: MessagePlan, key: string, value: TreeNode, context: DecodeContext): FieldPlan | undefined {
  const field = plan.byName.get(key) ?? findExtension(plan, key)
  if (field !== undefined) return field
  if (!context.ignoresUnknown) {
    const advice = suggestField(key, plan)
    context.path.push(key)
    throw context.error('UNKNOWN_FIELD', `no such field${advice}`)
  }
  if (depthOf(value) > context.depthLeft) throw context.error('DEPTH_EXCEEDED', 'nested deeper than 100 levels')
  return undefined
}

function findExtension(plan: MessagePlan, key: string): FieldPlan | undefined {
  return key.startsWith('[') && key.endsWith(']') ? plan.extensionByName(key.slice(1, -1)) : undefined
}
