import { quote, ValueError } from '../errors/transcode-error.js'

const ALPHABET = new Uint8Array(128)
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_') {
  ALPHABET[character.charCodeAt(0)] = 1
}

/**
 * The bytes a base64 text stands for: standard or URL-safe alphabet, padded or not (ProtoJSON; RFC 4648 §4, §5). Bits
 * left over in the last character are ignored, as every ProtoJSON parser does (`-_` is 0xFB).
 *
 * @throws ValueError
 */
export function parseBase64(text: string): Uint8Array {
  let end = text.length
  while (end > 0 && text.length - end < 2 && text.charCodeAt(end - 1) === 0x3d) end--
  const isPadded = end < text.length
  if (end % 4 === 1 || (isPadded && text.length % 4 !== 0)) throw new ValueError(`${quote(text)} is not base64`)
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code > 127 || ALPHABET[code] === 0) throw new ValueError(`${quote(text)} is not base64`)
  }
  return Buffer.from(text, 'base64')
}

/** Standard base64, padded. */
export function formatBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
