import type { Normalization } from './normalization.js'

/** RFC 9110 §5.6.2. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/

/** What callers are told apart by. */
export function normalizeBy(pointer: string, by: string, at: Normalization): string {
  const isHeader = by.startsWith('header:')
  const isKnown =
    /^(?:address|identity|global|claim:.+)$/.test(by) || (isHeader && TOKEN.test(by.slice('header:'.length)))
  if (!isKnown) {
    const shown = JSON.stringify(by)
    const what = by.startsWith('field:') ? 'is not available in this version' : 'is nothing to tell callers apart by'
    at.error(pointer, `${shown} ${what}`, 'write address, identity, global, header:NAME or claim:NAME')
  }
  return isHeader ? by.toLowerCase() : by
}
