/** What an entry costs beside its name and value (RFC 7541 §4.1). */
export const ENTRY_OVERHEAD = 32

/** One field of a header block, as the table keeps it. */
export interface Field {
  readonly name: string
  readonly value: string
  /** Length of name and value in octets, and 32. */
  readonly size: number
  /** What RFC 9113 §8.2 forbids in a response: it makes each message that refers to it malformed. */
  readonly isMalformed: boolean
}

/** The dynamic table of a decoder: a ring, newest entry first (RFC 7541 §2.3.2, §4). */
export class DynamicTable {
  private readonly limit: number
  private readonly ring: (Field | undefined)[]
  private newest = 0
  private count = 0
  private size = 0
  private maxSize: number

  /** @param limit the size advertised as SETTINGS_HEADER_TABLE_SIZE */
  constructor(limit: number) {
    this.limit = limit
    this.maxSize = limit
    this.ring = new Array<Field | undefined>(Math.floor(limit / ENTRY_OVERHEAD) + 1).fill(undefined)
  }

  /** @param index 0 is the newest entry; undefined: there is none */
  get(index: number): Field | undefined {
    if (index >= this.count) return undefined
    return this.ring[(this.newest - index + this.ring.length) % this.ring.length]
  }

  /** Adds an entry, evicting the oldest; one larger than the table leaves it empty (§4.4). */
  add(field: Field): void {
    this.evictTo(this.maxSize - field.size)
    if (field.size > this.maxSize) return
    this.newest = (this.newest + 1) % this.ring.length
    this.ring[this.newest] = field
    this.count += 1
    this.size += field.size
  }

  /** Takes a size update; false where it exceeds what was advertised (§6.3). */
  resize(maxSize: number): boolean {
    if (maxSize > this.limit) return false
    this.maxSize = maxSize
    this.evictTo(maxSize)
    return true
  }

  private evictTo(size: number): void {
    while (this.count > 0 && this.size > size) {
      const oldest = (this.newest - this.count + 1 + this.ring.length) % this.ring.length
      this.size -= this.ring[oldest]!.size
      this.ring[oldest] = undefined
      this.count -= 1
    }
  }
}
