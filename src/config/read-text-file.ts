import { isUtf16, readBytes, whyNot } from '../files/index.js'

/**
 * Reads a file that a person wrote: UTF-8, and nothing else; a byte order mark is skipped.
 * @returns its text, or why it cannot be read, as a clause
 */
export function readTextFile(path: string): { readonly text: string } | { readonly wrong: string } {
  try {
    const bytes = readBytes(path)
    if (isUtf16(bytes)) return { wrong: 'it is UTF-16, not UTF-8' }
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch (error) {
    return { wrong: whyNot(error) }
  }
}
