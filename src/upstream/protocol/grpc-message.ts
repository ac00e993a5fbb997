import { escapedByte } from '../../mapping/index.js'

const PERCENT = 0x25

/**
 * Decodes `grpc-message`: UTF-8, percent-encoded. Never fails and never loses the message: an escape that is none stays
 * as it came, bytes that are not UTF-8 become U+FFFD (grpc/grpc doc/PROTOCOL-HTTP2.md, "Status-Message").
 * @param value the header's value, a character per byte (latin1), as Node gives it
 */
export function decodeGrpcMessage(value: string): string {
  let isPlain = true
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (code === PERCENT || code > 0x7e) {
      isPlain = false
      break
    }
  }
  if (isPlain) return value
  const bytes = Buffer.allocUnsafe(value.length)
  let length = 0
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    const escaped = code === PERCENT ? escapedByte(value, at) : -1
    bytes[length++] = escaped === -1 ? code & 0xff : escaped
    if (escaped !== -1) at += 2
  }
  return bytes.toString('utf8', 0, length)
}
