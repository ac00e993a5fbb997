import { isIP } from 'node:net'
import type { Endpoint, Resolver, ResolverListener } from '../types.js'
import { endpointOf, formatAddress, formatHost, parseHostPort } from './host-port.js'
import type { NameServer, ResolverDependencies, ResolverKind, Timer } from './types.js'

/** Bounds of the time between two questions, ms: a TTL of 0 does not flood the server, a day does not freeze the set. */
const MIN_REFRESH_MS = 1000
const MAX_REFRESH_MS = 30_000

interface DnsTarget {
  readonly server: string | undefined
  readonly host: string
  readonly port: number
  /** The name asked for, as written: `host:port`, or `host` where it stands alone. */
  readonly authority: string
}

/**
 * `dns:host:port`, `dns:///host:port`, `dns://server/host:port` and bare `host:port`: A and AAAA records, asked again as
 * they expire and when a connection fails.
 */
export const dnsResolver: ResolverKind = (dependencies) => ({
  validate: (target) => {
    const parsed = parseDnsTarget(target)
    return typeof parsed === 'string' ? parsed : undefined
  },
  create: (target, listener): Resolver => {
    const parsed = parseDnsTarget(target)
    if (typeof parsed === 'string') {
      listener.onError(parsed)
    } else if (isIP(parsed.host) !== 0) {
      listener.onEndpoints([endpointOf(parsed.host, parsed.port)])
    } else {
      return new DnsResolver(parsed, listener, dependencies)
    }
    return { refresh: () => undefined, close: () => undefined }
  },
})

/** The parts of what follows `dns:`, or what is wrong with it. */
export function parseDnsTarget(target: string): DnsTarget | string {
  let server: string | undefined
  let name = target
  if (target.startsWith('//')) {
    const slash = target.indexOf('/', 2)
    if (slash < 0) return `write dns:///${target.slice(2)}: what stands between // and / is the DNS server to ask`
    const authority = target.slice(2, slash)
    name = target.slice(slash + 1)
    if (authority !== '') {
      const parsed = parseHostPort(authority)
      if (typeof parsed === 'string') return `the DNS server: ${parsed}`
      if (isIP(parsed.host) === 0) return `the DNS server "${parsed.host}" is not an IP address`
      server = formatHost(parsed.host)
      if (parsed.hasPort) server += `:${parsed.port}`
    }
  }
  const parsed = parseHostPort(name)
  if (typeof parsed === 'string') return parsed
  const { host, port, hasPort } = parsed
  return { server, host, port, authority: hasPort ? formatAddress(host, port) : formatHost(host) }
}

/** An answer: addresses and for how long they are good, or why there are none. */
interface Answer {
  readonly addresses: readonly string[]
  readonly ttlMs: number
  readonly error: string | undefined
}

class DnsResolver implements Resolver {
  private readonly target: DnsTarget
  private readonly listener: ResolverListener
  private readonly dependencies: ResolverDependencies
  private readonly nameServer: NameServer
  private timer: Timer | undefined
  private timerAt = Infinity
  private lastAskedAt = -Infinity
  private isAsking = false
  private isClosed = false
  private failures = 0
  /** The last good answers, by family: one family's server failure does not take the other's addresses away. */
  private readonly known: { v4: readonly string[]; v6: readonly string[] } = { v4: [], v6: [] }
  private told: string | undefined

  constructor(target: DnsTarget, listener: ResolverListener, dependencies: ResolverDependencies) {
    this.target = target
    this.listener = listener
    this.dependencies = dependencies
    this.nameServer = dependencies.nameServer(target.server)
    void this.ask()
  }

  refresh(): void {
    if (this.isClosed || this.isAsking) return
    const earliest = this.lastAskedAt + MIN_REFRESH_MS
    if (this.timerAt > earliest) this.schedule(Math.max(0, earliest - this.dependencies.now()))
  }

  close(): void {
    this.isClosed = true
    this.timer?.cancel()
    this.nameServer.cancel()
  }

