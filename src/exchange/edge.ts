import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { Code, StatusError } from '../status/index.js'
import { Reason } from './reasons.js'

/** `edge`, in networks: `10.0.0.0/8`, `2001:db8::/32`, or single addresses. */
export interface EdgeSettings {
  readonly trustedProxies: readonly string[]
  /** None: every address. */
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}

/** What is known of who is at the other end. */
export interface Client {
  /** Plain: an IPv4 address in IPv6 form as what it is. */
  readonly address: string
  /** As a trusted proxy says the client came to it; undefined: no such proxy says. */
  readonly protocol: 'http' | 'https' | undefined
  readonly host: string | undefined
}

/** What is spoken on a connection. */
export function schemeOf(socket: object): 'http' | 'https' {
  return 'encrypted' in socket && socket.encrypted === true ? 'https' : 'http'
}

/** Who is at the other end of a connection, and whether they may come in. */
export class Edge {
  readonly #trusted: BlockList
  readonly #allowed: BlockList | undefined
  readonly #denied: BlockList

  constructor({ trustedProxies, allow, deny }: EdgeSettings) {
    this.#trusted = networks(trustedProxies)
    this.#allowed = allow.length === 0 ? undefined : networks(allow)
    this.#denied = networks(deny)
  }

  /**
   * The client behind trusted proxies: from the right through `X-Forwarded-For`, or `Forwarded` (RFC 7239) where that is absent,
   * past every address that is trusted; the first other is the client. Only a trusted peer is believed.
   */
  clientOf({ headers, socket }: IncomingMessage): Client {
    const peer = plainAddress(socket.remoteAddress ?? '')
    if (!has(this.#trusted, peer)) return { address: peer, protocol: undefined, host: undefined }
    const forwarded = headers.forwarded
    const hops =
      headers['x-forwarded-for'] === undefined ? parseForwarded(forwarded) : parseList(headers['x-forwarded-for'])
    let address = peer
    for (const hop of hops.toReversed()) {
      const next = addressOf(hop)
      // What is no address is not gone past: who wrote it is the last that is known.
      if (next === undefined) break
      address = next
      if (!has(this.#trusted, next)) break
    }
    const protocol = lastOf(headers['x-forwarded-proto'])?.toLowerCase()
    return {
      address,
      protocol: protocol === 'http' || protocol === 'https' ? protocol : undefined,
      host: lastOf(headers['x-forwarded-host']),
    }
  }

  /** Whether the address may come in: what is denied may not, whatever is allowed. */
  admits(address: string): boolean {
    return !has(this.#denied, address) && (this.#allowed === undefined || has(this.#allowed, address))
  }
}

export function addressRefused(): StatusError {
  return new StatusError(Code.PermissionDenied, 'requests from this address are refused', {
    reason: Reason.AddressRefused,
  })
}

/** An IPv4 address that a dual-stack socket gives in IPv6 form, as what it is (RFC 4291 §2.5.5.2). */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

function networks(list: readonly string[]): BlockList {
  const blocks = new BlockList()
  for (const network of list) {
    const [address = '', prefix] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) blocks.addAddress(address, family)
    else blocks.addSubnet(address, Number(prefix), family)
  }
  return blocks
}

function has(blocks: BlockList, address: string): boolean {
  const version = isIP(address)
  return version !== 0 && blocks.check(address, version === 6 ? 'ipv6' : 'ipv4')
}

function parseList(value: string | readonly string[]): string[] {
  const text = typeof value === 'string' ? value : value.join(',')
  return text.split(',').map((part) => part.trim())
}

function lastOf(value: string | readonly string[] | undefined): string | undefined {
  return value === undefined ? undefined : parseList(value).at(-1)
}

/** The `for` of each hop; '' where one has none. */
function parseForwarded(value: string | undefined): string[] {
  if (value === undefined) return []
  return parseList(value).map((hop) => {
    const pair = hop.split(';').find((part) => /^\s*for=/i.test(part))
    return pair === undefined
      ? ''
      : pair
          .slice(pair.indexOf('=') + 1)
          .trim()
          .replace(/^"(.*)"$/, '$1')
  })
}

/** `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`; undefined: no address (`unknown`, `_hidden`). */
function addressOf(text: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)
  const withPort = /^([0-9.]+):\d{1,5}$/.exec(text)
  const address = bracketed?.[1] ?? withPort?.[1] ?? text
  return isIP(address) === 0 ? undefined : plainAddress(address.toLowerCase())
}
