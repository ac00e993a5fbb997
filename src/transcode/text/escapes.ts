import { readyText, type ReadyText } from './ready-text.js'

/** What is done with a byte of a string. */
export const COPY = 0
export const BEYOND_ASCII = 1
export const REPLACE = 2
export const REFUSE = 3

/**
 * What a format writes for the characters of a string. Nearly all are copied, and of those that are not nearly all are
 * control characters or one of four; so a word of four bytes is looked at for these at once.
 */
export class Escapes {
  /** By byte. */
  readonly classes = new Uint8Array(256).fill(BEYOND_ASCII, 0x80)
  readonly texts: (ReadyText | undefined)[] = new Array<undefined>(128).fill(undefined)
  /** U+FFFE and U+FFFF are refused. */
  readonly refusesNoncharacters: boolean
  /** Strings stand in double quotes. */
  readonly isQuoted: boolean
  /** A byte is one of two special ones where `(byte | mask) ^ special` is 0. */
  readonly firstMask: number
  readonly firstSpecial: number
  readonly secondMask: number
  readonly secondSpecial: number

  /**
   * @param texts what stands for an ASCII character; undefined: it is refused
   * @param pairs the characters that are not controls and not copied: two that differ in one bit at most, and two more
   */
  constructor(
    texts: ReadonlyMap<number, string | undefined>,
    pairs: readonly [string, string],
    isQuoted: boolean,
    refusesNoncharacters: boolean,
  ) {
    for (const [code, text] of texts) {
      this.classes[code] = text === undefined ? REFUSE : REPLACE
      if (text !== undefined) this.texts[code] = readyText(text)
    }
    this.isQuoted = isQuoted
    this.refusesNoncharacters = refusesNoncharacters
    ;[this.firstMask, this.firstSpecial] = pairOf(pairs[0])
    ;[this.secondMask, this.secondSpecial] = pairOf(pairs[1])
  }
}

/** The bits in which two characters differ and the character with them, four times in a word. */
function pairOf(characters: string): [mask: number, special: number] {
  const a = characters.charCodeAt(0)
  const b = characters.charCodeAt(characters.length - 1)
  return [((a ^ b) * 0x01010101) | 0, ((a | b) * 0x01010101) | 0]
}