  private schedule(delayMs: number): void {
    this.timer?.cancel()
    this.timerAt = this.dependencies.now() + delayMs
    this.timer = this.dependencies.setTimer(delayMs, () => void this.ask())
  }

  private async ask(): Promise<void> {
    this.timerAt = Infinity
    this.isAsking = true
    this.lastAskedAt = this.dependencies.now()
    const answer = await this.answer()
    this.isAsking = false
    if (this.isClosed) return
    if (answer.error === undefined) {
      this.failures = 0
      this.tell(answer.addresses)
      this.schedule(Math.min(Math.max(answer.ttlMs, MIN_REFRESH_MS), MAX_REFRESH_MS))
    } else {
      // After a failure even the same set is news: it is good again.
      this.told = undefined
      this.listener.onError(answer.error)
      this.schedule(Math.min(MIN_REFRESH_MS * 2 ** this.failures, MAX_REFRESH_MS))
      this.failures += 1
    }
  }

  private tell(addresses: readonly string[]): void {
    const endpoints: Endpoint[] = addresses.map((address) => endpointOf(address, this.target.port))
    // Servers rotate the order: the same set is no news.
    const set = endpoints
      .map(({ address }) => address)
      .sort()
      .join()
    if (set === this.told) return
    this.told = set
    this.listener.onEndpoints(endpoints)
  }

  private async answer(): Promise<Answer> {
    const { host, server } = this.target
    // RFC 6761 §6.3: localhost is never asked of a name server.
    if (server === undefined && /(^|\.)localhost\.?$/i.test(host)) return this.lookUp(undefined)
    const [v4, v6] = await Promise.all([settle(this.nameServer.resolve4(host)), settle(this.nameServer.resolve6(host))])
    if (v4.trouble === undefined) this.known.v4 = v4.addresses
    if (v6.trouble === undefined) this.known.v6 = v6.addresses
    const hasAnswer = v4.addresses.length > 0 || v6.addresses.length > 0
    if (hasAnswer) {
      const addresses = [...new Set([...this.known.v4, ...this.known.v6])]
      return { addresses, ttlMs: Math.min(v4.ttlMs, v6.ttlMs), error: undefined }
    }
    const error = `DNS knows no address of ${host} (${v4.code}${v6.code === v4.code ? '' : `, ${v6.code}`})`
    // A server named outright is the only one to ask.
    if (server !== undefined) return { addresses: [], ttlMs: 0, error }
    return this.lookUp(error)
  }

  /** The system's resolver, for names that stand in the hosts file or need a search domain. */
  private async lookUp(dnsError: string | undefined): Promise<Answer> {
    try {
      const addresses = [...new Set(await this.nameServer.lookup(this.target.host))]
      if (addresses.length > 0) return { addresses, ttlMs: MAX_REFRESH_MS, error: undefined }
    } catch (error) {
      dnsError ??= `the system knows no address of ${this.target.host} (${codeOf(error)})`
    }
    return { addresses: [], ttlMs: 0, error: dnsError ?? `the system knows no address of ${this.target.host}` }
  }
}

interface FamilyAnswer {
  readonly addresses: readonly string[]
  readonly ttlMs: number
  readonly code: string
  /** The code, where it does not mean that there are no such records. */
  readonly trouble: string | undefined
}

async function settle(question: Promise<readonly { address: string; ttl: number }[]>): Promise<FamilyAnswer> {
  try {
    const records = await question
    const ttl = records.reduce((least, record) => Math.min(least, record.ttl), Infinity)
    return { addresses: records.map(({ address }) => address), ttlMs: ttl * 1000, code: 'ENODATA', trouble: undefined }
  } catch (error) {
    const code = codeOf(error)
    const isAbsent = code === 'ENOTFOUND' || code === 'ENODATA'
    return { addresses: [], ttlMs: Infinity, code, trouble: isAbsent ? undefined : code }
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? String(error)
}
