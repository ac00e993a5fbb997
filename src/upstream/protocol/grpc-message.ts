const PERCENT = 0x25

/** The value of a hexadecimal digit's character code, or -1. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

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
    if (code === PERCENT && at + 2 < value.length) {
      const high = hexDigit(value.charCodeAt(at + 1))
      const low = hexDigit(value.charCodeAt(at + 2))
      if (high >= 0 && low >= 0) {
        bytes[length++] = high * 16 + low
        at += 2
        continue
      }
    }
    bytes[length++] = code & 0xff
  }
  return bytes.toString('utf8', 0, length)
}
