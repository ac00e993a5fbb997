import { isIPv4, isIPv6 } from 'node:net'
import type { Endpoint } from '../types.js'

/** gRPC naming (grpc/grpc doc/naming.md): the port where a target names none. */
export const DEFAULT_PORT = 443

export interface HostPort {
  /** Name or IP, without brackets. */
  readonly host: string
  readonly port: number
  /** The port was written. */
  readonly hasPort: boolean
}

const NAME = /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/

/**
 * Reads `host`, `host:port`, `1.2.3.4:port`, `[::1]`, `[::1]:port` or `::1`.
 * @returns the parts, or a sentence that says what is wrong
 */
export function parseHostPort(text: string): HostPort | string {
  if (text === '') return 'the host is missing: write host:port'
  let host = text
  let portText: string | undefined
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text)
  if (bracketed !== null) {
    host = bracketed[1]!
    portText = bracketed[2]
    if (!isIPv6(host)) return `"${host}" is not an IPv6 address`
  } else if (!isIPv6(text)) {
    const colon = text.indexOf(':')
    if (colon >= 0) {
      host = text.slice(0, colon)
      portText = text.slice(colon + 1)
      if (portText.includes(':')) return `"${text}" has too many colons: write an IPv6 address as [address]:port`
    }
    if (host === '') return 'the host is missing: write host:port'
    if (/^[0-9.]+$/.test(host) ? !isIPv4(host) : host.length > 253 || !NAME.test(host)) {
      return `"${host}" is neither a host name nor an IP address`
    }
  }
  if (portText === undefined) return { host, port: DEFAULT_PORT, hasPort: false }
  const port = /^[0-9]{1,5}$/.test(portText) ? Number(portText) : 0
  if (port < 1 || port > 65_535) return `"${portText}" is not a port: write a number from 1 to 65535`
  return { host, port, hasPort: true }
}

/** A host as it stands in an authority: IPv6 in brackets. */
export function formatHost(host: string): string {
  return isIPv6(host) ? `[${host}]` : host
}

/** `host:port` as people write it. */
export function formatAddress(host: string, port: number): string {
  return `${formatHost(host)}:${port}`
}

/** Of an endpoint that discovery knows nothing of but its address. */
export const PLAIN = { weight: 1, zone: undefined, tags: [], meta: {} } as const

export function endpointOf(host: string, port: number): Endpoint {
  return { address: formatAddress(host, port), host, port, path: undefined, ...PLAIN }
}

/**
 * Reads a comma-separated list of addresses.
 * @param check what each host has to be; returns what is wrong with it
 */
export function parseAddressList(
  list: string,
  check: (parsed: HostPort) => string | undefined,
): readonly Endpoint[] | string {
  const endpoints: Endpoint[] = []
  for (const item of list.split(',')) {
    const parsed = parseHostPort(item.trim())
    if (typeof parsed === 'string') return parsed
    const problem = check(parsed)
    if (problem !== undefined) return problem
    const endpoint = endpointOf(parsed.host, parsed.port)
    if (endpoints.some((other) => other.address === endpoint.address)) return `${endpoint.address} is listed twice`
    endpoints.push(endpoint)
  }
  return endpoints
}
