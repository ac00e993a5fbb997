/**
 * Remembers what was made of a text, such as a header's name or value. Clients send the same few for ever; a hostile one sends
 * a new one each time and only makes the cache start over. Long texts are not kept.
 */
export class BoundedCache<T> {
  readonly #entries = new Map<string, T>()
  readonly #compute: (text: string) => T
  readonly #maxEntries: number
  readonly #maxLength: number

  constructor(compute: (text: string) => T, maxEntries = MAX_ENTRIES, maxLength = MAX_TEXT) {
    this.#compute = compute
    this.#maxEntries = maxEntries
    this.#maxLength = maxLength
  }

  get(text: string): T {
    const known = this.#entries.get(text)
    if (known !== undefined) return known
    const computed = this.#compute(text)
    if (text.length > this.#maxLength) return computed
    if (this.#entries.size >= this.#maxEntries) this.#entries.clear()
    this.#entries.set(text, computed)
    return computed
  }
}

const MAX_ENTRIES = 256
const MAX_TEXT = 512
