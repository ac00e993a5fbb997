import type { IncomingMessage } from 'node:http'
import { hashOf } from '../upstream/index.js'

/** What calls are told apart by, made into a number of 32 bits; undefined: nothing tells this one from others. */
export type CallHash = (http: IncomingMessage, clientAddress: string) => number | undefined

/**
 * @param by `address`, `global` or `header:NAME` in lower case
 * @param missing what calls without the header have: a key of their own, or none
 */
export function compileCallHash(by: string, missing: number | undefined): CallHash {
  if (by === 'address') return (_http, clientAddress) => hashOf(clientAddress)
  if (by === 'global') return () => 0
  const name = by.slice('header:'.length)
  return ({ headers }) => {
    const value = headers[name]
    if (value === undefined) return missing
    return hashOf(typeof value === 'string' ? value : value.join(','))
  }
}
