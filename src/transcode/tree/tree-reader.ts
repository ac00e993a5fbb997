import { pathsOfTree } from '../binding/patch-mask.js'
import type { TextBody, TextReader } from '../formats/types.js'
import type { PlanTable } from '../plan/plan-table.js'
import type { FieldPlan, MessageElement, MessagePlan } from '../plan/types.js'
import { DecodeContext } from './decode-context.js'
import { TreeNode } from './node.js'
import { writeMessage } from './write-message.js'

/**
 * Reads a body into the tree it is.
 *
 * @param expected what the body is: a message, or the value of one field (a list, a scalar …)
 * @throws StatusError INVALID_ARGUMENT where the text is not well-formed
 */
export type ReadTree = (body: TextBody, expected: MessagePlan | FieldPlan) => TreeNode

/** A reader by way of the light tree, for formats whose text does not say by itself what is a list and what is not. */
export function treeReader(
  read: ReadTree,
  plans: PlanTable,
  ignoresUnknown: boolean,
): Pick<TextReader, 'decodeMessage' | 'decodeField'> {
  return {
    decodeMessage: (body, plan, bound, out) => {
      writeMessage(plan, read(body, plan), bound, out, new DecodeContext(plans, ignoresUnknown))
    },
    decodeField: (body, request, field, bound, out, wantsPaths) => {
      const node = read(body, field)
      const whole = TreeNode.object([field.jsonName], [node])
      writeMessage(request, whole, bound, out, new DecodeContext(plans, ignoresUnknown))
      return wantsPaths && node.isObject ? pathsOfTree((field.element as MessageElement).message, node) : undefined
    },
  }
}
