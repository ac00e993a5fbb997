import { randomFillSync } from 'node:crypto'

/** So many are made at a time. */
const COUNT = 128
/** The two digits of each byte. */
const DIGITS = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')).join(''))
const VARIANTS = Buffer.from('89ab')

/**
 * Texts with random hexadecimal digits in them, from the system's secure source. Many are made at a time, and given out as slices of
 * one text: made one by one they cost five times as much, and a request has one or two.
 */
export class RandomIds {
  readonly #length: number
  /** Where in an id there are digits. */
  readonly #places: Uint16Array
  /** Those places that have one of `89ab`: the variant of a UUID (RFC 9562 §4.1). */
  readonly #variants: readonly number[]
  readonly #characters: Buffer
  readonly #idBytes: number
  readonly #random: Buffer
  #text = ''
  #used = 0

  /** @param template `x` is any digit, `y` one of `89ab`, all else stands as it is */
  constructor(template: string) {
    const places = [...template].flatMap((character, at) => (character === 'x' || character === 'y' ? [at] : []))
    this.#length = template.length
    this.#places = Uint16Array.from(places)
    this.#variants = places.filter((at) => template[at] === 'y')
    this.#characters = Buffer.from(template.repeat(COUNT), 'latin1')
    this.#idBytes = Math.ceil(places.length / 2)
    this.#random = Buffer.allocUnsafeSlow(COUNT * this.#idBytes)
  }

  /** Another one. */
  next(): string {
    if (this.#used === this.#text.length) this.#refill()
    const from = this.#used
    this.#used = from + this.#length
    return this.#text.slice(from, this.#used)
  }

  /**
   * Four bytes of what the newest's digits were made of, as an integer of 32 bits: digits cost more to read.
   * @param digit the first of the eight, counted over digits, even
   */
  wordOfNewest(digit: number): number {
    const random = this.#random
    const at = (this.#used / this.#length - 1) * this.#idBytes + (digit >>> 1)
    return (random[at]! << 24) | (random[at + 1]! << 16) | (random[at + 2]! << 8) | random[at + 3]!
  }

  #refill(): void {
    randomFillSync(this.#random)
    for (let id = 0; id < COUNT; id++) this.#write(id * this.#length, id * this.#idBytes)
    this.#text = this.#characters.toString('latin1')
    this.#used = 0
  }

  #write(to: number, from: number): void {
    const places = this.#places
    const random = this.#random
    const characters = this.#characters
    for (let i = 0; i < places.length; i++) {
      characters[to + places[i]!] = DIGITS[random[from + (i >>> 1)]! * 2 + (i & 1)]!
    }
    for (const place of this.#variants) characters[to + place] = VARIANTS[characters[to + place]! & 3]!
  }
}
