import { isIP, isIPv4 } from 'node:net'
import { domainToASCII } from 'node:url'

/** What was read, or what is wrong with it and what to write instead. */
export type AddressReading =
  { readonly host: string | undefined; readonly port: number } | { readonly wrong: string; readonly advice: string }

const ADVICE = 'write HOST:PORT, [IPV6]:PORT, or :PORT for the default host'

/** Reads `HOST:PORT`, `[IPV6]:PORT`, or `:PORT` (host undefined: the default one). Port 0 lets the system choose. */
export function parseAddress(text: string): AddressReading {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([0-9]{1,5})$/.exec(text)
  if (match === null) {
    const advice = isIP(text) === 6 || /^[0-9A-Fa-f:]+:[0-9A-Fa-f:]*$/.test(text) ? 'write [IPV6]:PORT' : ADVICE
    return { wrong: `${JSON.stringify(text)} is not an address`, advice }
  }
  const port = Number(match[3])
  if (port > 65535) return { wrong: `${port} is not a port`, advice: 'a port is a whole number from 0 to 65535' }
  const [bracketed, bare] = [match[1], match[2]]
  if (bracketed !== undefined) {
    if (isIP(bracketed) === 6) return { host: bracketed, port }
    return { wrong: `${JSON.stringify(bracketed)} is not an IPv6 address`, advice: ADVICE }
  }
  if (bare === undefined || bare === '') return { host: undefined, port }
  const host = readBindHost(bare)
  return host === undefined
    ? { wrong: `${JSON.stringify(bare)} is not an address or host name`, advice: ADVICE }
    : { host, port }
}

/** A host to bind: an IP address (IPv6 with or without brackets) or a host name. Undefined: it is neither. */
export function readBindHost(text: string): string | undefined {
  const inside = /^\[(.*)\]$/.exec(text)?.[1]
  if (inside !== undefined) return isIP(inside) === 6 ? inside : undefined
  return isIP(text) !== 0 ? text : readHostName(text)
}

/**
 * A host as requests name it: a DNS name (RFC 1123; an international one in its ASCII form), an IPv4 address, or an IPv6
 * address in brackets. Lower case, without a final dot. Undefined: it is none.
 */
export function readHostName(text: string): string | undefined {
  const inside = /^\[(.*)\]$/.exec(text)?.[1]
  if (inside !== undefined) return isIP(inside) === 6 ? `[${inside.toLowerCase()}]` : undefined
  if (isIPv4(text)) return text
  const bare = text.endsWith('.') ? text.slice(0, -1) : text
  // Checked before: domainToASCII drops or folds characters that have no place in a name (tabs, "/", full-width forms).
  if (/[\u0000-\u002c\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u007f]/.test(bare)) return undefined
  const ascii = domainToASCII(bare)
  const isName =
    ascii.length > 0 &&
    ascii.length <= 253 &&
    // A name of digits and dots alone is a mistyped IPv4 address.
    !/^[0-9.]+$/.test(ascii) &&
    ascii.split('.').every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  return isName ? ascii : undefined
}

/** True for the addresses and names only this machine can reach: 127.0.0.0/8, ::1, `localhost`. */
export function isLoopback(host: string): boolean {
  const lower = host.toLowerCase()
  if (lower === 'localhost' || lower.endsWith('.localhost')) return true
  const v4 = /^(?:::ffff:)?([0-9.]+)$/.exec(lower)?.[1]
  if (v4 !== undefined && isIPv4(v4)) return v4.startsWith('127.')
  return isIP(lower) === 6 && canonicalIPv6(lower) === '[::1]'
}

/** True when both cannot be bound at one time: the same host and port, or one of them all addresses. */
export function clashes(a: { host: string; port: number }, b: { host: string; port: number }): boolean {
  if (a.port !== b.port || a.port === 0) return false
  const [first, second] = [canonical(a.host), canonical(b.host)]
  // Node binds `::` for IPv4 too.
  if (first === second || first === '[::]' || second === '[::]') return true
  return (first === '0.0.0.0' && isIPv4(second)) || (second === '0.0.0.0' && isIPv4(first))
}

const canonical = (host: string): string => (isIP(host) === 6 ? canonicalIPv6(host) : host.toLowerCase())

/** RFC 5952 form, in brackets; the WHATWG URL parser knows it. A scope (`%eth0`) stays as it is. */
function canonicalIPv6(host: string): string {
  return host.includes('%') ? `[${host}]` : new URL(`http://[${host}]/`).hostname
}
