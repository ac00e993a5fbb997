import type { ResolverFactory } from '../types.js'

/** A timer that does not keep the process alive. */
export interface Timer {
  cancel(): void
}

/** One address record. */
export interface AddressRecord {
  readonly address: string
  /** Seconds. */
  readonly ttl: number
}

/** One SRV record (RFC 2782). */
export interface SrvRecord {
  /** The lowest is used first. */
  readonly priority: number
  readonly weight: number
  readonly port: number
  /** The target; '' is the root, `.`. */
  readonly name: string
}

/** What a resolver asks DNS; errors carry Node's codes (`ENOTFOUND`, `ESERVFAIL` …). */
export interface NameServer {
  resolve4(host: string): Promise<AddressRecord[]>
  resolve6(host: string): Promise<AddressRecord[]>
  resolveSrv(name: string): Promise<SrvRecord[]>
  /** The system's resolver (getaddrinfo): hosts file, search domains, no TTL. */
  lookup(host: string): Promise<string[]>
  /** Ends questions under way. */
  cancel(): void
}

/** What resolvers need of the world; tests give their own. */
export interface ResolverDependencies {
  /** Milliseconds, as Date.now(). */
  now(): number
  setTimer(delayMs: number, run: () => void): Timer
  /** At least 0, less than 1. */
  random(): number
  /** Environment variables by name: where discovery systems' own tools have settings. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** @param server `host:port` of the server to ask; undefined: the system's */
  nameServer(server: string | undefined): NameServer
}

/** A kind of target: its resolver, made with what it needs. */
export type ResolverKind = (dependencies: ResolverDependencies) => ResolverFactory
