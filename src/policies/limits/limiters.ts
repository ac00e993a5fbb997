import type { LimitsConfig } from '../../config/index.js'
import { stores } from './stores/index.js'
import type { Limiter, LimitStore, Quota, StoreNotes } from './types.js'

/** The limiters of one configuration. */
export class LimiterSet {
  readonly config: LimitsConfig
  readonly store: LimitStore
  readonly #kept: ReadonlyMap<string, Limiter>
  readonly #asked = new Map<string, readonly [quota: Quota, limiter: Limiter]>()

  /** @param kept of the configuration before, where it has the same store */
  constructor(config: LimitsConfig, store: LimitStore, kept: ReadonlyMap<string, Limiter>) {
    this.config = config
    this.store = store
    this.#kept = kept
  }

  /** What it counts against. */
  get quotas(): readonly Quota[] {
    return [...this.#asked.values()].map(([quota]) => quota)
  }

  /** By the ids of what they count against. */
  get limiters(): ReadonlyMap<string, Limiter> {
    return new Map([...this.#asked].map(([id, [, limiter]]) => [id, limiter]))
  }

  /** One for all who ask for the same. */
  get(quota: Quota): Limiter {
    const known = this.#asked.get(quota.id)?.[1] ?? this.#kept.get(quota.id)
    const limiter = known ?? this.store.limiter(quota)
    this.#asked.set(quota.id, [quota, limiter])
    return limiter
  }
}

/** Keeps the limiters of a process through reloads: those whose limit and store did not change count on. */
export class Limiters {
  readonly #notes: StoreNotes
  #current: LimiterSet | undefined
  #isServing = false

  /** @param notes told when a store goes away, and when it is back */
  constructor(notes: StoreNotes = () => undefined) {
    this.#notes = notes
  }

  /** A configuration is built. Where nothing comes of it, nothing has to be undone. */
  begin(config: LimitsConfig): LimiterSet {
    const current = this.#current
    const isSame = current !== undefined && storeKey(current.config) === storeKey(config)
    return new LimiterSet(
      config,
      isSame ? current.store : stores[config.store.kind](config, this.#notes),
      isSame ? current.limiters : new Map(),
    )
  }

  /** It is in use: what it did not ask for is forgotten. */
  keep(next: LimiterSet): void {
    const before = this.#current
    this.#current = next
    next.store.keep(next.quotas)
    if (before === undefined || before.store === next.store) return
    before.store.close()
    if (this.#isServing) next.store.open()
  }

  /**
   * Requests come from now on: the store is connected to before the first of them asks for it. Until then nothing is, so that a
   * configuration can be looked at without.
   */
  serve(): void {
    this.#isServing = true
    this.#current?.store.open()
  }

  close(): void {
    this.#current?.store.close()
  }
}

/** What makes a store another one. */
function storeKey({ store, timeoutMs, failOpen }: LimitsConfig): string {
  return JSON.stringify({ store, timeoutMs, failOpen })
}
