import { quote, ValueError } from '../errors/transcode-error.js'

/** The value of each character, of the standard alphabet and the URL-safe one; 64 for all other bytes. */
const VALUES = new Uint8Array(256).fill(64)
for (const [value, character] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  VALUES[character.charCodeAt(0)] = value
}
VALUES['-'.charCodeAt(0)] = 62
VALUES['_'.charCodeAt(0)] = 63
const PADDING = 0x3d

/**
 * The bytes a base64 text stands for: standard or URL-safe alphabet, padded or not (ProtoJSON; RFC 4648 §4, §5). Bits
 * left over in the last character are ignored, as every ProtoJSON parser does (`-_` is 0xFB).
 *
 * @throws ValueError
 */
export function parseBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8')
  const out = Buffer.allocUnsafe(Math.ceil(bytes.length / 4) * 3)
  const end = decodeBase64(bytes, 0, bytes.length, out, 0)
  if (end === -1) throw new ValueError(`${quote(text)} is not base64`)
  return out.subarray(0, end)
}

/**
 * The same for a text in bytes, at `[from, to)`, written to `out` from `at` on.
 *
 * @returns where it ends there; -1: it is not base64
 */
export function decodeBase64(bytes: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
  let end = to
  while (end > from && to - end < 2 && bytes[end - 1] === PADDING) end--
  const rest = (end - from) % 4
  if (rest === 1 || (end < to && (to - from) % 4 !== 0)) return -1
  let written = at
  let seen = 0
  let i = from
  for (const whole = end - rest; i < whole; i += 4) {
    const a = VALUES[bytes[i]!]!
    const b = VALUES[bytes[i + 1]!]!
    const c = VALUES[bytes[i + 2]!]!
    const d = VALUES[bytes[i + 3]!]!
    seen |= a | b | c | d
    out[written] = (a << 2) | (b >> 4)
    out[written + 1] = (b << 4) | (c >> 2)
    out[written + 2] = (c << 6) | d
    written += 3
  }
  if (rest > 0) {
    const a = VALUES[bytes[i]!]!
    const b = VALUES[bytes[i + 1]!]!
    const c = rest === 3 ? VALUES[bytes[i + 2]!]! : 0
    seen |= a | b | c
    out[written++] = (a << 2) | (b >> 4)
    if (rest === 3) out[written++] = (b << 4) | (c >> 2)
  }
  return (seen & 64) === 0 ? written : -1
}

/** Standard base64, padded. */
export function formatBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
