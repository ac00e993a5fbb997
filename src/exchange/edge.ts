import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, SocketAddress } from 'node:net'
import { Code, StatusError } from '../status/index.js'
import { BoundedCache } from '../cache/index.js'
import { hopsOf, lastOf, parseHop, textOf, type ForwardedHop } from './forwarded.js'
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

/** What a text says of somebody. */
interface Known {
  /** In its one spelling; what is no address, as it is. */
  readonly address: string
  readonly isAddress: boolean
  readonly isTrusted: boolean
  readonly mayComeIn: boolean
}

/** Clients come back, and proxies always: looking an address up in the networks takes longer than all else the edge does. */
const MAX_REMEMBERED = 4096
/** Longer than any address with its port. */
const MAX_ADDRESS_LENGTH = 64

/** Who is at the other end of a connection, and whether they may come in. */
export class Edge {
  readonly #trusted: BlockList
  readonly #allowed: BlockList | undefined
  readonly #denied: BlockList
  readonly #known = new BoundedCache((text) => this.#lookUp(text), MAX_REMEMBERED)

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
    const peer = this.#known.get(socket.remoteAddress ?? '')
    if (!peer.isTrusted) return { address: peer.address, protocol: undefined, host: undefined }
    let { address } = peer
    let hop: ForwardedHop | undefined
    const plain = headers['x-forwarded-for']
    const isPlain = plain !== undefined
    const hops = isPlain ? hopsOf(textOf(plain), ',') : hopsOf(headers.forwarded ?? '', ',', true)
    for (let element = hops.previous(); element !== undefined; element = hops.previous()) {
      if (!isPlain) hop = parseHop(element)
      const next = this.#hop(hop === undefined ? element : hop.for)
      // What is no address is not gone past: who wrote it is the last that is known.
      if (!next.isAddress) break
      ;({ address } = next)
      if (!next.isTrusted) break
    }
    const protocol = (hop?.proto || lastOf(headers['x-forwarded-proto']))?.toLowerCase()
    const host = hop?.host || lastOf(headers['x-forwarded-host'])
    return {
      address,
      protocol: protocol === 'http' || protocol === 'https' ? protocol : undefined,
      host: host !== undefined && AUTHORITY.test(host) ? host : undefined,
    }
  }

  /** Whether the address may come in: what is denied may not, whatever is allowed. */
  admits(address: string): boolean {
    return this.#known.get(address).mayComeIn
  }

  #hop(text: string): Known {
    return text.length > MAX_ADDRESS_LENGTH ? NOBODY : this.#known.get(text)
  }

  #lookUp(text: string): Known {
    const address = addressOf(text)
    const plain = address ?? text
    return {
      address: plain,
      isAddress: address !== undefined,
      isTrusted: has(this.#trusted, plain),
      mayComeIn: !has(this.#denied, plain) && (this.#allowed === undefined || has(this.#allowed, plain)),
    }
  }
}

const NOBODY: Known = { address: '', isAddress: false, isTrusted: false, mayComeIn: false }

/** Host and port, as `request-target.ts` takes them: what proxies say goes upstream as metadata. */
const AUTHORITY = /^[A-Za-z0-9._~[\]:-]{1,255}$/

export function addressRefused(): StatusError {
  return new StatusError(Code.PermissionDenied, 'requests from this address are refused', {
    reason: Reason.AddressRefused,
  })
}

/**
 * A socket's address without what is only of this machine: an IPv4 address that a dual-stack socket gives in IPv6 form, as what it
 * is (RFC 4291 §2.5.5.2); a link-local one without its zone.
 */
export function plainAddress(address: string): string {
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice(7)
  const zone = address.indexOf('%')
  return zone === -1 ? address : address.slice(0, zone)
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

/**
 * `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`, in one spelling (RFC 5952; without a zone); undefined: no address
 * (`unknown`, `_hidden`).
 */
function addressOf(text: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)
  const withPort = /^([0-9.]+):\d{1,5}$/.exec(text)
  const address = bracketed?.[1] ?? withPort?.[1] ?? text
  const version = isIP(address)
  if (version === 0) return undefined
  return version === 4 ? address : plainAddress(new SocketAddress({ address, family: 'ipv6' }).address)
}
