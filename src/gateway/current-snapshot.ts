import type { Logger } from 'pino'
import type { Environment, GatewayConfig } from '../config/index.js'
import { formatProblem, LoadError } from '../problems/index.js'
import type { Snapshot } from '../snapshot/index.js'
import { KvWatch } from './kv-watch.js'
import type { Loaded, Loader } from './loader.js'
import { Retry } from './retry.js'
import type { SourceFailure } from './source-failure.js'
import { FileWatch } from './watch.js'

export interface CurrentOptions {
  readonly loader: Loader
  readonly logger: Logger
  /** For the agent of mapping files in Consul. */
  readonly env: Environment
  /** Called before another snapshot takes over, which counts as that generation; where it throws or rejects, none does. */
  readonly onReplace: (next: Loaded, old: GatewayConfig, generation: number) => void | Promise<void>
}

/**
 * The snapshot that is served, and what puts another in its place: a reload, a change of a file or of a key in Consul,
 * reflection or mapping files that were awaited. The old one is let go of when the last request on it has ended.
 */
export class CurrentSnapshot {
  readonly #loader: Loader
  readonly #logger: Logger
  readonly #onReplace: CurrentOptions['onReplace']
  #snapshot: Snapshot
  #recipe: Loaded['recipe']
  #generation = 0
  #swappedMs = Date.now()
  #lastErrors: readonly string[] = []
  #watch: FileWatch | undefined
  readonly #kvWatch: KvWatch
  /** Loads run one after the other. */
  #loading: Promise<unknown> = Promise.resolve()
  /** Snapshots that were replaced while requests were under way on them. */
  readonly #retiring = new Set<Promise<void>>()
  readonly #awaitedRetry = new Retry(() => void this.#askForAwaited())
  #isStopped = false

