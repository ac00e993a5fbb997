/** What a table holds: anything with a stream's id. */
export interface Identified {
  readonly id: number
}

const INITIAL_SLOTS = 64

/**
 * Open streams by id: open addressing with linear probing, grown at half full.
 *
 * Not a Map, because each call is added and removed soon: a Map makes a new table every so many additions, and the old one
 * refers to the new. Once one of them is in the old generation, so is all that ever was open (measured: 27 % of what
 * calls allocate survived each scavenge, and a fourth of the CPU went to garbage collection).
 */
export class StreamTable<T extends Identified> {
  private slots: (T | undefined)[] = new Array<T | undefined>(INITIAL_SLOTS).fill(undefined)
  size = 0

  get(id: number): T | undefined {
    return this.slots[this.slotOf(id)]
  }

  /** Adds one whose id is not in the table. */
  add(stream: T): void {
    if (this.size * 2 >= this.slots.length) this.grow()
    this.slots[this.slotOf(stream.id)] = stream
    this.size += 1
  }

  /** @returns false where it was not there */
  delete(id: number): boolean {
    const { slots } = this
    const mask = slots.length - 1
    let hole = this.slotOf(id)
    if (slots[hole] === undefined) return false
    this.size -= 1
    // What was moved on because of this one moves back: no marks are left behind.
    for (let at = (hole + 1) & mask; slots[at] !== undefined; at = (at + 1) & mask) {
      const home = (slots[at]!.id >>> 1) & mask
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      slots[hole] = slots[at]
      hole = at
    }
    slots[hole] = undefined
    return true
  }

  /** All of them now, in no order. */
  values(): T[] {
    return this.slots.filter((stream) => stream !== undefined)
  }

  clear(): void {
    this.slots.fill(undefined)
    this.size = 0
  }

  /** Where it is, or would go. A client's ids are odd, and ascend. */
  private slotOf(id: number): number {
    const { slots } = this
    const mask = slots.length - 1
    let at = (id >>> 1) & mask
    for (let stream = slots[at]; stream !== undefined && stream.id !== id; stream = slots[at]) at = (at + 1) & mask
    return at
  }

  private grow(): void {
    const streams = this.values()
    this.slots = new Array<T | undefined>(this.slots.length * 2).fill(undefined)
    for (const stream of streams) this.slots[this.slotOf(stream.id)] = stream
  }
}
