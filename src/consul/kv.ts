import { createHash } from 'node:crypto'
import { requireAnswer } from './answers.js'
import { startBlockingQuery, type BlockingQuery } from './blocking-query.js'
import type { KvAddress } from './kv-address.js'
import { AgentError, type AgentClient, type AgentResponse, type Clock } from './types.js'

/** One key with what it holds; empty where it holds nothing. */
export interface KvEntry {
  readonly key: string
  readonly value: Buffer
}

/** Keys under a prefix, in the order of their names. */
export interface KvEntries {
  readonly entries: readonly KvEntry[]
  /** The same text for the same keys and values. */
  readonly fingerprint: string
}

export interface KvQuestion {
  readonly client: AgentClient
  readonly address: KvAddress
  /** Which keys matter; others may change as they like. */
  readonly isWanted: (key: string) => boolean
}

/** A prefix without any key is answered 404, with an index to watch it by. */
const EXPECTED = { answers: [200, 404], rights: 'key:read and key:list' } as const

/** Reads the keys once; the process stays alive for it. @throws {AgentError} */
export async function readKv(question: KvQuestion, timeoutMs: number): Promise<KvEntries> {
  const { client, address } = question
  const response = await client.request({
    method: 'GET',
    path: pathOf(address),
    query: [RECURSE],
    timeoutMs,
    // At a start nothing else may be under way that keeps the process alive.
    holdsProcess: true,
  })
  requireAnswer(response, client, EXPECTED)
  try {
    return readEntries(response, question)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AgentError('malformed', `the answer of the Consul agent ${client.agent} is malformed: ${reason}`)
  }
}

/** Tells the keys whenever they may have changed, and what is wrong where they cannot be read. */
export function watchKv(
  question: KvQuestion,
  clock: Clock,
  listener: { onEntries(entries: KvEntries): void; onError(error: AgentError): void },
): BlockingQuery {
  const { client, address } = question
  return startBlockingQuery<KvEntries>({
    client,
    clock,
    path: pathOf(address),
    query: [RECURSE],
    ...EXPECTED,
    ...(address.waitMs === undefined ? {} : { waitMs: address.waitMs }),
    read: (response) => readEntries(response, question),
    fingerprint: ({ fingerprint }) => fingerprint,
    onAnswer: (entries) => listener.onEntries(entries),
    onError: (error) => listener.onError(error),
  })
}

const RECURSE = ['recurse', undefined] as const

function pathOf({ prefix }: KvAddress): string {
  return `/v1/kv/${prefix.split('/').map(encodeURIComponent).join('/')}`
}

/** @throws for what is not a list of entries */
function readEntries({ status, body }: AgentResponse, { address, isWanted }: KvQuestion): KvEntries {
  const answer: unknown = status === 404 ? [] : JSON.parse(body.toString('utf8'))
  if (!Array.isArray(answer)) throw new Error('it is not a list')
  const entries: KvEntry[] = []
  for (const item of answer as readonly unknown[]) {
    const { key, value } = readEntry(item)
    if (isUnder(key, address.prefix) && isWanted(key)) entries.push({ key, value })
  }
  entries.sort((a, b) => (a.key < b.key ? -1 : 1))
  const hash = createHash('sha256')
  for (const { key, value } of entries) hash.update(JSON.stringify([key, value.length])).update(value)
  return { entries, fingerprint: hash.digest('hex') }
}

function readEntry(item: unknown): KvEntry {
  if (typeof item !== 'object' || item === null || !('Key' in item) || typeof item.Key !== 'string')
    throw new Error('an entry has no Key')
  const value: unknown = 'Value' in item ? item.Value : null
  if (value !== null && typeof value !== 'string') throw new Error(`the value of ${item.Key} is not base64`)
  return { key: item.Key, value: Buffer.from(value ?? '', 'base64') }
}

/** Consul compares letters only: `a/b` is also the prefix of `a/bc`. */
function isUnder(key: string, prefix: string): boolean {
  if (prefix.endsWith('/')) return key.startsWith(prefix)
  return key === prefix || key.startsWith(`${prefix}/`)
}
