import { Entry } from './entry.js'
import type { TextOutput } from './text-output.js'

/** Keys up to this many are compared one by one: few maps have more, and a Set costs more than that. */
const FEW = 16

/** A map that is being written: its keys, as they were written. It is used for one map after the other. */
export class OpenMap {
  readonly #out: TextOutput
  /** The entry that is being written. */
  readonly entry = new Entry()
  /** Where each key is in the output, start and end in turn. */
  readonly #places = new Int32Array(2 * FEW)
  #size = 0
  #many: Set<string> | undefined = undefined

  constructor(out: TextOutput) {
    this.#out = out
  }

  /** Begins with another map. */
  clear(): void {
    this.#size = 0
    this.#many = undefined
  }

  /** Adds the key that was written at `[start, end)`; false where it was there before. */
  add(start: number, end: number): boolean {
    if (this.#many !== undefined) return this.#addToMany(this.#many, start, end)
    const places = this.#places
    const size = this.#size
    for (let i = 0; i < size; i += 2) {
      if (this.#out.isSame(places[i]!, places[i + 1]!, start, end)) return false
    }
    if (size === places.length) {
      this.#many = new Set()
      for (let i = 0; i < size; i += 2) this.#addToMany(this.#many, places[i]!, places[i + 1]!)
      return this.#addToMany(this.#many, start, end)
    }
    places[size] = start
    places[size + 1] = end
    this.#size = size + 2
    return true
  }

  #addToMany(many: Set<string>, start: number, end: number): boolean {
    const { size } = many
    many.add(this.#out.key(start, end))
    return many.size > size
  }
}
