import { randomFillSync } from 'node:crypto'

/**
 * So many are made at a time; even, that their digits are whole bytes. What is done once in a hundred requests finds none of its code in
 * the processor's caches: drawing 128 at a time cost each id four times as much.
 */
const COUNT = 1024
/** So many, a whole part of those, are given out as slices of one text, all of which stays in memory as long as one of them. */
const TOGETHER = 128
const VARIANTS = Buffer.from('89ab')

/**
 * Texts with random hexadecimal digits in them, from the system's secure source. Many are made at a time, and given out as slices of a
 * longer text: made one by one they cost five times as much, and a request has one or two.
 */
export class RandomIds {
  readonly #length: number
  /** What is not random: places in an id, and the characters that stand there. */
  readonly #fixedPlaces: Uint8Array
  readonly #fixedCharacters: Uint8Array
  /** Those places that have one of `89ab`: the variant of a UUID (RFC 9562 §4.1). */
  readonly #variants: readonly number[]
  readonly #characters: Buffer
  /** A digit for each character, those that are overwritten too: digits are written fastest all at once. */
  readonly #random: Buffer
  /** Of the characters, some that follow one another. */
  #text = ''
  /** Where in the characters the text begins, and the next id. */
  #start: number
  #next: number

  /** @param template up to 256 characters: `x` is any digit, `y` one of `89ab`, all else stands as it is */
  constructor(template: string) {
    const places = [...template].keys()
    const fixed = [...places].filter((at) => template[at] !== 'x' && template[at] !== 'y')
    this.#length = template.length
    this.#fixedPlaces = Uint8Array.from(fixed)
    this.#fixedCharacters = Uint8Array.from(fixed, (at) => template.charCodeAt(at))
    this.#variants = [...template].flatMap((character, at) => (character === 'y' ? [at] : []))
    this.#characters = Buffer.allocUnsafeSlow(COUNT * template.length)
    this.#random = Buffer.allocUnsafeSlow((COUNT * template.length) / 2)
    this.#start = this.#next = this.#characters.length
  }

  /** Another one. */
  next(): string {
    if (this.#next === this.#start + this.#text.length) this.#write()
    const from = this.#next - this.#start
    this.#next += this.#length
    return this.#text.slice(from, from + this.#length)
  }

  /**
   * Eight digits of the newest as an integer of 32 bits, from what they were made of: the digits cost more to read.
   * @param place of the first in the template; all eight are `x`
   */
  wordOfNewest(place: number): number {
    const random = this.#random
    const digit = this.#next - this.#length + place
    const at = digit >>> 1
    const word = (random[at]! << 24) | (random[at + 1]! << 16) | (random[at + 2]! << 8) | random[at + 3]!
    return (digit & 1) === 0 ? word : (word << 4) | (random[at + 4]! >>> 4)
  }

  /** Makes a text of the next ones. */
  #write(): void {
    if (this.#next === this.#characters.length) this.#draw()
    this.#start = this.#next
    this.#text = this.#characters.toString('latin1', this.#start, this.#start + TOGETHER * this.#length)
  }

  #draw(): void {
    randomFillSync(this.#random)
    this.#characters.write(this.#random.toString('hex'), 'latin1')
    for (let id = 0; id < COUNT; id++) this.#fix(id * this.#length)
    this.#next = 0
  }

  /** @param start of an id */
  #fix(start: number): void {
    const characters = this.#characters
    const places = this.#fixedPlaces
    for (let i = 0; i < places.length; i++) characters[start + places[i]!] = this.#fixedCharacters[i]!
    for (const place of this.#variants) characters[start + place] = VARIANTS[characters[start + place]! & 3]!
  }
}
