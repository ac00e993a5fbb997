/** The bytes JSON's grammar is made of (RFC 8259). */
export const CH = {
  Tab: 0x09,
  LineFeed: 0x0a,
  CarriageReturn: 0x0d,
  Space: 0x20,
  Quote: 0x22,
  Plus: 0x2b,
  Comma: 0x2c,
  Minus: 0x2d,
  Point: 0x2e,
  Zero: 0x30,
  Nine: 0x39,
  Colon: 0x3a,
  UpperE: 0x45,
  OpenBracket: 0x5b,
  Backslash: 0x5c,
  CloseBracket: 0x5d,
  LowerE: 0x65,
  LowerF: 0x66,
  LowerN: 0x6e,
  LowerT: 0x74,
  LowerU: 0x75,
  OpenBrace: 0x7b,
  CloseBrace: 0x7d,
} as const

/** Bytes at which copying a string has to look closer: its end, an escape, a control character. */
export const STOPS = new Uint8Array(256)
STOPS.fill(1, 0, CH.Space)
STOPS[CH.Quote] = 1
STOPS[CH.Backslash] = 1

/** The same, and every byte that is not ASCII: while it is not known that the text is UTF-8. */
export const ASCII_STOPS = Uint8Array.from(STOPS)
ASCII_STOPS.fill(1, 0x80)

/** What the letter after a backslash stands for; 0: no escape, or that of `\u`. */
export const ESCAPED = new Uint8Array(256)
for (const [letter, character] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  ESCAPED[letter!.charCodeAt(0)] = character!.charCodeAt(0)
}

export function isDigit(byte: number): boolean {
  return byte >= CH.Zero && byte <= CH.Nine
}

/** The value of a hexadecimal digit; -1 for another byte. */
export function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - CH.Zero
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
