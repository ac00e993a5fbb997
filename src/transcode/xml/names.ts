import { isNameCharacter, isNameStart } from './characters.js'

/**
 * The NCName a name is written as: what an NCName cannot hold is escaped as `_xHHHH_`, a UTF-16 unit each, and so is the
 * `_` of a name that looks like an escape itself. (The convention of SQL/XML and .NET's XmlConvert.EncodeName.)
 */
export function encodeName(name: string): string {
  let out = ''
  for (let at = 0; at < name.length;) {
    const codePoint = name.codePointAt(at)!
    const size = codePoint > 0xffff ? 2 : 1
    const isValid = at === 0 ? isNameStart(codePoint) : isNameCharacter(codePoint)
    if (isValid && !(codePoint === 0x5f && isEscapeAt(name, at))) out += name.slice(at, at + size)
    else for (let unit = at; unit < at + size; unit++) out += escapeUnit(name.charCodeAt(unit))
    at += size
  }
  return out
}

/** The name that `encodeName` escaped. */
export function decodeName(name: string): string {
  if (!name.includes('_x')) return name
  let out = ''
  let from = 0
  for (let at = name.indexOf('_x'); at !== -1; at = name.indexOf('_x', at)) {
    if (!isEscapeAt(name, at)) {
      at += 2
      continue
    }
    out += name.slice(from, at) + String.fromCharCode(Number.parseInt(name.slice(at + 2, at + 6), 16))
    at += ESCAPE_LENGTH
    from = at
  }
  return out + name.slice(from)
}

const ESCAPE_LENGTH = '_xHHHH_'.length

function isEscapeAt(name: string, at: number): boolean {
  if (name.charCodeAt(at + 1) !== 0x78 || name.charCodeAt(at + 6) !== 0x5f) return false
  for (let i = at + 2; i < at + 6; i++) {
    const code = name.charCodeAt(i)
    const lower = code | 0x20
    if (!((code >= 0x30 && code <= 0x39) || (lower >= 0x61 && lower <= 0x66))) return false
  }
  return true
}

function escapeUnit(unit: number): string {
  return `_x${unit.toString(16).toUpperCase().padStart(4, '0')}_`
}
