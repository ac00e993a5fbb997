/**
 * The size of the UTF-8 sequence of a character beyond ASCII that begins at `at` (RFC 3629 §4); 0 where there is none: a
 * continuation byte, one too long for its character, a surrogate, a character beyond U+10FFFF, or one cut off at `end`.
 */
export function utf8Size(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at]!
  if (lead < 0xc2) return 0
  if (at + 1 >= end) return 0
  const second = bytes[at + 1]!
  if (lead < 0xe0) return (second & 0xc0) === 0x80 ? 2 : 0
  if (at + 2 >= end || (bytes[at + 2]! & 0xc0) !== 0x80) return 0
  if (lead < 0xf0) {
    const isValid = second >= (lead === 0xe0 ? 0xa0 : 0x80) && second <= (lead === 0xed ? 0x9f : 0xbf)
    return isValid ? 3 : 0
  }
  if (lead > 0xf4 || at + 3 >= end || (bytes[at + 3]! & 0xc0) !== 0x80) return 0
  return second >= (lead === 0xf0 ? 0x90 : 0x80) && second <= (lead === 0xf4 ? 0x8f : 0xbf) ? 4 : 0
}
