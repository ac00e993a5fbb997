/** Bytes of a word. */
export const WORD = 4

/** A text that is written again and again, such as a field's name: as numbers of four bytes, little-endian. */
export interface ReadyText {
  readonly words: Int32Array
  /** Bytes; what is in the last word beyond them is nothing. */
  readonly size: number
}

export function readyText(text: string): ReadyText {
  const bytes = Buffer.from(text)
  const words = new Int32Array(Math.ceil(bytes.length / WORD))
  const padded = Buffer.alloc(words.length * WORD)
  bytes.copy(padded)
  for (let i = 0; i < words.length; i++) words[i] = padded.readInt32LE(i * WORD)
  return { words, size: bytes.length }
}
