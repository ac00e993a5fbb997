import type { FieldPlan } from '../plan/types.js'
import type { TreeNode } from './node.js'

/** A value from the path or the query. */
export interface BoundLeaf {
  readonly origin: 'path' | 'query'
  /** A text, or an array of `items` for a repeated field. */
  readonly node: TreeNode
  /** The parameter's name as sent; '' for a path variable. */
  readonly name: string
  /** Grows with each further parameter of a repeated field; empty for a singular one. */
  readonly items: TreeNode[]
}

/** What the path and the query bind within one message: leaves and submessages, to be merged with the body's tree. */
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
