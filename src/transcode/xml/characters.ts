/** Character classes of XML 1.0 (fifth edition) §2.2, §2.3 and of Namespaces in XML 1.0 §3: names here have no colon. */

const NAME_START = 1
const NAME = 2

/** Of ASCII characters: bits of what each may be in a name. */
const NAME_CLASS = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  const isLetter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x5f
  const isLater = (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e
  NAME_CLASS[code] = isLetter ? NAME_START | NAME : isLater ? NAME : 0
}

/** Ranges of NameStartChar beyond ASCII, first and last in turn. */
const NAME_START_RANGES = [
  0xc0, 0xd6, 0xd8, 0xf6, 0xf8, 0x2ff, 0x370, 0x37d, 0x37f, 0x1fff, 0x200c, 0x200d, 0x2070, 0x218f, 0x2c00, 0x2fef,
  0x3001, 0xd7ff, 0xf900, 0xfdcf, 0xfdf0, 0xfffd, 0x10000, 0xeffff,
]
/** What NameChar has beyond those. */
const NAME_RANGES = [0xb7, 0xb7, 0x300, 0x36f, 0x203f, 0x2040]

/** True for a character that may begin an NCName. */
export function isNameStart(codePoint: number): boolean {
  return codePoint < 128 ? (NAME_CLASS[codePoint]! & NAME_START) !== 0 : isIn(NAME_START_RANGES, codePoint)
}

/** True for a character that may stand later in an NCName. */
export function isNameCharacter(codePoint: number): boolean {
  if (codePoint < 128) return NAME_CLASS[codePoint] !== 0
  return isIn(NAME_START_RANGES, codePoint) || isIn(NAME_RANGES, codePoint)
}

function isIn(ranges: readonly number[], codePoint: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (codePoint < ranges[i]!) return false
    if (codePoint <= ranges[i + 1]!) return true
  }
  return false
}

/** Production `S`: space, tab, line feed, carriage return. */
export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d
}

/** True where an XML 1.0 document can hold the UTF-16 unit (production `Char`); surrogates are told by their pairs. */
export function isAllowed(unit: number): boolean {
  return unit >= 0x20 ? unit < 0xfffe : unit === 0x0a || unit === 0x09 || unit === 0x0d
}

/** `U+0001` */
export function formatCodePoint(codePoint: number): string {
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
}

/** The text without white space round it (XSD 1.0 part 2 §4.3.6, `collapse`, as far as values without inner space need). */
export function trimSpace(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

/** The text without any white space, as base64 in XML may have it at line ends (XSD 1.0 part 2 §3.2.16). */
export function removeSpace(text: string): string {
  let hasSpace = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    // No base64 whatever its spaces are.
    if (code > 127) return text
    hasSpace ||= isSpace(code)
  }
  if (!hasSpace) return text
  // In place in bytes: a text that is half spaces would be a million pieces as strings.
  const bytes = Buffer.from(text, 'latin1')
  let length = 0
  for (const byte of bytes) if (!isSpace(byte)) bytes[length++] = byte
  return bytes.toString('latin1', 0, length)
}

/** The text with a space for each tab, line feed and carriage return (XML 1.0 §3.3.3). */
export function replaceSpace(text: string): string {
  const bytes = Buffer.from(text, 'utf8')
  for (let at = 0; at < bytes.length; at++) if (isSpace(bytes[at]!)) bytes[at] = 0x20
  return bytes.toString('utf8')
}
