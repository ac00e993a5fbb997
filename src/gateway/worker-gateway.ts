import type { Logger } from 'pino'
import type { ErrorView, LogLevel, Readiness, UpstreamView } from '../admin/index.js'
import type { Environment } from '../config/index.js'
import { Limiters } from '../policies/index.js'
import { SharedUpstreams, type Snapshot } from '../snapshot/index.js'
import { Telemetry } from '../telemetry/index.js'
import { VERSION } from '../version/index.js'
import { linesOf } from './current-snapshot.js'
import { Journal } from './journal.js'
import { Loader, type Loaded } from './loader.js'
import { Pause } from './pause.js'
import { readinessOf } from './readiness.js'
import type { Recipe } from './recipe.js'
import { Serving } from './serving.js'
import type { ConfigSource } from './source.js'
import { describeUpstreams } from './upstreams.js'

export interface WorkerGatewayOptions {
  readonly source: ConfigSource
  readonly env: Environment
  readonly logger: Logger
  /** Workers there are, this one included. */
  readonly workers: number
  /** Makes the primary take no connections any more. Never rejects. */
  readonly stopAccepting: () => Promise<void>
}

/** What one worker is like, for `/status`. */
export interface WorkerStatus {
  readonly generation: number
  readonly uptimeSeconds: number
  /** Of the process, resident. */
  readonly memoryBytes: number
}

/**
 * The gateway in a worker: it serves what the primary tells it to, and watches nothing itself. Another configuration comes in
 * two steps: first every worker prepares it, and only where all can, all take it.
 */
export class WorkerGateway {
  readonly #logger: Logger
  readonly #baseLogger: Logger
  readonly #journal = new Journal()
  readonly #upstreams: SharedUpstreams
  readonly #telemetry: Telemetry
  readonly #limiters: Limiters
  readonly #loader: Loader
  readonly #serving: Serving
  readonly #pause = new Pause()
  readonly #stopAccepting: () => Promise<void>
  readonly #startedMs = Date.now()
  #current: { readonly loaded: Loaded; readonly generation: number; readonly sinceMs: number } | undefined
  #prepared: { readonly loaded: Loaded; readonly renew: () => void } | undefined
  /** Snapshots that were replaced while requests were under way on them. */
  readonly #retiring = new Set<Promise<void>>()
  #isDraining = false

  constructor({ source, env, logger, workers, stopAccepting }: WorkerGatewayOptions) {
    this.#stopAccepting = stopAccepting
    this.#baseLogger = logger
    this.#logger = this.#journal.follow(logger)
    this.#upstreams = new SharedUpstreams({
      onNote: (upstream, note) => this.#logger.warn({ upstream }, note),
      env,
    })
    this.#telemetry = new Telemetry({ env, logger: this.#logger, version: VERSION, current: () => this.#observed })
    this.#limiters = new Limiters((level, text) => this.#logger[level](text))
    this.#loader = new Loader(source, env, this.#upstreams, this.#telemetry, false, this.#limiters)
    this.#serving = new Serving({
      current: () => this.snapshot,
      logger: this.#logger,
      journal: this.#journal,
      processes: workers,
    })
  }

  /** What is served; there is something from the first `commit` on. */
  get snapshot(): Snapshot {
    return this.#current!.loaded.snapshot
  }

  get readiness(): Readiness {
    return readinessOf(this.snapshot, this.#isDraining)
  }

  get status(): WorkerStatus {
    return {
      generation: this.#current?.generation ?? 0,
      uptimeSeconds: Math.floor((Date.now() - this.#startedMs) / 1000),
      memoryBytes: process.memoryUsage.rss(),
    }
  }

  get upstreams(): readonly UpstreamView[] {
    return describeUpstreams(this.snapshot)
  }

  get recentErrors(): readonly ErrorView[] {
    return this.#journal.entries
  }

  get telemetry(): Telemetry {
    return this.#telemetry
  }

  setLogLevel(level: LogLevel): void {
    this.#baseLogger.level = level
  }

  /**
   * Makes what the primary has made, ready to take over.
   * @returns why it cannot, a line each; none: it can
   */
  async prepare(recipe: Recipe): Promise<readonly string[]> {
    this.abort()
    let loaded: Loaded | undefined
    try {
      loaded = await this.#loader.replay(recipe)
      const { snapshot, files } = loaded
      const renew = files.run(() => this.#serving.renew(snapshot.config))
      this.#prepared = { loaded, renew }
      return []
    } catch (error) {
      void loaded?.snapshot.retire()
      return linesOf(error)
    }
  }

  /** What was prepared takes over. */
  commit(generation: number): void {
    if (this.#prepared === undefined) throw new Error('nothing was prepared')
    const { loaded, renew } = this.#prepared
    this.#prepared = undefined
    renew()
    const old = this.#current?.loaded.snapshot
    this.#current = { loaded, generation, sinceMs: Date.now() }
    if (old === undefined) return
    const retired = old.retire().finally(() => this.#retiring.delete(retired))
    this.#retiring.add(retired)
  }

  /** What was prepared will not be served. */
  abort(): void {
    void this.#prepared?.loaded.snapshot.retire()
    this.#prepared = undefined
  }

  /** @returns URLs, hosts and ports of the listeners, in the order of the configuration */
  async listen(): Promise<readonly ListeningPlace[]> {
    const { snapshot, files } = this.#current!.loaded
    this.#limiters.serve()
    const listeners = await files.run(() => this.#serving.open(snapshot.config))
    return listeners.map(({ url, host, port }) => ({ url, host, port }))
  }

  /** Answers say that the connection ends with them. */
  beginDraining(): void {
    this.#isDraining = true
    this.#serving.beginDraining()
  }

  /** As `Gateway.close`: nothing new after the delay, and what is under way may finish. */
  async drain(): Promise<{ readonly wasCut: boolean }> {
    this.beginDraining()
    this.abort()
    const current = this.#current?.loaded.snapshot
    const wasCut =
      current === undefined
        ? false
        : await this.#serving.drain(current.config, this.#pause, () => this.#idle(current), this.#stopAccepting)
    this.#upstreams.close()
    this.#limiters.close()
    await this.#telemetry.close()
    return { wasCut }
  }

  cut(): void {
    this.#pause.cut()
  }

  async #idle(current: Snapshot): Promise<void> {
    await Promise.all([current.retire(), ...this.#retiring])
    await this.#upstreams.drained()
  }

  get #observed() {
    if (this.#current === undefined) return undefined
    const { loaded, generation, sinceMs } = this.#current
    const ageSeconds = Math.floor((Date.now() - sinceMs) / 1000)
    return { generation, ageSeconds, upstreams: loaded.snapshot.upstreams, keys: this.#loader.fetchedKeys }
  }
}

/** Where a worker listens. */
export interface ListeningPlace {
  readonly url: string
  readonly host: string
  readonly port: number
}
