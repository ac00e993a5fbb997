import { isAllowed } from './characters.js'

/** A text as character data: `<`, `>` (for `]]>`), `&`, and the CR that a reader would take for a line end. */
export function escapeText(text: string): string {
  return escape(text, 0)
}

/** A text as an attribute's value in double quotes: its white space too, which a reader would take for spaces. */
export function escapeAttribute(text: string): string {
  return escape(text, 1)
}

/** The first character of a text that XML 1.0 cannot hold, however written; -1: there is none. */
export function unwritable(text: string): number {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (!isAllowed(unit)) return unit
  }
  return -1
}

/** The text with U+FFFD for each character that XML 1.0 cannot hold. */
export function replaceUnwritable(text: string): string {
  let out = ''
  let from = 0
  for (let at = 0; at < text.length; at++) {
    if (isAllowed(text.charCodeAt(at))) continue
    out += `${text.slice(from, at)}\ufffd`
    from = at + 1
  }
  return from === 0 ? text : out + text.slice(from)
}

/** For ASCII characters: 1 where one is escaped in text, 2 where only in attributes. */
const ESCAPED = new Uint8Array(128)
for (const character of '<>&\r') ESCAPED[character.charCodeAt(0)] = 1
for (const character of '"\t\n') ESCAPED[character.charCodeAt(0)] = 2

function escape(text: string, isAttribute: 0 | 1): string {
  const most = isAttribute + 1
  let out = ''
  let from = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 128 || ESCAPED[code] === 0 || ESCAPED[code]! > most) continue
    out += text.slice(from, at) + reference(code)
    from = at + 1
  }
  return from === 0 ? text : out + text.slice(from)
}

function reference(code: number): string {
  switch (code) {
    case 0x3c:
      return '&lt;'
    case 0x3e:
      return '&gt;'
    case 0x26:
      return '&amp;'
    case 0x22:
      return '&quot;'
    default:
      return `&#${code};`
  }
}
