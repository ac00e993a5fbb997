/*
 * Text of clients in lines of a log: nothing in it may end the line, the value, or a terminal's patience. So all that is
 * written is printable ASCII, and the rest is escaped as the format has it.
 */

export const QUOTE = 34
const BACKSLASH = 92

/** As a JSON string. */
export function jsonText(text: string): string {
  return isPlain(text) ? `"${text}"` : `"${escaped(text, jsonEscape)}"`
}

/** As Apache writes what stands between quotes in its logs: `\xhh`. Text of HTTP is bytes, one a character. */
export function quotedText(text: string): string {
  return isPlain(text) ? text : escaped(text, byteEscape)
}

/** As `quotedText`, for what stands bare between spaces: `-` where there is nothing. */
export function bareText(text: string): string {
  if (text === '') return '-'
  if (isPlain(text)) return text.replaceAll(' ', '\\x20')
  return quotedText(Buffer.from(text, 'utf8').toString('latin1')).replaceAll(' ', '\\x20')
}

/** Whether it stands between quotes as it is, in either format. */
export function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 32 || c > 126 || c === QUOTE || c === BACKSLASH) return false
  }
  return true
}

function escaped(text: string, escape: (code: number) => string): string {
  let out = ''
  let from = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c >= 32 && c <= 126 && c !== QUOTE && c !== BACKSLASH) continue
    out += text.slice(from, i) + (c === QUOTE ? '\\"' : c === BACKSLASH ? '\\\\' : escape(c))
    from = i + 1
  }
  return out + text.slice(from)
}

const jsonEscape = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`
const byteEscape = (code: number): string => `\\x${code.toString(16).padStart(2, '0')}`
