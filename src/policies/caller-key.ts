import { addressKey } from './address-key.js'
import { claimTextOf, headerValueOf } from './request-values.js'
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
    return ({ identity }) => keyOf(claimTextOf(identity, name))
  }
  const name = by.slice('header:'.length)
  return ({ http: { headers } }) => keyOf(headerValueOf(headers, name))
}

const keyOf = (value: string | undefined): string => (value === undefined ? MISSING : `=${value}`)

/** Different from every value. */
const MISSING = ''
