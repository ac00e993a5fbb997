import type { Endpoint, Resolver } from '../../src/upstream/index.js'
import { resolverOf } from '../../src/upstream/resolvers/index.js'
import type { AddressRecord, NameServer, ResolverDependencies, SrvRecord } from '../../src/upstream/resolvers/types.js'

/** Records, or the code of the failure. */
export type Answer<T> = T[] | string

/** A world of our own: DNS answers as set, time goes when told. */
export class DnsWorld implements ResolverDependencies {
  time = 1_000_000
  /** A and AAAA records of every name that `names` does not have. */
  v4: Answer<AddressRecord> = 'ENOTFOUND'
  v6: Answer<AddressRecord> = 'ENODATA'
  /** A records by name. */
  readonly names: Record<string, Answer<AddressRecord>> = {}
  srv: Answer<SrvRecord> = 'ENOTFOUND'
  hosts: Answer<string> = 'ENOTFOUND'
  readonly asked: string[] = []
  readonly servers: (string | undefined)[] = []
  isCancelled = false
  readonly env = {}
  random = (): number => 0.5
  private timers: { at: number; run: () => void }[] = []

  now = (): number => this.time

  setTimer = (delayMs: number, run: () => void): { cancel(): void } => {
    const timer = { at: this.time + delayMs, run }
    this.timers.push(timer)
    return { cancel: () => (this.timers = this.timers.filter((other) => other !== timer)) }
  }

  nameServer = (server: string | undefined): NameServer => {
    this.servers.push(server)
    const answer = async <T>(kind: string, host: string, value: Answer<T>): Promise<T[]> => {
      this.asked.push(`${kind} ${host} @${this.time - 1_000_000}`)
      if (typeof value === 'string') throw Object.assign(new Error(value), { code: value })
      return value
    }
    return {
      resolve4: (host) => answer('A', host, this.names[host] ?? this.v4),
      resolve6: (host) => answer('AAAA', host, this.v6),
      resolveSrv: (name) => answer('SRV', name, this.srv),
      lookup: (host) => answer('lookup', host, this.hosts),
      cancel: () => (this.isCancelled = true),
    }
  }

  /** When the next timer is due, ms from the start; undefined: there is none. */
  get due(): number | undefined {
    return this.timers[0] === undefined ? undefined : Math.min(...this.timers.map(({ at }) => at)) - 1_000_000
  }

  /** Lets time pass, running what falls due, and the answers that follow. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms
    for (;;) {
      await settle()
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.timers = this.timers.filter((timer) => timer !== next)
      this.time = Math.max(this.time, next.at)
      next.run()
    }
    this.time = end
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
export const record = (address: string, ttl: number): AddressRecord => ({ address, ttl })

/** What a listener was told. */
export interface Told {
  /** Addresses of each set. */
  readonly sets: string[][]
  /** Sets, with all that is told of endpoints. */
  readonly endpoints: (readonly Endpoint[])[]
  /** In order: `set`, `confirmed`, `error`. */
  readonly events: string[]
  readonly errors: string[]
  readonly resolver: Resolver
}

/** Starts a target's resolver. */
export function resolve(target: string, dependencies: ResolverDependencies): Told {
  const sets: string[][] = []
  const errors: string[] = []
  const endpoints: (readonly Endpoint[])[] = []
  const events: string[] = []
  const { factory, rest } = resolverOf(target, dependencies)
  const resolver = factory.create(
    rest,
    {
      onEndpoints: (set) => {
        events.push('set')
        endpoints.push(set)
        sets.push(set.map(({ address }) => address))
      },
      onConfirmed: () => events.push('confirmed'),
      onError: (message) => {
        events.push('error')
        errors.push(message)
      },
    },
    { token: undefined, emptyGraceMs: 0 },
  )
  return { sets, endpoints, errors, events, resolver }
}
