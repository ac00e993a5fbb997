/**
 * Remembers what a header value was parsed to. Clients send the same few values for ever; a hostile one sends a new
 * value each time and only makes the cache start over. Long values are not kept.
 */
export class BoundedCache<T> {
  readonly #entries = new Map<string, T>()
  readonly #compute: (text: string) => T
  readonly #maxEntries: number

  constructor(compute: (text: string) => T, maxEntries = MAX_ENTRIES) {
    this.#compute = compute
    this.#maxEntries = maxEntries
  }

  get(text: string): T {
    const known = this.#entries.get(text)
    if (known !== undefined) return known
    const computed = this.#compute(text)
    if (text.length > MAX_TEXT) return computed
    if (this.#entries.size >= this.#maxEntries) this.#entries.clear()
    this.#entries.set(text, computed)
    return computed
  }
}

const MAX_ENTRIES = 256
const MAX_TEXT = 512
