import { randomFillSync } from 'node:crypto'

/** So many are made at a time. */
const COUNT = 128
const DIGITS = Buffer.from('0123456789abcdef')

/**
 * Texts with random hexadecimal digits in them, from the system's secure source. Many are made at a time, and given out as slices of
 * one text: made one by one they cost five times as much, and a request has one or two.
 */
export class RandomIds {
  readonly #length: number
  /** Where in an id there are digits. */
  readonly #places: readonly number[]
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
    this.#places = places
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
   * Four bytes of what the newest's digits were made of, as an unsigned number: digits cost more to read.
   * @param digit the first of the eight, counted over digits, even
   */
  wordOfNewest(digit: number): number {
    return this.#random.readUInt32BE((this.#used / this.#length - 1) * this.#idBytes + digit / 2)
  }

  #refill(): void {
    randomFillSync(this.#random)
    for (let id = 0; id < COUNT; id++) this.#write(id * this.#length, id * this.#idBytes)
    this.#text = this.#characters.toString('latin1')
    this.#used = 0
  }

  #write(to: number, from: number): void {
    const places = this.#places
    for (let i = 0; i < places.length; i++) {
      const byte = this.#random[from + (i >>> 1)]!
      this.#characters[to + places[i]!] = DIGITS[i % 2 === 0 ? byte >>> 4 : byte & 15]!
    }
    for (const place of this.#variants) {
      const digit = this.#characters[to + place]!
      this.#characters[to + place] = DIGITS[8 | (DIGITS.indexOf(digit) & 3)]!
    }
  }
}
