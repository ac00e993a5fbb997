const FNV_OFFSET = 0x811c9dc5 | 0
const FNV_PRIME = 0x01000193

/** The hash a name's bytes begin with; each byte is then mixed in by `mixHash`. (FNV-1a: names are short.) */
export const HASH_START = FNV_OFFSET

export function mixHash(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, FNV_PRIME)
}

/**
 * Names → values, asked with bytes of a text where they stand: no string is made of what is only looked up. Holds the
 * names of one type, which no request adds to; open addressing, at most half full.
 */
export class NameTable<T> {
  readonly #mask: number
  readonly #hashes: Int32Array
  readonly #names: (Uint8Array | undefined)[]
  readonly #values: (T | undefined)[]

  constructor(entries: ReadonlyMap<string, T>) {
    let size = 4
    while (size < entries.size * 2) size *= 2
    this.#mask = size - 1
    this.#hashes = new Int32Array(size)
    this.#names = new Array<Uint8Array | undefined>(size).fill(undefined)
    this.#values = new Array<T | undefined>(size).fill(undefined)
    for (const [name, value] of entries) this.#insert(Buffer.from(name), value)
  }

  #insert(name: Uint8Array, value: T): void {
    let hash = HASH_START
    for (const byte of name) hash = mixHash(hash, byte)
    let slot = slotOf(hash) & this.#mask
    while (this.#names[slot] !== undefined) slot = (slot + 1) & this.#mask
    this.#hashes[slot] = hash
    this.#names[slot] = name
    this.#values[slot] = value
  }

  /** The value of the name that stands at `[from, to)`. */
  find(bytes: Uint8Array, from: number, to: number, hash: number): T | undefined {
    let slot = slotOf(hash) & this.#mask
    for (;;) {
      const name = this.#names[slot]
      if (name === undefined) return undefined
      if (this.#hashes[slot] === hash && isAt(name, bytes, from, to)) return this.#values[slot]
      slot = (slot + 1) & this.#mask
    }
  }
}

/** FNV's low bits say little of the first bytes; the high ones do. */
function slotOf(hash: number): number {
  return hash ^ (hash >>> 15)
}

function isAt(name: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (name.length !== to - from) return false
  for (let i = 0; i < name.length; i++) if (bytes[from + i] !== name[i]) return false
  return true
}
