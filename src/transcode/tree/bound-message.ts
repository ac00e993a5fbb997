import type { FieldPlan } from '../plan/types.js'
import type { TreeNode } from './node.js'

/** A value from the path, the query, or a body that is a form. */
export interface BoundLeaf {
  readonly origin: 'path' | 'query' | 'body'
  /** A text, or an array of `items` for a repeated field. */
  readonly node: TreeNode
  /** The name as sent; '' for a path variable. */
  readonly name: string
  /** Grows with each further value of a repeated field; empty for a singular one. */
  readonly items: TreeNode[]
}

/**
 * What the path and the query bind within one message: leaves and submessages, to be merged with the body's tree. What a
 * form binds is made into that tree.
 */
export class BoundMessage {
  readonly entries = new Map<FieldPlan, BoundLeaf | BoundMessage>()

  /** The submessage of a field, made when first asked for; the path down to a leaf never ends at another leaf. */
  submessage(field: FieldPlan): BoundMessage {
    const known = this.entries.get(field)
    if (known instanceof BoundMessage) return known
    const made = new BoundMessage()
    this.entries.set(field, made)
    return made
  }
}
