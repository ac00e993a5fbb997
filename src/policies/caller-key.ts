import { addressKey } from './address-key.js'
import type { PolicyRequest } from './types.js'

/** What tells callers apart: a text for each (contract, "by"). */
export type CallerKey = (request: PolicyRequest) => string

/**
 * @param by `address`, `identity` (an anonymous caller's is its address), `global`, `header:NAME` in lower case, or `claim:NAME`; a
 *   missing value is one key of its own
 */
export function compileCallerKey(by: string): CallerKey {
  if (by === 'address') return ({ clientAddress }) => addressKey(clientAddress)
  if (by === 'global') return () => ''
  if (by === 'identity') {
    return ({ identity, clientAddress }) =>
      identity === undefined ? `address ${addressKey(clientAddress)}` : `${identity.provider} ${identity.subject}`
  }
  if (by.startsWith('claim:')) {
    const name = by.slice('claim:'.length)
    return ({ identity }) => {
      const value = identity?.claims[name]
      return value === undefined || value === null
        ? MISSING
        : `=${typeof value === 'string' ? value : JSON.stringify(value)}`
    }
  }
  const name = by.slice('header:'.length)
  return ({ http: { headers } }) => {
    const value = headers[name]
    return value === undefined ? MISSING : `=${typeof value === 'string' ? value : value.join(',')}`
  }
}

/** Different from every value. */
const MISSING = ''
