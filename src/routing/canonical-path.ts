import { escapeByte, escapedByte, isDecodable, isUnreserved, upperCaseEscapes } from '../mapping/index.js'
import { Code, StatusError } from '../status/index.js'
import type { CanonicalPath } from './types.js'

const SLASH = 0x2f
const PERCENT = 0x25
const DOT = 0x2e

/**
 * Makes a request's path canonical, once, before policies or routing look at it: escapes of unreserved characters are
 * decoded (RFC 3986 §6.2.2.2), bytes outside ASCII are escaped, and everything else stays as sent. Splitting comes
 * before decoding: `%2F` never makes a segment.
 *
 * @param rawPath the target's path without query, a character per byte as node:http gives it
 * @throws StatusError INVALID_ARGUMENT (400) for dot segments in any spelling, malformed escapes, NUL, bytes that are
 *   not UTF-8, control characters, and a path that does not begin with `/`
 */
export function canonicalPath(rawPath: string): CanonicalPath {
  if (rawPath.charCodeAt(0) !== SLASH) throw malformed('the path does not begin with "/"')
  // Nearly every path has nothing to decode or refuse: it is cut up in the pass that finds so.
  const segments: string[] = []
  let from = 1
  for (let at = 1; at < rawPath.length; at++) {
    const code = rawPath.charCodeAt(at)
    if (code === SLASH) {
      segments.push(rawPath.slice(from, at))
      from = at + 1
    } else if (code === PERCENT || code <= 0x20 || code >= 0x7f || (code === DOT && at === from)) {
      return rewrite(rawPath)
    }
  }
  segments.push(rawPath.slice(from))
  return { segments, literalKeys: segments, text: rawPath }
}

function rewrite(rawPath: string): CanonicalPath {
  const segments = rawPath.slice(1).split('/').map(canonicalSegment)
  const text = `/${segments.join('/')}`
  return { segments, literalKeys: text.includes('%') ? segments.map(upperCaseEscapes) : segments, text }
}

function canonicalSegment(raw: string): string {
  let out = ''
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at)
    if (code === PERCENT) {
      const byte = escapedByte(raw, at)
      if (byte === -1) throw malformed('the path has an invalid percent-encoding')
      if (byte === 0) throw malformed('the path has an encoded NUL')
      out += isUnreserved(byte) ? String.fromCharCode(byte) : raw.slice(at, at + 3)
      at += 2
    } else if (code <= 0x20 || code === 0x7f) {
      throw malformed('the path has a control character')
    } else if (code < 0x80) {
      out += raw[at]
    } else {
      if (code > 0xff) throw malformed('the path is not a sequence of bytes')
      out += escapeByte(code)
    }
  }
  if (!isDecodable(out)) throw malformed('the path is not UTF-8')
  if (out === '.' || out === '..') throw malformed('the path has a dot segment')
  return out
}

function malformed(message: string): StatusError {
  return new StatusError(Code.InvalidArgument, message, { reason: 'MALFORMED_PATH' })
}
