import type { FieldPlan } from '../plan/types.js'

/** A value from the path, the query, or a body that is a form. */
export interface BoundLeaf {
  readonly origin: 'path' | 'query' | 'body'
  /** One text; of a repeated field as many as were sent. */
  readonly texts: string[]
  /** The name as sent; '' for a path variable. */
  readonly name: string
}

/**
 * What the path and the query, or a form, bind within one message: leaves and submessages. That of the first two is merged
 * with the body.
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
