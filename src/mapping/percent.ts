/**
 * Characters and percent-encoding of URI paths, as far as templates, routing and captures need them.
 * Source: RFC 3986 §2.1 (escapes), §2.2 (reserved), §2.3 (unreserved), §3.3 (pchar).
 */

const UNRESERVED = 1
const SUB_DELIM = 2

const CLASSES = new Uint8Array(128)
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~') {
  CLASSES[character.charCodeAt(0)] = UNRESERVED
}
for (const character of "!$&'()*+,;=") CLASSES[character.charCodeAt(0)] = SUB_DELIM

/** RFC 3986 §2.3: letters, digits and `-._~`, which mean the same encoded or not. */
export function isUnreserved(charCode: number): boolean {
  return charCode < 128 && CLASSES[charCode] === UNRESERVED
}

/** unreserved, sub-delims or `@`: pchar without `:` and escapes. */
export function isLiteralCharacter(charCode: number): boolean {
  return charCode < 128 && (CLASSES[charCode] !== 0 || charCode === 0x40)
}

/** The value of a hexadecimal digit, or -1. */
function hexDigit(charCode: number): number {
  if (charCode >= 0x30 && charCode <= 0x39) return charCode - 0x30
  const lower = charCode | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** The byte of the escape that begins at `offset` (where the `%` is), or -1 where it is malformed. */
export function escapedByte(text: string, offset: number): number {
  if (offset + 2 >= text.length) return -1
  const high = hexDigit(text.charCodeAt(offset + 1))
  const low = hexDigit(text.charCodeAt(offset + 2))
  return high === -1 || low === -1 ? -1 : high * 16 + low
}

/** `%` and two upper-case digits (RFC 3986 §2.1: upper case is the normal form). */
export function escapeByte(byte: number): string {
  return `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`
}

/** The text with the digits of its escapes in upper case; the text itself where it has no escape. */
export function upperCaseEscapes(text: string): string {
  let at = text.indexOf('%')
  if (at === -1) return text
  let out = ''
  let from = 0
  while (at !== -1) {
    out += text.slice(from, at) + text.slice(at, at + 3).toUpperCase()
    from = at + 3
    at = text.indexOf('%', from)
  }
  return out + text.slice(from)
}

/** True where every escape is well-formed and the bytes are UTF-8 (no overlong forms, no surrogates). */
export function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
