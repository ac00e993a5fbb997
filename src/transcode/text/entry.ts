/** A map's entry on the wire: where the last key in it is, and the last value. */
export class Entry {
  keyStart = 0
  keyEnd = 0
  hasKey = false
  start = 0
  end = 0
  hasValue = false
  /** Of a message in several parts: all of them, first byte and the byte after in turn. */
  parts: number[] | undefined = undefined
  /** One key at most and one value, as everyone writes it. */
  isOrdered = true

  /** Begins with another entry. */
  clear(): void {
    this.hasKey = this.hasValue = false
    this.parts = undefined
    this.isOrdered = true
  }

  setKey(start: number, end: number): void {
    if (this.hasKey) this.isOrdered = false
    this.hasKey = true
    this.keyStart = start
    this.keyEnd = end
  }

  /** @param merges a message: its parts are one */
  addValue(start: number, end: number, merges: boolean): void {
    if (this.hasValue) {
      this.isOrdered = false
      if (merges) {
        this.parts ??= [this.start, this.end]
        this.parts.push(start, end)
      }
    }
    this.hasValue = true
    this.start = start
    this.end = end
  }
}
