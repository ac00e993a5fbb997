/*
 * `edge.securityHeaders`: what OWASP advises for APIs (REST Security Cheat Sheet, "Security Headers"), for browsers that come to
 * an answer in another way than a page's script: as a document, a frame, a download, or out of a cache.
 */

const ALWAYS: readonly string[] = [
  // What says that it is JSON is not run as anything else.
  ...['x-content-type-options', 'nosniff'],
  // An answer shown as a document loads nothing, and is in nobody's frame.
  ...['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ...['x-frame-options', 'DENY'],
  ...['referrer-policy', 'no-referrer'],
  // Answers are for who asked. A cache between knows that of `Authorization` (RFC 9111 §3.5), not of API keys.
  ...['cache-control', 'no-store'],
]

/** RFC 6797 §7.2: not on plain HTTP. A year, and of this host only. */
const OVER_TLS: readonly string[] = [...ALWAYS, 'strict-transport-security', 'max-age=31536000']

export function securityHeaders(scheme: 'http' | 'https'): readonly string[] {
  return scheme === 'https' ? OVER_TLS : ALWAYS
}

/** Adds those (name, value, …) that the headers do not have: what a service says of itself stands. */
export function addMissing(headers: string[], wanted: readonly string[]): void {
  const { length } = headers
  for (let i = 0; i < wanted.length; i += 2) {
    let at = 0
    while (at < length && headers[at] !== wanted[i]) at += 2
    if (at >= length) headers.push(wanted[i]!, wanted[i + 1]!)
  }
}
