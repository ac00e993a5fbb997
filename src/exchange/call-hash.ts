import type { IncomingMessage } from 'node:http'
import { claimTextOf, headerValueOf, type Identity } from '../policies/index.js'
import { hashOf } from '../upstream/index.js'

/** What calls are told apart by, made into a number of 32 bits; undefined: nothing tells this one from others. */
export type CallHash = (
  http: IncomingMessage,
  clientAddress: string,
  identity: Identity | undefined,
) => number | undefined

/**
 * @param by `address`, `global`, `identity`, `claim:NAME`, or `header:NAME` in lower case. The identity of an anonymous caller
 *   is its address (contract, "by")
 * @param missing what calls without the header or the claim have: a key of their own, or none
 */
export function compileCallHash(by: string, missing: number | undefined): CallHash {
  if (by === 'address') return (_http, clientAddress) => hashOf(clientAddress)
  if (by === 'global') return () => 0
  if (by === 'identity') {
    return (_http, clientAddress, identity) =>
      hashOf(identity === undefined ? clientAddress : `${identity.provider} ${identity.subject}`)
  }
  if (by.startsWith('claim:')) {
    const name = by.slice('claim:'.length)
    return (_http, _clientAddress, identity) => {
      const value = claimTextOf(identity, name)
      return value === undefined ? missing : hashOf(value)
    }
  }
  const name = by.slice('header:'.length)
  return ({ headers }) => {
    const value = headerValueOf(headers, name)
    return value === undefined ? missing : hashOf(value)
  }
}
