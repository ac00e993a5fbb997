import { WORD } from '../text/ready-text.js'
import type { TextOutput } from '../text/text-output.js'
import { utf8Size } from '../values/utf8.js'
import type { WireReader } from '../wire/reader.js'

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

const TOP_BITS = 0x80808080 | 0
const ONES = 0x01010101
const SPACES = 0x20202020
const QUOTES = 0x22222222
const BACKSLASHES = 0x5c5c5c5c

/**
 * Writes the string whose UTF-8 goes from where the reader is to `end` as a JSON string, with the escapes of
 * JSON.stringify.
 *
 * Bytes that are copied are looked at four at a time, twice as fast as one by one.
 *
 * @returns false where the bytes are not UTF-8; what is written then is to be forgotten
 */
export function writeJsonString(out: TextOutput, reader: WireReader, end: number): boolean {
  let from = reader.position
  // Room for a string without escapes; each escape asks for its own, since few strings have any.
  out.reserve(end - from + WORD)
  let { buffer, view } = out
  let at = out.length
  buffer[at++] = 0x22
  const { bytes } = reader
  while (end - from >= WORD) {
    const word = reader.word(from)
    if (!isPlain(word)) break
    view.setInt32(at, word, true)
    from += WORD
    at += WORD
  }
  while (from < end) {
    const byte = bytes[from]!
    const escape = ESCAPES[byte]!
    if (escape === 0) {
      buffer[at++] = byte
      from++
      if (end - from < WORD) continue
      // As long as nothing is to be done, again by words.
      while (end - from >= WORD) {
        const word = reader.word(from)
        if (!isPlain(word)) break
        view.setInt32(at, word, true)
        from += WORD
        at += WORD
      }
    } else if (escape === BEYOND_ASCII) {
      const size = utf8Size(bytes, from, end)
      if (size === 0) return false
      for (let i = 0; i < size; i++) buffer[at++] = bytes[from++]!
    } else {
      out.length = at
      out.reserve(MOST + end - from + WORD)
      buffer = out.buffer
      view = out.view
      at = escapeAt(buffer, at, byte, escape)
      from++
    }
  }
  buffer[at++] = 0x22
  out.length = at
  return true
}

/** True where none of four bytes is beyond ASCII, a control character, a quote or a backslash. */
function isPlain(word: number): boolean {
  return ((word | (word - SPACES) | ((word ^ QUOTES) - ONES) | ((word ^ BACKSLASHES) - ONES)) & TOP_BITS) === 0
}

function escapeAt(buffer: Uint8Array, start: number, byte: number, escape: number): number {
  let at = start
  buffer[at++] = 0x5c
  buffer[at++] = escape
  if (escape !== UNICODE) return at
  buffer[at++] = 0x30
  buffer[at++] = 0x30
  buffer[at++] = HEX[byte >> 4]!
  buffer[at++] = HEX[byte & 15]!
  return at
}
