import type { MessageWriter } from '../decode/message-writer.js'
import type { FieldTable } from '../decode/tables.js'

/**
 * The items of lists among the elements of one message. Those of one list may stand anywhere: each run of them that stand
 * together is written as it comes, the packed ones in one piece; a reader puts the pieces together.
 */
export class ItemRun {
  readonly #writer: MessageWriter
  /** The list whose items stand here; undefined: none. */
  #field: FieldTable | undefined = undefined
  /** Of a packed list: where its run begins, and the mark of its length. */
  #start = 0
  #mark = 0
  /** Items of the list so far; -1: it is nil. */
  #count = 0
  /** The same of the lists that were left. */
  #counts: Map<FieldTable, number> | undefined = undefined

  constructor(writer: MessageWriter) {
    this.#writer = writer
  }

  /** Goes on with a list. Returns the items it has already; -1: it is nil. */
  begin(field: FieldTable): number {
    if (this.#field === field) return this.#count
    this.end()
    this.#field = field
    this.#count = this.#counts?.get(field) ?? 0
    if (field.isPacked) {
      const { out } = this.#writer
      this.#start = out.length
      out.tag(field.groupTag)
      this.#mark = out.begin()
    }
    return this.#count
  }

  /** The list has got an item, or one that was skipped. */
  added(): void {
    this.#count++
  }

  /** The list is nil. */
  addedNil(): void {
    this.#count = -1
  }

  /** Leaves the list. */
  end(): void {
    const field = this.#field
    if (field === undefined) return
    this.#field = undefined
    this.#counts ??= new Map()
    this.#counts.set(field, this.#count)
    if (!field.isPacked) return
    const { out } = this.#writer
    // A packed list without items is not on the wire at all.
    if (out.length === this.#mark + 1) out.rewind(this.#start)
    else out.end(this.#mark)
  }
}
