/** A name and what it stands for. */
interface Entry<T> {
  readonly name: Uint8Array
  readonly hash: number
  readonly value: T
}

/**
 * Finds names in text by their bytes, without making a string of them: a hash table with open addressing, made once. The
 * names are a schema's, so what a client sends can collide with few of them.
 */
export class NameTable<T> {
  readonly #slots: (Entry<T> | undefined)[]
  readonly #mask: number

  constructor(names: ReadonlyMap<string, T>) {
    let size = 4
    while (size < names.size * 2) size *= 2
    this.#slots = new Array<Entry<T> | undefined>(size).fill(undefined)
    this.#mask = size - 1
    for (const [text, value] of names) {
      const name = Buffer.from(text)
      const hash = hashOf(name)
      let slot = hash & this.#mask
      while (this.#slots[slot] !== undefined) slot = (slot + 1) & this.#mask
      this.#slots[slot] = { name, hash, value }
    }
  }

  /** @param hash what `nextHash` makes of the bytes, one after the other, from 0 */
  find(bytes: Uint8Array, from: number, to: number, hash: number): T | undefined {
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = this.#slots[slot]
      if (entry === undefined) return undefined
      if (entry.hash === hash && isAt(bytes, from, to, entry.name)) return entry.value
    }
  }
}

export function nextHash(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0
}

function hashOf(name: Uint8Array): number {
  let hash = 0
  for (const byte of name) hash = nextHash(hash, byte)
  return hash
}

function isAt(bytes: Uint8Array, from: number, to: number, name: Uint8Array): boolean {
  if (to - from !== name.length) return false
  for (let i = 0; i < name.length; i++) if (bytes[from + i] !== name[i]) return false
  return true
}
