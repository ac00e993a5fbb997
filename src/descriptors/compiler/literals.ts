import type { ScanErrors } from './scanner.js'

const BACKSLASH = 92
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Single-character escapes of a string literal (protobuf language specification, "String literals"). */
const SIMPLE_ESCAPES = new Map<string, number>([
  ['a', 7],
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
  ['\\', 92],
  ['?', 63],
  ["'", 39],
  ['"', 34],
])

/**
 * Bytes of a string token.
 * @param token with its quotes
 * @param start offset of the token, for errors
 */
export function stringBytes(token: string, start: number, onError: ScanErrors): Uint8Array {
  const content = withoutQuotes(token)
  if (content.indexOf('\\') < 0) return encoder.encode(content)
  const out: number[] = []
  const pushText = (text: string) => {
    for (const byte of encoder.encode(text)) out.push(byte)
  }
  let at = 0
  while (at < content.length) {
    if (content.charCodeAt(at) !== BACKSLASH) {
      let end = content.indexOf('\\', at)
      if (end < 0) end = content.length
      pushText(content.slice(at, end))
      at = end
      continue
    }
    const escape = content[at + 1] ?? ''
    const simple = SIMPLE_ESCAPES.get(escape)
    if (simple !== undefined) {
      out.push(simple)
      at += 2
    } else if (escape >= '0' && escape <= '7') {
      const end = digitsEnd(content, at + 1, 3, isOctal)
      out.push(parseInt(content.slice(at + 1, end), 8) & 0xff)
      at = end
    } else if (escape === 'x' || escape === 'X') {
      const end = digitsEnd(content, at + 2, 2, isHex)
      if (end === at + 2) onError(start + 1 + at, 'hexadecimal digits are expected after `\\x`')
      out.push(end === at + 2 ? 0 : parseInt(content.slice(at + 2, end), 16))
      at = end
    } else if (escape === 'u' || escape === 'U') {
      const width = escape === 'u' ? 4 : 8
      let end = digitsEnd(content, at + 2, width, isHex)
      let codePoint = end - at - 2 === width ? parseInt(content.slice(at + 2, end), 16) : -1
      if (codePoint < 0) onError(start + 1 + at, `\`\\${escape}\` must be followed by ${width} hexadecimal digits`)
      else if (codePoint > 0x10ffff) onError(start + 1 + at, 'this escape is beyond U+10FFFF')
      if (codePoint >= 0xd800 && codePoint <= 0xdbff && content.startsWith('\\u', end)) {
        const lowEnd = digitsEnd(content, end + 2, 4, isHex)
        const low = lowEnd - end - 2 === 4 ? parseInt(content.slice(end + 2, lowEnd), 16) : 0
        if (low >= 0xdc00 && low <= 0xdfff) {
          codePoint = 0x10000 + ((codePoint - 0xd800) << 10) + (low - 0xdc00)
          end = lowEnd
        }
      }
      if (codePoint >= 0 && codePoint <= 0x10ffff) pushCodePoint(codePoint, out)
      at = Math.max(end, at + 2)
    } else {
      onError(start + 1 + at, `invalid escape \`\\${escape}\` in a string`)
      at += 2
    }
  }
  return Uint8Array.from(out)
}

/** Text of a string token, for names and paths. */
export function stringText(token: string, start: number, onError: ScanErrors): string {
  const content = withoutQuotes(token)
  return content.indexOf('\\') < 0 ? content : decoder.decode(stringBytes(token, start, onError))
}

/** Value of an integer token: decimal, `0x…` or octal. */
export function integerValue(token: string): bigint {
  if (token.length > 1 && token.charCodeAt(0) === 48) {
    const second = token[1]!
    if (second === 'x' || second === 'X') return token.length > 2 ? BigInt(token) : 0n
    let value = 0n
    for (let at = 1; at < token.length; at++) value = value * 8n + BigInt(Math.min(token.charCodeAt(at) - 48, 7))
    return value
  }
  // A literal of millions of digits would take quadratic time; nothing beyond 2^64 is ever valid.
  return token.length > 40 ? 1n << 64n : BigInt(token)
}

/**
 * `default_value` of a bytes field as protoc writes it: C-escaped (absl::CEscape).
 */
export function escapeBytes(bytes: Uint8Array): string {
  let out = ''
  for (const byte of bytes) {
    if (byte === 10) out += '\\n'
    else if (byte === 13) out += '\\r'
    else if (byte === 9) out += '\\t'
    else if (byte === 34) out += '\\"'
    else if (byte === 39) out += "\\'"
    else if (byte === 92) out += '\\\\'
    else if (byte < 32 || byte >= 127) out += '\\' + byte.toString(8).padStart(3, '0')
    else out += String.fromCharCode(byte)
  }
  return out
}

/** A double or float as protoc writes it in `default_value`: text that reads back, by C's %g. */
export function formatFloat(value: number, isSingle: boolean): string {
  if (Number.isNaN(value)) return 'nan'
  if (value === Infinity) return 'inf'
  if (value === -Infinity) return '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  // io::SimpleDtoa and SimpleFtoa: the digits that always survive if they read back, else those that always suffice.
  const short = generalFormat(value, isSingle ? 6 : 15)
  const back = isSingle ? Math.fround(Number(short)) : Number(short)
  return back === value ? short : generalFormat(value, isSingle ? 9 : 17)
}

/** C's `%.{precision}g`. */
function generalFormat(value: number, precision: number): string {
  const [mantissa, exponentText] = value.toExponential(precision - 1).split('e') as [string, string]
  const exponent = Number(exponentText)
  if (exponent < -4 || exponent >= precision) {
    const sign = exponent < 0 ? '-' : '+'
    return `${stripZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  return stripZeros(value.toFixed(Math.max(0, precision - 1 - exponent)))
}

function stripZeros(text: string): string {
  if (text.indexOf('.') < 0) return text
  let end = text.length
  while (text[end - 1] === '0') end--
  if (text[end - 1] === '.') end--
  return text.slice(0, end)
}

function withoutQuotes(token: string): string {
  const isClosed = token.length > 1 && token[token.length - 1] === token[0]
  return token.slice(1, isClosed ? -1 : undefined)
}

function digitsEnd(text: string, from: number, most: number, accepts: (unit: number) => boolean): number {
  let at = from
  while (at < from + most && at < text.length && accepts(text.charCodeAt(at))) at++
  return at
}

const isOctal = (unit: number) => unit >= 48 && unit <= 55
const isHex = (unit: number) => (unit >= 48 && unit <= 57) || (unit >= 97 && unit <= 102) || (unit >= 65 && unit <= 70)

function pushCodePoint(codePoint: number, out: number[]): void {
  if (codePoint < 0x80) out.push(codePoint)
  else if (codePoint < 0x800) out.push(0xc0 | (codePoint >> 6), 0x80 | (codePoint & 63))
  else if (codePoint < 0x10000)
    out.push(0xe0 | (codePoint >> 12), 0x80 | ((codePoint >> 6) & 63), 0x80 | (codePoint & 63))
  else
    out.push(
      0xf0 | (codePoint >> 18),
      0x80 | ((codePoint >> 12) & 63),
      0x80 | ((codePoint >> 6) & 63),
      0x80 | (codePoint & 63),
    )
}
