import { decodePart, readAddressQuery, readFlags, readWait } from './address-query.js'
import { parseAgentAddress } from './address.js'
import type { WrittenAgent } from './settings.js'

/** Keys of one agent's key-value store. */
export interface KvAddress {
  /** Where keys begin, in what a person is shown: `consul-kv://127.0.0.1:8500/`. */
  readonly root: string
  /** `protobridge/mappings/`: what keys begin with. Without a slash at its end it is a key, or the folder of that name. */
  readonly prefix: string
  readonly agent: WrittenAgent
  /** How long the agent may hold a question, ms; undefined: its default. */
  readonly waitMs: number | undefined
}

/** The scheme, as it begins an address. */
const SCHEME = /^consul-kv:/i

/** Whether a text is meant as the address of keys. */
export function isKvAddress(text: string): boolean {
  return SCHEME.test(text)
}

const KNOWN = ['dc', 'tls', 'ns', 'partition', 'wait'] as const
const FLAGS = ['tls'] as const

/**
 * Reads `consul-kv://agent:8500/prefix/`, or `consul-kv:///prefix/` for the agent of `CONSUL_HTTP_ADDR`; with
 * `?dc=…&tls&ns=…&partition=…&wait=…` as a `consul:` target has them.
 * @returns the parts, or a sentence that says what is wrong
 */
export function parseKvAddress(text: string): KvAddress | string {
  const match = /^consul-kv:\/\/([^/?#]*)\/([^?#]*)(?:\?([^#]*))?$/i.exec(text)
  if (match === null)
    return 'write consul-kv://agent:8500/prefix/, or consul-kv:///prefix/ for that of CONSUL_HTTP_ADDR'
  const [, authority, path, queryText = ''] = match
  const prefix = decodePart(path!)
  if (prefix === undefined) return `"${path!}" is not percent-encoded correctly`
  if (prefix === '') return 'the prefix of the keys is missing: write consul-kv://agent:8500/prefix/'
  if (prefix.startsWith('/') || /[\x00-\x1f\x7f]/.test(prefix)) return `"${prefix}" is not the prefix of a key`
  const query = readAddressQuery(queryText, {
    known: KNOWN,
    flags: FLAGS,
    repeated: [],
    tokenPlace: 'set CONSUL_HTTP_TOKEN or CONSUL_HTTP_TOKEN_FILE',
  })
  if (typeof query === 'string') return query
  const flags = readFlags(query, FLAGS)
  if (typeof flags === 'string') return flags
  const waitMs = readWait(query.get('wait')?.[0])
  if (typeof waitMs === 'string') return waitMs
  if (authority !== '') {
    const address = parseAgentAddress(authority!, flags.tls === true)
    if (typeof address === 'string') return address
  }
  return {
    root: `consul-kv://${authority!}/`,
    prefix,
    agent: {
      address: authority === '' ? undefined : authority,
      tls: flags.tls,
      datacenter: query.get('dc')?.[0],
      namespace: query.get('ns')?.[0],
      partition: query.get('partition')?.[0],
    },
    waitMs,
  }
}
