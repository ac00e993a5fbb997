import { RandomIds } from '../ids/index.js'

/** UUIDs of version 4 (RFC 9562 §5.4). */
const uuids = new RandomIds('xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx')

/** Keeps a client's request id if it is 1–128 characters of `[A-Za-z0-9._~-]`, else makes one. */
export function requestIdOf(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' && isRequestId(header) ? header : uuids.next()
}

function isRequestId(text: string): boolean {
  if (text.length === 0 || text.length > 128) return false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    const isAllowed =
      (c >= 48 && c <= 57) ||
      (c >= 65 && c <= 90) ||
      (c >= 97 && c <= 122) ||
      c === 45 ||
      c === 46 ||
      c === 95 ||
      c === 126
    if (!isAllowed) return false
  }
  return true
}
