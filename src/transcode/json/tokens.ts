const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Walks the tokens of a text that is known to be JSON, up to a place. */
export class JsonTokens {
  /** Of the token read last; `to` is behind it. */
  from = 0
  to = 0
  readonly #bytes: Buffer
  readonly #end: number

  /** @param end tokens that begin here or later are not read */
  constructor(bytes: Buffer, end = bytes.length) {
    this.#bytes = bytes
    this.#end = end
  }

  /** Goes on to the next token. Its first byte, which tells its kind; -1 where there is none. */
  next(): number {
    const bytes = this.#bytes
    let at = this.to
    while (at < this.#end && bytes[at]! <= 0x20) at++
    if (at >= this.#end) return -1
    this.from = at
    const first = bytes[at]!
    if (first === QUOTE) {
      at++
      while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
      this.to = at + 1
    } else if (isPunctuation(first)) {
      this.to = at + 1
    } else {
      while (at < bytes.length && bytes[at]! > 0x20 && !isPunctuation(bytes[at]!)) at++
      this.to = at
    }
    return first
  }

  /** Of the string read last. */
  string(): string {
    return JSON.parse(this.#bytes.toString('utf8', this.from, this.to)) as string
  }
}

function isPunctuation(byte: number): boolean {
  return byte === 0x7b || byte === 0x7d || byte === 0x5b || byte === 0x5d || byte === 0x2c || byte === 0x3a
}
