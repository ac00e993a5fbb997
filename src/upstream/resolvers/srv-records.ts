import { isIP } from 'node:net'
import type { Endpoint } from '../types.js'
import { endpointOf } from './host-port.js'
import { codeOf, NameAddresses } from './name-addresses.js'
import type { Answer } from './refreshing-resolver.js'
import type { NameServer, SrvRecord } from './types.js'

/** How many targets are asked for at once. */
const MAX_QUESTIONS = 32
/** Of those that do not resolve, so many are named. */
const MAX_NAMED = 5
/** Beside targets that have a weight, one of weight 0 gets "a very small chance" (RFC 2782): this, whatever theirs are. */
const NEXT_TO_NOTHING = 0.01

/** A target of an SRV record with what is known of it. */
interface Found {
  readonly record: SrvRecord
  readonly addresses: readonly string[]
}

/**
 * The endpoints behind one SRV name (RFC 2782).
 *
 * - Of the priorities that have addresses, the lowest number is used, whole; the next only where none of a better one
 *   has an address. Whether servers answer is not for DNS to say: a second set of servers for that is `fallback`.
 * - A target's weight is its share of calls, divided among its addresses.
 * - A target that fails to resolve keeps the addresses it had while it is listed; one that DNS says is gone leaves the
 *   others.
 * - A sole target `.` means that the service is "decidedly not available": the one answer of DNS that empties the set.
 * - Node tells no TTL of SRV records: that of the targets' addresses counts.
 */
export class SrvRecords {
  private readonly name: string
  private readonly nameServer: NameServer
  private readonly isSystem: boolean
  private targets = new Map<string, NameAddresses>()

  /** @param isSystem the name server is the system's, which answers for localhost too */
  constructor(name: string, nameServer: NameServer, isSystem: boolean) {
    this.name = name
    this.nameServer = nameServer
    this.isSystem = isSystem
  }

  async ask(): Promise<Answer | string> {
    let records: readonly SrvRecord[]
    try {
      records = await this.nameServer.resolveSrv(this.name)
    } catch (error) {
      return `DNS knows no SRV record of ${this.name} (${codeOf(error)})`
    }
    const listed = records.map((record) => ({ ...record, name: record.name.toLowerCase().replace(/\.$/, '') }))
    const named = listed.filter(({ name }) => name !== '')
    if (named.length === 0) {
      if (listed.length === 0) return `DNS knows no SRV record of ${this.name} (ENODATA)`
      const trouble = `DNS says that ${this.name} is not available (its SRV record has the target ".")`
      this.targets.clear()
      return { endpoints: [], ttlMs: 0, trouble, isIncomplete: true }
    }
    return this.resolve(named)
  }

  private async resolve(records: readonly SrvRecord[]): Promise<Answer | string> {
    this.forgetAllBut(new Set(records.map(({ name }) => name)))
    const priorities = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b)
    const problems: string[] = []
    let isIncomplete = false
    for (const priority of priorities) {
      const group = records.filter((record) => record.priority === priority)
      const answers = await this.askAll([...new Set(group.map(({ name }) => name))])
      const found: Found[] = []
      let ttlMs = Infinity
      for (const record of group) {
        const answer = answers.get(record.name)!
        if (record.port === 0) problems.push(`${record.name} has port 0`)
        else if (answer.addresses.length > 0) found.push({ record, addresses: answer.addresses })
        if (answer.addresses.length > 0) ttlMs = Math.min(ttlMs, answer.ttlMs)
        isIncomplete ||= answer.isIncomplete
      }
      for (const { problem } of answers.values()) if (problem !== undefined) problems.push(problem)
      if (found.length > 0) {
        const trouble = problems.length > 0 ? `targets of ${this.name}: ${list(problems)}` : undefined
        return { endpoints: endpointsOf(found), ttlMs, trouble, isIncomplete }
      }
    }
    return `no target of ${this.name} can be called: ${list(problems)}`
  }

  /** Asks for targets, a bounded number at a time. */
  private async askAll(names: readonly string[]): Promise<Map<string, TargetAnswer>> {
    const answers = new Map<string, TargetAnswer>()
    const waiting = names.values()
    const work = async (): Promise<void> => {
      for (const name of waiting) answers.set(name, await this.askTarget(name))
    }
    await Promise.all(Array.from({ length: Math.min(MAX_QUESTIONS, names.length) }, work))
    return answers
  }

  private async askTarget(name: string): Promise<TargetAnswer> {
    // Not as the RFC has it, but servers that write addresses there mean them.
    if (isIP(name) !== 0) return { addresses: [name], ttlMs: Infinity, problem: undefined, isIncomplete: false }
    let target = this.targets.get(name)
    if (target === undefined) {
      // Targets are absolute names of DNS: the hosts file and search domains have no say, but for localhost.
      target = new NameAddresses(name, this.nameServer, this.isSystem && /(^|\.)localhost$/.test(name))
      this.targets.set(name, target)
    }
    const { addresses, ttlMs, error, trouble, isIncomplete } = await target.ask()
    if (error === undefined) return { addresses, ttlMs, problem: trouble, isIncomplete }
    return { addresses: isIncomplete ? target.known : [], ttlMs: Infinity, problem: error, isIncomplete }
  }

  private forgetAllBut(names: ReadonlySet<string>): void {
    for (const name of this.targets.keys()) if (!names.has(name)) this.targets.delete(name)
  }
}

interface TargetAnswer {
  readonly addresses: readonly string[]
  readonly ttlMs: number
  readonly problem: string | undefined
  readonly isIncomplete: boolean
}

/** One endpoint for each address and port; what several records say of one is added up. */
function endpointsOf(found: readonly Found[]): readonly Endpoint[] {
  const isWeighted = found.some(({ record }) => record.weight > 0)
  const endpoints = new Map<string, Endpoint>()
  for (const { record, addresses } of found) {
    const weight = (record.weight > 0 ? record.weight : isWeighted ? NEXT_TO_NOTHING : 1) / addresses.length
    for (const host of addresses) {
      const endpoint = endpointOf(host, record.port)
      const known = endpoints.get(endpoint.address)
      endpoints.set(endpoint.address, { ...endpoint, weight: weight + (known?.weight ?? 0) })
    }
  }
  return [...endpoints.values()]
}

function list(problems: readonly string[]): string {
  const more = problems.length - MAX_NAMED
  return problems.slice(0, MAX_NAMED).join('; ') + (more > 0 ? `; and ${more} more` : '')
}
