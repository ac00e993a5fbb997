import {
  agentSettings,
  createAgentClient,
  readKv,
  systemClock,
  systemFiles,
  type AgentClient,
  type KvAddress,
  type KvEntries,
} from '../consul/index.js'
import type { Environment, GatewayConfig } from '../config/index.js'
import type { MappingText, ToldMappings } from '../snapshot/index.js'
import type { SourceFailure } from './source-failure.js'

/** An entry of `mappings` in Consul, as a load has used it: a change in it is a reason to load again. */
export interface UsedKv {
  /** The entry as it is written. */
  readonly value: string
  readonly kv: KvAddress
  /** Of what was used; undefined: nothing has been told yet. */
  readonly fingerprint: string | undefined
}

export interface AskedMappings {
  readonly told: ToldMappings
  readonly used: readonly UsedKv[]
  readonly failures: readonly SourceFailure[]
}

/** Consul refuses larger values (`kv_max_value_size` may raise it). */
const MAX_VALUE_BYTES = 512 * 1024

/** Keys that are mapping files; others under the prefix are somebody else's. */
export function isMappingKey(key: string): boolean {
  return /\.(ya?ml|json)$/.test(key)
}

/** A client of the agent that has the keys. @throws where the environment does not say how to reach it */
export function kvClient({ agent }: KvAddress, env: Environment): AgentClient {
  const settings = agentSettings(agent, env, systemFiles)
  if (typeof settings === 'string') throw new Error(settings)
  return createAgentClient(settings, systemClock)
}

/** Remembers the mapping files that Consul told, so that one that is away keeps what it said last. */
export class MappingMemory {
  readonly #env: Environment
  #told = new Map<string, KvEntries>()

  constructor(env: Environment) {
    this.#env = env
  }

  /** Asks for every entry of `mappings` that is in Consul, side by side, within the time-out. Never rejects. */
  async ask(config: GatewayConfig, timeoutMs: number): Promise<AskedMappings & { keep(): void }> {
    const entries = new Map<string, KvEntries>()
    const failures: SourceFailure[] = []
    const addresses = new Map<string, KvAddress>()
    for (const mappings of config.mappings) {
      if (mappings.kind === 'consul-kv' && mappings.kv !== undefined) addresses.set(mappings.value, mappings.kv)
    }
    await Promise.all(
      [...addresses].map(async ([value, address]) => {
        try {
          entries.set(value, await this.#read(address, timeoutMs))
        } catch (error) {
          const earlier = this.#told.get(value)
          if (earlier !== undefined) entries.set(value, earlier)
          const message = error instanceof Error ? error.message : String(error)
          failures.push({ source: { mappings: value }, message, hasEarlier: earlier !== undefined })
        }
      }),
    )
    return {
      told: new Map([...entries].map(([value, found]) => [value, textsOf(found, addresses.get(value)!)])),
      used: [...addresses].map(([value, kv]) => ({ value, kv, fingerprint: entries.get(value)?.fingerprint })),
      failures,
      keep: () => void (this.#told = entries),
    }
  }

  async #read(address: KvAddress, timeoutMs: number): Promise<KvEntries> {
    const client = kvClient(address, this.#env)
    try {
      return await readKv({ client, address, isWanted: isMappingKey }, timeoutMs)
    } finally {
      client.close()
    }
  }
}

function textsOf({ entries }: KvEntries, { root }: KvAddress): (readonly [string, MappingText])[] {
  return entries.map(({ key, value }) => {
    const file = `${root}${key}`
    return [file, { file, ...textOf(value) }]
  })
}

function textOf(value: Buffer): { readonly text: string } | { readonly wrong: string } {
  if (value.length > MAX_VALUE_BYTES) return { wrong: 'it is larger than 512 KiB' }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(value) }
  } catch {
    return { wrong: 'it is not UTF-8' }
  }
}
