import type { IncomingMessage } from 'node:http'
import { hashOf } from '../upstream/index.js'

/** What calls are told apart by, made into a number: `ring_hash: { by }`. */
export type CallHash = (http: IncomingMessage, clientAddress: string) => number

/**
 * @param by `address`, `global` or `header:NAME` in lower case; undefined: by nothing. A header that is missing is one key
 *   of its own.
 */
export function compileCallHash(by: string | undefined): CallHash | undefined {
  if (by === undefined) return undefined
  if (by === 'address') return (_http, clientAddress) => hashOf(clientAddress)
  if (by === 'global') return () => 0
  const name = by.slice('header:'.length)
  return ({ headers }) => {
    const value = headers[name]
    if (value === undefined) return 0
    return hashOf(typeof value === 'string' ? value : value.join(','))
  }
}
