import { isHeaderName } from './header-name.js'
import type { Normalization } from './normalization.js'

/** Names of fields, from the request message down. */
const FIELD = /^field:[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/

/**
 * What callers are told apart by.
 *
 * @param more `field`: a field of the request message too
 */
export function normalizeBy(pointer: string, by: string, at: Normalization, more?: 'field'): string {
  const isHeader = by.startsWith('header:')
  const isKnown =
    /^(?:address|identity|global|claim:.+)$/.test(by) ||
    (isHeader && isHeaderName(by.slice('header:'.length))) ||
    (more === 'field' && FIELD.test(by))
  if (!isKnown) {
    const advice = `write address, identity, global, header:NAME${more === 'field' ? ', claim:NAME or field:PATH' : ' or claim:NAME'}`
    at.error(pointer, `${JSON.stringify(by)} is nothing to tell callers apart by`, advice)
  }
  return isHeader ? by.toLowerCase() : by
}
