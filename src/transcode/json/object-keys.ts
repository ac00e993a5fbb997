/** Objects with more keys than this keep them in a Set; fewer are compared one by one, where they stand in the text. */
const FEW = 8

/**
 * The keys of the objects that are being read, outermost first, by which one that stands twice is found. Only of objects
 * with keys of any name: a message knows its fields by bits.
 */
export class ObjectKeys {
  /** Where each key of an object of few stands in the text, start and end in turn, object after object. */
  readonly #places: number[] = []
  /** How many of them hold something: setting an array's length costs more than a small object. */
  #used = 0
  /** For each object where its places begin, and its Set where it has many keys. */
  readonly #starts: number[] = []
  readonly #many: (Set<string> | undefined)[] = []
  #level = -1

  open(): void {
    const level = ++this.#level
    this.#starts[level] = this.#used
    if (level === this.#many.length) this.#many.push(undefined)
  }

  close(): void {
    const level = this.#level--
    this.#used = this.#starts[level]!
    if (this.#many[level] !== undefined) this.#many[level] = undefined
  }

  /** Forgets all open objects. */
  clear(): void {
    while (this.#level >= 0) this.close()
  }

  /** Adds the key whose text, which has no escape, stands at `[start, end)`; false where the object has it already. */
  add(bytes: Buffer, start: number, end: number): boolean {
    const level = this.#level
    const many = this.#many[level]
    if (many !== undefined) return addTo(many, bytes.toString('utf8', start, end))
    const places = this.#places
    const from = this.#starts[level]!
    const used = this.#used
    for (let i = from; i < used; i += 2) {
      if (isSame(bytes, places[i]!, places[i + 1]!, start, end)) return false
    }
    places[used] = start
    places[used + 1] = end
    this.#used = used + 2
    if (used - from >= 2 * FEW) this.#toSet(bytes, level)
    return true
  }

  /** Adds a key that does not stand in the text as it is. */
  addText(bytes: Buffer, key: string): boolean {
    const level = this.#level
    return addTo(this.#many[level] ?? this.#toSet(bytes, level), key)
  }

  #toSet(bytes: Buffer, level: number): Set<string> {
    const set = new Set<string>()
    const places = this.#places
    const from = this.#starts[level]!
    for (let i = from; i < this.#used; i += 2) set.add(bytes.toString('utf8', places[i], places[i + 1]))
    this.#used = from
    this.#many[level] = set
    return set
  }
}

function addTo(keys: Set<string>, key: string): boolean {
  const { size } = keys
  keys.add(key)
  return keys.size > size
}

function isSame(bytes: Uint8Array, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  const size = end - start
  // Names that are alike differ at their end.
  if (otherEnd - otherStart !== size || bytes[end - 1] !== bytes[otherEnd - 1]) return false
  for (let i = 0; i < size; i++) if (bytes[start + i] !== bytes[otherStart + i]) return false
  return true
}
