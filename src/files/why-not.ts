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

/**
 * Told by its byte order mark, or by what stands beside a first character of ASCII, as YAML does (1.2.2, section 5.2): some
 * editors and shells write it, and a parser of UTF-8 has only riddles to tell of it.
 */
export function isUtf16([first, second]: Uint8Array): boolean {
  if (first === undefined || second === undefined) return false
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || (first === 0) !== (second === 0)
}
