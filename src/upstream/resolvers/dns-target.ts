import { isIP } from 'node:net'
import { formatAddress, formatHost, parseHostPort } from './host-port.js'

/** What follows `dns:`. */
export interface DnsTarget {
  /** `ip` or `ip:port` of the server to ask; undefined: the system's. */
  readonly server: string | undefined
  readonly host: string
  readonly port: number
  /** What calls have as authority: `host:port`, or `host` where it stands alone. */
  readonly authority: string
}

/** What follows `dns+srv:`. */
export interface SrvTarget {
  readonly server: string | undefined
  /** `_grpc._tcp.library.internal` */
  readonly name: string
  readonly authority: string
}

/** The parts of what follows `dns:`, or what is wrong with it. */
export function parseDnsTarget(target: string): DnsTarget | string {
  const parts = splitAuthority('dns', target)
  if (typeof parts === 'string') return parts
  const parsed = parseHostPort(parts.name)
  if (typeof parsed === 'string') return parsed
  const { host, port, hasPort } = parsed
  const named = withoutFinalDot(host)
  return { server: parts.server, host, port, authority: hasPort ? formatAddress(named, port) : formatHost(named) }
}

/** The parts of what follows `dns+srv:`, or what is wrong with it. */
export function parseSrvTarget(target: string): SrvTarget | string {
  const parts = splitAuthority('dns+srv', target)
  if (typeof parts === 'string') return parts
  const { server, name } = parts
  if (name === '') return 'the name is missing: write dns+srv:///_grpc._tcp.name'
  const parsed = parseHostPort(name)
  if (typeof parsed === 'string') return parsed
  const { host, hasPort } = parsed
  if (isIP(host) !== 0) return `"${host}" is an address, and has no SRV records: write dns:///${name}`
  if (hasPort) return `the SRV records of ${host} say the ports: leave ":${parsed.port}" out`
  // RFC 2782's labels of service and protocol are no part of who is called: with TLS, no certificate has them (RFC 6125 §1.8).
  const service = /^_[^.]+\._[^.]+\.(?=[^.])/.exec(host)?.[0] ?? ''
  return { server, name: host, authority: withoutFinalDot(host.slice(service.length)) }
}

/** Takes `//server/` off a target. */
function splitAuthority(
  scheme: string,
  target: string,
): { readonly server: string | undefined; readonly name: string } | string {
  if (!target.startsWith('//')) return { server: undefined, name: target }
  const slash = target.indexOf('/', 2)
  if (slash < 0) return `write ${scheme}:///${target.slice(2)}: what stands between // and / is the DNS server to ask`
  const authority = target.slice(2, slash)
  const name = target.slice(slash + 1)
  if (authority === '') return { server: undefined, name }
  const parsed = parseHostPort(authority)
  if (typeof parsed === 'string') return `the DNS server: ${parsed}`
  if (isIP(parsed.host) === 0) return `the DNS server "${parsed.host}" is not an IP address`
  const server = formatHost(parsed.host)
  return { server: parsed.hasPort ? `${server}:${parsed.port}` : server, name }
}

/** The dot that makes a name absolute speaks to DNS; servers and certificates know the name without. */
function withoutFinalDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host
}
