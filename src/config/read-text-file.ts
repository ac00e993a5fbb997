import { readBytes } from '../files/index.js'

/**
 * Reads a file that a person wrote: UTF-8, and nothing else; a byte order mark is skipped.
 * @returns its text, or why it cannot be read, as a clause
 */
export function readTextFile(path: string): { readonly text: string } | { readonly wrong: string } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(readBytes(path)) }
  } catch (error) {
    return { wrong: whyNot(error) }
  }
}

/** An error of reading a file in words, without the path. */
export function whyNot(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'it does not exist'
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case 'EISDIR':
      return 'it is a folder'
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'it is not UTF-8'
    default:
      return code ?? String(error)
  }
}
