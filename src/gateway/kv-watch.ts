import { systemClock, watchKv, type AgentClient, type BlockingQuery, type Clock } from '../consul/index.js'
import type { Environment } from '../config/index.js'
import { isMappingKey, kvClient, type UsedKv } from './kv-mappings.js'

/** Several keys are often written one after the other: a reload waits for this much quiet. */
const QUIET_MS = 150

export interface KvWatchListener {
  /** What is under this entry of `mappings` is not what the last load used. */
  onChange(value: string): void
  /** It cannot be watched at the moment, and why; undefined: it can again. Told once for each reason. */
  onTrouble(value: string, message: string | undefined): void
}

/** One entry that is followed. */
interface Followed {
  readonly client: AgentClient
  readonly query: BlockingQuery
  /** Fingerprint of what the last load used. */
  used: string | undefined
  /** Of what Consul told last. */
  latest: string | undefined
  /** Of the last change that was told: a load that could not make use of it is not asked for again. */
  told: string | undefined
  trouble: string | undefined
}

/** Follows mapping files in Consul by blocking queries. Keeps no process alive. */
export class KvWatch {
  readonly #env: Environment
  readonly #listener: KvWatchListener
  readonly #clock: Clock
  readonly #followed = new Map<string, Followed>()
  #quiet: { cancel(): void } | undefined

  constructor(env: Environment, listener: KvWatchListener, clock: Clock = systemClock) {
    this.#env = env
    this.#listener = listener
    this.#clock = clock
  }

  /** Follows these, and no longer what was followed before. */
  follow(wanted: readonly UsedKv[]): void {
    for (const [value, followed] of this.#followed) {
      if (wanted.some((entry) => entry.value === value)) continue
      this.#followed.delete(value)
      end(followed)
    }
    for (const entry of wanted) {
      const followed = this.#followed.get(entry.value)
      if (followed === undefined) this.#start(entry)
      else followed.used = entry.fingerprint
    }
    this.#look()
  }

  close(): void {
    this.#quiet?.cancel()
    for (const followed of this.#followed.values()) end(followed)
    this.#followed.clear()
  }

  #start({ value, kv, fingerprint }: UsedKv): void {
    let client: AgentClient
    try {
      client = kvClient(kv, this.#env)
    } catch (error) {
      // A token file that was there for the load, say: the next load tries again.
      this.#listener.onTrouble(value, error instanceof Error ? error.message : String(error))
      return
    }
    const query = watchKv({ client, address: kv, isWanted: isMappingKey }, this.#clock, {
      onEntries: (entries) => {
        followed.latest = entries.fingerprint
        this.#tellTrouble(value, followed, undefined)
        this.#look()
      },
      onError: ({ message }) => {
        followed.told = undefined
        this.#tellTrouble(value, followed, message)
      },
    })
    const followed: Followed = {
      client,
      query,
      used: fingerprint,
      latest: undefined,
      told: undefined,
      trouble: undefined,
    }
    this.#followed.set(value, followed)
  }

  #tellTrouble(value: string, followed: Followed, message: string | undefined): void {
    if (followed.trouble === message) return
    followed.trouble = message
    this.#listener.onTrouble(value, message)
  }

  /** Where something differs from what is used, tells so once it has been quiet for a moment, and if it still does. */
  #look(): void {
    this.#quiet?.cancel()
    this.#quiet = this.#changed() === undefined ? undefined : this.#clock.setTimer(QUIET_MS, () => this.#tellChange())
  }

  #tellChange(): void {
    this.#quiet = undefined
    const value = this.#changed()
    if (value === undefined) return
    // One load reads all entries.
    for (const followed of this.#followed.values()) followed.told = followed.latest
    this.#listener.onChange(value)
  }

  #changed(): string | undefined {
    for (const [value, { used, latest, told }] of this.#followed) {
      if (latest !== undefined && latest !== used && latest !== told) return value
    }
    return undefined
  }
}

function end({ client, query }: Followed): void {
  query.stop()
  client.close()
}
