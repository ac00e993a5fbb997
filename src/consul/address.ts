import { isIPv6 } from 'node:net'
import type { AgentAddress } from './types.js'

/** The agent's own HTTP port where an address names neither port nor scheme. */
export const DEFAULT_AGENT_PORT = 8500
const NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/

/**
 * Reads an agent's address as Consul's tools write it: `host`, `host:port`, `[::1]:8500`, `http://host:port`,
 * `https://host:port/prefix`, `unix:///run/consul.sock`.
 * @param usesTls what an address without a scheme means
 * @returns the parts, or a sentence that says what is wrong
 */
export function parseAgentAddress(text: string, usesTls: boolean): AgentAddress | string {
  const schemed = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^]*)$/.exec(text)
  const scheme = schemed?.[1]?.toLowerCase()
  if (scheme === 'unix') {
    const path = schemed![2]!
    if (path === '' || path.includes('\0')) return `"${text}" names no socket: write unix:///path`
    return { scheme: 'http', host: 'localhost', port: 0, socketPath: path, pathPrefix: '' }
  }
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    return `"${scheme}" is no scheme of an agent: write host:port, http://, https:// or unix://`
  }
  const [, authority, path] = /^([^/?#]*)([^]*)$/.exec(schemed === null ? text : schemed[2]!)!
  const match = /^(?:\[([^\]]*)\]|([^:[\]@]*))(?::([0-9]{1,5}))?$/.exec(authority!)
  if (match === null) return `"${authority!}" is not the address of an agent: write host:port or [IPv6]:port`
  const host = match[1] ?? match[2]!
  if (match[1] === undefined ? !NAME.test(host) || host.length > 253 : !isIPv6(host)) {
    return host === ''
      ? 'the host of the agent is missing: write host:port'
      : `"${host}" is neither a host name nor an IP address`
  }
  if (!/^(\/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?$/.test(path!)) return `"${path!}" is not a path that can stand before /v1`
  const isTls = scheme === undefined ? usesTls : scheme === 'https'
  const byScheme = scheme === undefined ? DEFAULT_AGENT_PORT : isTls ? 443 : 80
  const port = match[3] === undefined ? byScheme : Number(match[3])
  if (port < 1 || port > 65_535) return `"${match[3]!}" is not a port: write a number from 1 to 65535`
  return { scheme: isTls ? 'https' : 'http', host, port, socketPath: undefined, pathPrefix: path!.replace(/\/+$/, '') }
}

/** An agent's address as a person is shown it. */
export function printAgentAddress({ host, port, socketPath }: AgentAddress): string {
  if (socketPath !== undefined) return `unix:${socketPath}`
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}
