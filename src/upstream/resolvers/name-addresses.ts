import type { AddressRecord, NameServer } from './types.js'

/** What the system's resolver says is good for so long, ms: it tells no TTL. */
const LOOKUP_TTL_MS = 30_000

export interface NameAnswer {
  /** Without duplicates; empty: see `error`. */
  readonly addresses: readonly string[]
  /** The least TTL of the records; 0 without addresses. */
  readonly ttlMs: number
  /** Why there are no addresses, for a person. */
  readonly error: string | undefined
  /** Why some of the addresses are not of today, for a person. */
  readonly trouble: string | undefined
  /** A question failed: it is worth asking again soon. False: DNS has spoken, be it that there is nothing. */
  readonly isIncomplete: boolean
}

/**
 * The addresses of one name, A and AAAA, each with what it told last: one family's server failure does not take the
 * other's addresses away, nor its own.
 */
export class NameAddresses {
  private readonly host: string
  private readonly nameServer: NameServer
  private readonly mayLookUp: boolean
  private knownV4: readonly string[] = []
  private knownV6: readonly string[] = []

  /** @param mayLookUp the system's resolver is asked for what DNS does not know */
  constructor(host: string, nameServer: NameServer, mayLookUp: boolean) {
    this.host = host
    this.nameServer = nameServer
    this.mayLookUp = mayLookUp
  }

  /** What is known from answers before, in doubt for as long as DNS fails. */
  get known(): readonly string[] {
    return [...new Set([...this.knownV4, ...this.knownV6])]
  }

  async ask(): Promise<NameAnswer> {
    // RFC 6761 §6.3: localhost is never asked of a name server.
    if (this.mayLookUp && /(^|\.)localhost\.?$/i.test(this.host)) return this.lookUp(undefined)
    const { host, nameServer } = this
    const [v4, v6] = await Promise.all([settle(nameServer.resolve4(host)), settle(nameServer.resolve6(host))])
    const isIncomplete = v4.hasFailed || v6.hasFailed
    if (v4.addresses.length > 0 || v6.addresses.length > 0) {
      const kept: string[] = []
      if (v4.hasFailed && this.knownV4.length > 0) kept.push(`A (${v4.code})`)
      else this.knownV4 = v4.addresses
      if (v6.hasFailed && this.knownV6.length > 0) kept.push(`AAAA (${v6.code})`)
      else this.knownV6 = v6.addresses
      const trouble = kept.length > 0 ? `no answer to ${kept[0]} of ${host}: those known stay in use` : undefined
      return { addresses: this.known, ttlMs: Math.min(v4.ttlMs, v6.ttlMs), error: undefined, trouble, isIncomplete }
    }
    const codes = v6.code === v4.code ? v4.code : `${v4.code}, ${v6.code}`
    const error = `DNS knows no address of ${host} (${codes})`
    // A name that DNS has known is not the system's: asking there would only wait for the same server once more, on one
    // of the four threads the process has for that.
    if (!this.mayLookUp || (isIncomplete && this.known.length > 0)) return none(error, isIncomplete)
    return this.lookUp(error)
  }

  /** The system's resolver, for names that stand in the hosts file or need a search domain. */
  private async lookUp(dnsError: string | undefined): Promise<NameAnswer> {
    let error = dnsError ?? `the system knows no address of ${this.host}`
    try {
      const addresses = [...new Set(await this.nameServer.lookup(this.host))]
      if (addresses.length > 0) {
        // Not known by DNS: next time it is asked for here again.
        this.knownV4 = this.knownV6 = []
        return { addresses, ttlMs: LOOKUP_TTL_MS, error: undefined, trouble: undefined, isIncomplete: false }
      }
    } catch (failure) {
      if (dnsError === undefined) error += ` (${codeOf(failure)})`
    }
    return none(error, true)
  }
}

function none(error: string, isIncomplete: boolean): NameAnswer {
  return { addresses: [], ttlMs: 0, error, trouble: undefined, isIncomplete }
}

interface FamilyAnswer {
  readonly addresses: readonly string[]
  readonly ttlMs: number
  readonly code: string
  /** The server failed, as opposed to saying that there are no such records. */
  readonly hasFailed: boolean
}

async function settle(question: Promise<readonly AddressRecord[]>): Promise<FamilyAnswer> {
  try {
    const records = await question
    const ttl = records.reduce((least, record) => Math.min(least, record.ttl), Infinity)
    return { addresses: records.map(({ address }) => address), ttlMs: ttl * 1000, code: 'ENODATA', hasFailed: false }
  } catch (error) {
    const code = codeOf(error)
    return { addresses: [], ttlMs: Infinity, code, hasFailed: code !== 'ENOTFOUND' && code !== 'ENODATA' }
  }
}

/** Node's name of what went wrong: `ENOTFOUND`, `ETIMEOUT`. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? String(error)
}
