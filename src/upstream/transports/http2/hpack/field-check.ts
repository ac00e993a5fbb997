/** Fields of the connection, not of the message: none may come in HTTP/2 (RFC 9113 §8.2.2). */
const CONNECTION_FIELDS = new Set(['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade'])

/**
 * True for a field that makes a response malformed (RFC 9113 §8.2): a name with upper case, a control, a blank or a byte
 * beyond ASCII, or none; a value with NUL, CR or LF; a field of the connection. Blanks round a value are let pass: gRPC
 * has receivers not fail on what HTTP can carry.
 */
export function isMalformedField(name: string, value: string): boolean {
  if (name === '' || CONNECTION_FIELDS.has(name)) return true
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at)
    if (code <= 0x20 || code >= 0x7f || (code >= 0x41 && code <= 0x5a)) return true
    if (code === 0x3a && at > 0) return true
  }
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (code === 0 || code === 0x0a || code === 0x0d) return true
  }
  return name === 'te' && value !== 'trailers'
}