  constructor(first: Loaded, { loader, logger, env, onReplace }: CurrentOptions) {
    this.#loader = loader
    this.#logger = logger
    this.#onReplace = onReplace
    this.#kvWatch = new KvWatch(env, {
      onChange: (mappings) => void this.reloadBecause(`${mappings} changed`),
      onTrouble: (mappings, message) => this.#tellKvTrouble(mappings, message),
    })
    this.#snapshot = first.snapshot
    this.#begin(first)
    this.#followFiles()
  }

  get snapshot(): Snapshot {
    return this.#snapshot
  }

  /** What others make the same snapshot of; undefined: the loader keeps none. */
  get recipe(): Loaded['recipe'] {
    return this.#recipe
  }

  /** Counts the snapshots that were served, from 1. */
  get generation(): number {
    return this.#generation
  }

  /** Seconds since this one took over. */
  get ageSeconds(): number {
    return Math.floor((Date.now() - this.#swappedMs) / 1000)
  }

  /** Why the last load was refused; empty where it was not. */
  get lastErrors(): readonly string[] {
    return this.#lastErrors
  }

  /**
   * Loads the configuration anew.
   * @throws LoadError where it is bad, Error where it cannot take over; the old one goes on
   */
  reload(): Promise<{ readonly generation: number }> {
    return this.#inTurn(() => this.#reloadNow())
  }

  /** Reloads, and logs what comes of it. */
  async reloadBecause(reason: string): Promise<void> {
    if (this.#isStopped) return
    this.#logger.info(`reloading: ${reason}`)
    await this.reload().catch((error: unknown) => {
      if (!this.#isStopped) this.#tellRefusal(error)
    })
  }

  /** From now on nothing replaces the snapshot. */
  stop(): void {
    this.#isStopped = true
    this.#awaitedRetry.stop()
    this.#followFiles()
  }

  /** Resolves when no request is under way, on this snapshot or an earlier one. */
  async retire(): Promise<void> {
    await Promise.all([this.#snapshot.retire(), ...this.#retiring])
  }

  #inTurn<T>(load: () => Promise<T>): Promise<T> {
    const loaded = this.#loading.then(load)
    this.#loading = loaded.catch(() => undefined)
    return loaded
  }

  async #reloadNow(): Promise<{ readonly generation: number }> {
    if (this.#isStopped) throw new Error(SHUTTING_DOWN)
    try {
      const loaded = await this.#loader.load({ mayWait: countAwaited(this.#snapshot) > 0 })
      await this.#replaceSnapshot(loaded)
      return { generation: this.#generation }
    } catch (error) {
      this.#lastErrors = linesOf(error)
      throw error
    } finally {
      this.#followFiles()
    }
  }

  async #replaceSnapshot(loaded: Loaded): Promise<void> {
    const old = this.#snapshot
    try {
      if (this.#isStopped) throw new Error(SHUTTING_DOWN)
      await this.#onReplace(loaded, old.config, this.#generation + 1)
    } catch (error) {
      void loaded.snapshot.retire()
      throw error
    }
    this.#begin(loaded)
    const retired = old.retire().finally(() => this.#retiring.delete(retired))
    this.#retiring.add(retired)
    this.#logger.info(
      { generation: this.#generation, routes: this.#snapshot.routes.length },
      'serving the new configuration',
    )
  }

  #begin({ snapshot, failures, recipe }: Loaded): void {
    this.#snapshot = snapshot
    this.#recipe = recipe
    this.#generation++
    this.#swappedMs = Date.now()
    this.#lastErrors = []
    for (const note of snapshot.notes) this.#logger.info(note)
    for (const warning of snapshot.warnings) this.#logger.warn(formatProblem(warning))
    if (countAwaited(snapshot) === 0) this.#awaitedRetry.stop()
    this.#tellFailures(failures)
  }

  #tellFailures(failures: readonly SourceFailure[]): void {
    const isAwaited = countAwaited(this.#snapshot) > 0
    const seconds = isAwaited ? (this.#awaitedRetry.schedule() / 1000).toFixed(1) : ''
    for (const { source, message, hasEarlier } of failures) {
      const what = 'upstream' in source ? 'its methods are' : 'the mapping files there are'
      const meanwhile = hasEarlier
        ? 'what it told before goes on being used'
        : `${what} not served until it answers; asking again in ${seconds} s`
      this.#logger.warn(source, `${message}: ${meanwhile}`)
    }
  }

  #tellKvTrouble(mappings: string, message: string | undefined): void {
    if (message === undefined) this.#logger.info({ mappings }, 'mapping files in Consul are followed again')
    // Until it has told something, asking for it says the same.
    else if (!this.#snapshot.awaitedMappings.includes(mappings))
      this.#logger.warn({ mappings }, `${message}: what it told before goes on being used`)
  }

  /** Asks again for what reflection or Consul has not told yet, with the configuration as it is. */
  async #askForAwaited(): Promise<void> {
    try {
      await this.#inTurn(async () => {
        const awaited = countAwaited(this.#snapshot)
        if (this.#isStopped || awaited === 0) return
        const loaded = await this.#loader
          .rebuild(this.#snapshot.config, { mayWait: true })
          .finally(() => this.#followFiles())
        if (countAwaited(loaded.snapshot) < awaited) return this.#replaceSnapshot(loaded)
        void loaded.snapshot.retire()
        this.#tellFailures(loaded.failures)
      })
    } catch (error) {
      if (this.#isStopped) return
      const lines = linesOf(error)
      if (lines.join() !== this.#lastErrors.join()) this.#tellRefusal(error)
      this.#lastErrors = lines
      this.#awaitedRetry.schedule()
    }
  }

  #tellRefusal(error: unknown): void {
    this.#logger.error('the new configuration is refused, the old one goes on')
    for (const line of linesOf(error)) this.#logger.error(line)
  }

  #followFiles(): void {
    if (this.#isStopped || !this.#snapshot.config.watch) {
      this.#watch?.close()
      this.#watch = undefined
      this.#kvWatch.close()
      return
    }
    this.#watch ??= new FileWatch(
      (file) => void this.reloadBecause(`${file} changed`),
      (error) => this.#logger.warn({ err: error }, 'cannot watch files: reload by SIGHUP or POST /reload'),
    )
    this.#watch.follow(this.#loader.lookedAt)
    this.#kvWatch.follow(this.#loader.usedKv)
  }
}

const SHUTTING_DOWN = 'the gateway is shutting down'

/** Sources that have not told anything yet. */
function countAwaited({ awaitedReflection, awaitedMappings }: Snapshot): number {
  return awaitedReflection.length + awaitedMappings.length
}

/** An error of a load, a line for each thing that is wrong. */
export function linesOf(error: unknown): string[] {
  if (error instanceof LoadError) return error.problems.map(formatProblem)
  return (error instanceof Error ? error.message : String(error)).split('\n')
}
