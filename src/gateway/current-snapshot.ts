import type { Logger } from 'pino'
import type { GatewayConfig } from '../config/index.js'
import { formatProblem, LoadError } from '../problems/index.js'
import type { Snapshot } from '../snapshot/index.js'
import type { Loaded, Loader } from './loader.js'
import type { ReflectionFailure } from './reflection.js'
import { Retry } from './retry.js'
import { FileWatch } from './watch.js'

export interface CurrentOptions {
  readonly loader: Loader
  readonly logger: Logger
  /** Called before another snapshot takes over; where it throws, none does. */
  readonly onReplace: (next: GatewayConfig, old: GatewayConfig) => void
}

/**
 * The snapshot that is served, and what puts another in its place: a reload, a change of a file, reflection that was
 * awaited. The old one is let go of when the last request on it has ended.
 */
export class CurrentSnapshot {
  readonly #loader: Loader
  readonly #logger: Logger
  readonly #onReplace: CurrentOptions['onReplace']
  #snapshot: Snapshot
  #generation = 0
  #swappedMs = Date.now()
  #lastErrors: readonly string[] = []
  #watch: FileWatch | undefined
  /** Loads run one after the other. */
  #loading: Promise<unknown> = Promise.resolve()
  /** Snapshots that were replaced while requests were under way on them. */
  readonly #retiring = new Set<Promise<void>>()
  readonly #reflectionRetry = new Retry(() => void this.#askForReflection())
  #isStopped = false

  constructor(first: Loaded, { loader, logger, onReplace }: CurrentOptions) {
    this.#loader = loader
    this.#logger = logger
    this.#onReplace = onReplace
    this.#snapshot = first.snapshot
    this.#begin(first)
    this.#followFiles()
  }

  get snapshot(): Snapshot {
    return this.#snapshot
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
    this.#reflectionRetry.stop()
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
      const loaded = await this.#loader.load({ mayWait: this.#snapshot.awaitedReflection.length > 0 })
      this.#replaceSnapshot(loaded)
      return { generation: this.#generation }
    } catch (error) {
      this.#lastErrors = linesOf(error)
      throw error
    } finally {
      this.#followFiles()
    }
  }

  #replaceSnapshot(loaded: Loaded): void {
    const old = this.#snapshot
    try {
      if (this.#isStopped) throw new Error(SHUTTING_DOWN)
      this.#onReplace(loaded.snapshot.config, old.config)
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

  #begin({ snapshot, failures }: Loaded): void {
    this.#snapshot = snapshot
    this.#generation++
    this.#swappedMs = Date.now()
    this.#lastErrors = []
    for (const note of snapshot.notes) this.#logger.info(note)
    for (const warning of snapshot.warnings) this.#logger.warn(formatProblem(warning))
    if (snapshot.awaitedReflection.length === 0) this.#reflectionRetry.stop()
    this.#tellReflectionFailures(failures)
  }

  #tellReflectionFailures(failures: readonly ReflectionFailure[]): void {
    const isAwaited = this.#snapshot.awaitedReflection.length > 0
    const seconds = isAwaited ? (this.#reflectionRetry.schedule() / 1000).toFixed(1) : ''
    for (const { upstream, message, hasEarlier } of failures) {
      const meanwhile = hasEarlier
        ? 'what it told before goes on being used'
        : `its methods are not served until it answers; asking again in ${seconds} s`
      this.#logger.warn({ upstream }, `${message}: ${meanwhile}`)
    }
  }

  /** Asks again for what reflection has not told yet, with the configuration as it is. */
  async #askForReflection(): Promise<void> {
    try {
      await this.#inTurn(async () => {
        const { config, awaitedReflection } = this.#snapshot
        if (this.#isStopped || awaitedReflection.length === 0) return
        const loaded = await this.#loader.rebuild(config, { mayWait: true })
        this.#followFiles()
        if (loaded.snapshot.awaitedReflection.length < awaitedReflection.length) return this.#replaceSnapshot(loaded)
        void loaded.snapshot.retire()
        this.#tellReflectionFailures(loaded.failures)
      })
    } catch (error) {
      if (this.#isStopped) return
      const lines = linesOf(error)
      if (lines.join() !== this.#lastErrors.join()) this.#tellRefusal(error)
      this.#lastErrors = lines
      this.#reflectionRetry.schedule()
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
      return
    }
    this.#watch ??= new FileWatch(
      (file) => void this.reloadBecause(`${file} changed`),
      (error) => this.#logger.warn({ err: error }, 'cannot watch files: reload by SIGHUP or POST /reload'),
    )
    this.#watch.follow(this.#loader.lookedAt)
  }
}

const SHUTTING_DOWN = 'the gateway is shutting down'

/** An error of a load, a line for each thing that is wrong. */
export function linesOf(error: unknown): string[] {
  if (error instanceof LoadError) return error.problems.map(formatProblem)
  return [error instanceof Error ? error.message : String(error)]
}
