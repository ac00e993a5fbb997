/** Bytes of a word. */
export const WORD = 4
/** Bytes that are written of any text at once, whatever its size: most names are no longer. */
export const BLOCK = 4 * WORD

/** A text that is written again and again, such as a field's name: as numbers of four bytes, little-endian. */
export interface ReadyText {
  /** At least a block. */
  readonly words: Int32Array
  /** Bytes; what is in the words beyond them is nothing. */
  readonly size: number
}

export function readyText(text: string): ReadyText {
  const bytes = Buffer.from(text)
  const padded = Buffer.alloc(Math.max(BLOCK, Math.ceil(bytes.length / WORD) * WORD))
  bytes.copy(padded)
  const words = new Int32Array(padded.length / WORD)
  for (let i = 0; i < words.length; i++) words[i] = padded.readInt32LE(i * WORD)
  return { words, size: bytes.length }
}
