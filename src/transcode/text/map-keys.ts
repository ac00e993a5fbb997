import type { TextOutput } from './text-output.js'

/** Keys up to this many are compared one by one: few maps have more, and a Set costs more than that. */
const FEW = 16

/** The keys of a map that is being written, as they were written. */
export class MapKeys {
  readonly #out: TextOutput
  /** Where each is in the output, start and end in turn. */
  readonly #places: number[] = []
  #many: Set<string> | undefined = undefined

  constructor(out: TextOutput) {
    this.#out = out
  }

  /** Adds the key that was written at `[start, end)`; false where it was there before. */
  add(start: number, end: number): boolean {
    if (this.#many !== undefined) return this.#addToMany(this.#many, start, end)
    const places = this.#places
    for (let i = 0; i < places.length; i += 2) {
      if (this.#out.isSame(places[i]!, places[i + 1]!, start, end)) return false
    }
    places.push(start, end)
    if (places.length === 2 * FEW) {
      this.#many = new Set()
      for (let i = 0; i < places.length; i += 2) this.#addToMany(this.#many, places[i]!, places[i + 1]!)
    }
    return true
  }

  #addToMany(many: Set<string>, start: number, end: number): boolean {
    const { size } = many
    many.add(this.#out.key(start, end))
    return many.size > size
  }
}
