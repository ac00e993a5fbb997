import { ordinaryMessageOf } from '../plan/special-form.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import type { TreeNode } from '../tree/node.js'
import type { WireWriter } from '../wire/writer.js'
import { tagOf, WireType } from '../wire/writer.js'
import type { LocatedMessage } from '../wire/located-message.js'

/**
 * The paths of the fields present in a body, for the `update_mask` of a PATCH that sends none: down to the leaves of
 * singular messages, stopping at lists, maps and well-known types. `null` counts as present; a submessage with no fields
 * is itself a leaf. Extensions have no path in a FieldMask and are left out.
 */
export function pathsOfTree(plan: MessagePlan, node: TreeNode): string[] {
  const paths: string[] = []
  addTreePaths(plan, node, '', paths)
  return paths
}

function addTreePaths(plan: MessagePlan, node: TreeNode, prefix: string, paths: string[]): void {
  for (let i = 0; i < node.keys.length; i++) {
    const field = plan.byName.get(node.keys[i]!)
    if (field === undefined) continue
    const value = node.items[i]!
    const submessage = value.isObject ? ordinaryMessageOf(field) : undefined
    const before = paths.length
    if (submessage !== undefined) addTreePaths(submessage, value, `${prefix}${field.name}.`, paths)
    if (paths.length === before) paths.push(prefix + field.name)
  }
}

/** The same for a protobuf body: what is on the wire is present. */
export function pathsOfMessage(message: LocatedMessage): string[] {
  const paths: string[] = []
  addMessagePaths(message, '', paths)
  return paths
}

function addMessagePaths(message: LocatedMessage, prefix: string, paths: string[]): void {
  for (const field of message.present()) {
    if (field.desc.kind === 'extension') continue
    const submessage = ordinaryMessageOf(field) === undefined ? undefined : message.submessage(field)
    const before = paths.length
    if (submessage !== undefined) addMessagePaths(submessage, `${prefix}${field.name}.`, paths)
    if (paths.length === before) paths.push(prefix + field.name)
  }
}

/** Writes the mask, set also where it has no paths: a body without fields then changes nothing. */
export function writeMask(field: FieldPlan, paths: readonly string[], out: WireWriter): void {
  out.uint32(tagOf(field.number, WireType.LengthDelimited))
  const mark = out.begin()
  for (const path of paths) {
    out.uint32(tagOf(1, WireType.LengthDelimited))
    out.string(path)
  }
  out.end(mark)
}
