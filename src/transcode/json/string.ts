import type { TextOutput } from '../text/text-output.js'
import { utf8Size } from '../values/utf8.js'

/** What a byte of a string costs in JSON: 0: it is copied; BEYOND_ASCII; else the character after the backslash. */
const ESCAPES = new Uint8Array(256)
const BEYOND_ASCII = 1
const UNICODE = 0x75
ESCAPES.fill(UNICODE, 0, 0x20)
ESCAPES.fill(BEYOND_ASCII, 0x80)
for (const [character, escape] of ['""', '\\\\', '\bb', '\ff', '\nn', '\rr', '\tt']) {
  ESCAPES[character!.charCodeAt(0)] = escape!.charCodeAt(0)
}
const HEX = Buffer.from('0123456789abcdef')
/** Bytes that a byte of a string has at most: `\u001f`. */
const MOST = 6

/**
 * Writes the string whose UTF-8 is `bytes[start, end)` as a JSON string, with the escapes of JSON.stringify.
 *
 * @returns false where the bytes are not UTF-8; what is written then is to be forgotten
 */
export function writeJsonString(out: TextOutput, bytes: Uint8Array, start: number, end: number): boolean {
  // Room for a string without escapes; each escape asks for its own, since few strings have any.
  out.reserve(end - start + 2)
  let { buffer } = out
  let at = out.length
  let from = start
  buffer[at++] = 0x22
  while (from < end) {
    const byte = bytes[from]!
    const escape = ESCAPES[byte]!
    if (escape === 0) {
      buffer[at++] = byte
      from++
    } else if (escape === BEYOND_ASCII) {
      const size = utf8Size(bytes, from, end)
      if (size === 0) return false
      for (let i = 0; i < size; i++) buffer[at++] = bytes[from++]!
    } else {
      out.length = at
      out.reserve(MOST + end - from + 1)
      buffer = out.buffer
      buffer[at++] = 0x5c
      buffer[at++] = escape
      if (escape === UNICODE) {
        buffer[at++] = 0x30
        buffer[at++] = 0x30
        buffer[at++] = HEX[byte >> 4]!
        buffer[at++] = HEX[byte & 15]!
      }
      from++
    }
  }
  buffer[at++] = 0x22
  out.length = at
  return true
}
