import { Code, StatusError } from '../status/index.js'
import type { TemplateVariable } from './types.js'

/**
 * The value of a path variable: the captured text, percent-decoded. A variable of exactly one segment is decoded
 * entirely; one of several segments is decoded but for `%2F` and `%2f`, which stay as sent, unless `fullyDecode`.
 * Source: google/api/http.proto, HttpRule "Path template syntax" and Http.fully_decode_reserved_expansion.
 *
 * @param raw what the router captured: segments joined by `/`, still percent-encoded
 * @throws StatusError INVALID_ARGUMENT where an escape is malformed or the bytes are not UTF-8 (never for text of a
 *   canonical path)
 */
export function decodeCapture(raw: string, variable: TemplateVariable, fullyDecode: boolean): string {
  if (!raw.includes('%')) return raw
  try {
    return variable.isMultiSegment && !fullyDecode ? decodeAllButSlash(raw) : decodeURIComponent(raw)
  } catch {
    const field = variable.fieldPath.join('.')
    throw new StatusError(Code.InvalidArgument, `${field}: the path has an invalid percent-encoding`, {
      reason: 'MALFORMED_PATH',
      field,
    })
  }
}

/** A `%` always begins an escape here, so what looks like `%2F` is one: `%252F` is `%25`, then `2F`. */
function decodeAllButSlash(raw: string): string {
  let out = ''
  let from = 0
  for (let at = raw.indexOf('%2'); at !== -1; at = raw.indexOf('%2', at + 3)) {
    if ((raw.charCodeAt(at + 2) | 0x20) !== 0x66) continue
    out += decodeURIComponent(raw.slice(from, at)) + raw.slice(at, at + 3)
    from = at + 3
  }
  return out + decodeURIComponent(raw.slice(from))
}
