import contentType from 'content-type'

/** A media type as a Content-Type has it: names in lower case, values as they are. */
export interface MediaType {
  readonly type: string
  readonly charset: string | undefined
}

/**
 * Reads a Content-Type (RFC 9110 §8.3.1); undefined where it is none. A semicolon with nothing behind it is allowed
 * (§5.6.6), and the library does not take it.
 */
export function parseMediaType(header: string): MediaType | undefined {
  let end = header.length
  while (end > 0 && '; \t'.includes(header[end - 1]!)) end--
  try {
    const { type, parameters } = contentType.parse(header.slice(0, end))
    return { type, charset: parameters['charset']?.toLowerCase() }
  } catch {
    return undefined
  }
}
