import { fileURLToPath } from 'node:url'
import { pino, type Logger } from 'pino'
import {
  openAdmin,
  type AdminContext,
  type AdminListener,
  type ErrorView,
  type LogLevel,
  type Readiness,
  type UpstreamView,
} from '../admin/index.js'
import type { Environment, GatewayConfig } from '../config/index.js'
import { openLimitPrimary } from '../policies/index.js'
import { SharedUpstreams, type Snapshot } from '../snapshot/index.js'
import { prometheusOf, type MetricsSnapshot } from '../telemetry/index.js'
import { ChannelEnded, Fleet, type SeatedWorker, type WorkerChannel } from '../workers/index.js'
import { VERSION } from '../version/index.js'
import { CurrentSnapshot, linesOf } from './current-snapshot.js'
import { waitAtMost } from './drain.js'
import { Journal } from './journal.js'
import { Loader, type Loaded } from './loader.js'
import { LastKnown } from './merged/last-known.js'
import { WorkerMetrics } from './merged/metrics.js'
import { mergeErrors } from './merged/errors.js'
import { mergeReadiness } from './merged/readiness.js'
import { mergeUpstreams } from './merged/upstreams.js'
import { Pause } from './pause.js'
import type { Recipe } from './recipe.js'
import type { ListeningPlaces } from './registered-service.js'
import { Registrar } from './registrar.js'
import { describeRoutes } from './routes.js'
import { warnOfRestart } from './serving.js'
import type { ConfigSource } from './source.js'
import type { Addresses, GatewayOptions, GatewayStatus, ServedGateway } from './types.js'
import { statusOf } from './status.js'
import type { ListeningPlace, WorkerStatus } from './worker-gateway.js'
import type { Beginning } from './worker-main.js'

/** A gateway comes up without an upstream's reflection, or mapping files in Consul, when those take longer. */
const FIRST_ASK_TIMEOUT_MS = 3000
/** A drain waits no longer than this for Consul to know of it. */
const WITHDRAW_TIMEOUT_MS = 2500
/** A worker that has drained has nothing left to do. */
const END_TIMEOUT_MS = 2000
/** A worker that takes longer to make what the primary has made is refused with it. */
const PREPARE_TIMEOUT_MS = 120_000

const WORKER = fileURLToPath(new URL('./worker-main.js', import.meta.url))

/**
 * Loads a configuration and makes the primary of several workers of it, not yet listening.
 * @throws LoadError with every problem, each with its place
 */
export async function openPrimary(source: ConfigSource, options: GatewayOptions = {}): Promise<ServedGateway> {
  const baseLogger = options.logger ?? pino({ level: 'warn' }, pino.destination(2))
  const journal = new Journal()
  const logger = journal.follow(baseLogger)
  const env = options.env ?? process.env
  // For reflection alone: workers have their own.
  const upstreams = new SharedUpstreams({ env, isForReflectionOnly: true })
  const loader = new Loader(source, env, upstreams, undefined, true)
  try {
    const loaded = await loader.load({ mayWait: true, askTimeoutMs: FIRST_ASK_TIMEOUT_MS })
    return new Primary({ source, loader, upstreams, loaded, baseLogger, logger, journal, env })
  } catch (error) {
    upstreams.close()
    throw error
  }
}

interface PrimaryOptions {
  readonly source: ConfigSource
  readonly loader: Loader
  readonly upstreams: SharedUpstreams
  readonly loaded: Loaded
  readonly baseLogger: Logger
  /** The same, whose warnings are noted. */
  readonly logger: Logger
  readonly journal: Journal
  readonly env: Environment
}

/** What every worker is to serve. */
interface Served {
  readonly recipe: Recipe
  readonly generation: number
}

/**
 * The process that serves nothing itself: it loads, watches, registers, has the admin port, and looks after the workers. What it
 * has loaded goes to them as it was read, so that all serve the same, one that comes up later too.
 */
class Primary implements ServedGateway {
  readonly #source: ConfigSource
  readonly #upstreams: SharedUpstreams
  readonly #baseLogger: Logger
  readonly #logger: Logger
  readonly #journal: Journal
  readonly #current: CurrentSnapshot
  readonly #fleet: Fleet
  /** Counts for all workers, where `limits.store` says so. */
  readonly #limits = openLimitPrimary()
  readonly #registrar: Registrar
  readonly #pause = new Pause()
  readonly #startedMs = Date.now()
  /** Told to workers that come up. */
  #served: Served
  /** Workers that have it, and are told when it changes. */
  readonly #following = new Set<SeatedWorker>()
  readonly #metrics = new WorkerMetrics()
  readonly #env: Environment
  readonly #readiness = new LastKnown<Readiness>()
  readonly #upstreamViews = new LastKnown<readonly UpstreamView[]>()
  #listeners: readonly ListeningPlace[] = []
  #listening: Promise<Addresses> | undefined
  #admin: AdminListener | undefined
  #places: ListeningPlaces | undefined
  #isReady = false
  #isDraining = false
  #closing: Promise<{ readonly wasCut: boolean }> | undefined

  constructor({ source, loader, upstreams, loaded, baseLogger, logger, journal, env }: PrimaryOptions) {
    this.#source = source
    this.#env = env
    this.#upstreams = upstreams
    this.#baseLogger = baseLogger
    this.#logger = logger
    this.#journal = journal
    this.#served = { recipe: recipeOf(loaded), generation: 1 }
    this.#fleet = new Fleet({
      module: WORKER,
      count: loaded.snapshot.config.workers,
      logger,
      bringUp: (worker) => this.#bringUp(worker),
    })
    this.#registrar = new Registrar({ env, logger, isReady: () => this.#isReady })
    this.#current = new CurrentSnapshot(loaded, {
      loader,
      logger,
      env,
      onReplace: (next, old, generation) => this.#replace(next, old, generation),
    })
  }

  get snapshot(): Snapshot {
    return this.#current.snapshot
  }

  /** For whoever has something to ask of all workers. */
  get channel(): WorkerChannel {
    return this.#fleet
  }

  listen(): Promise<Addresses> {
    this.#listening ??= this.#listen()
    return this.#listening
  }

  reloadBecause(reason: string): Promise<void> {
    this.#tellAll('reopen')
    return this.#current.reloadBecause(reason)
  }

  close(): Promise<{ readonly wasCut: boolean }> {
    return (this.#closing ??= this.#drain())
  }

  cut(): void {
    this.#pause.cut()
    this.#tellAll('cut')
  }

  /** Nobody waits for it to be done. */
  #tellAll(name: string): void {
    for (const { channel } of this.#fleet.workers) channel.ask(name).catch(isGone)
  }

  async #listen(): Promise<Addresses> {
    const { config } = this.#current.snapshot
    await this.#fleet.start()
    try {
      this.#admin = await openAdmin(config.admin, this.#adminContext(), (error) =>
        this.#logger.error({ err: error }, 'the admin port failed'),
      )
    } catch (error) {
      await this.#fleet.end(0)
      throw error
    }
    const { host, port } = this.#listeners[0]!
    this.#places = { host, port, admin: this.#admin.url }
    await this.#askReadiness()
    this.#registrar.follow(config.register, this.#places)
    const { url: admin, grpcHealth } = this.#admin
    return { urls: this.#listeners.map(({ url }) => url), admin, grpcHealth }
  }

  /** Makes a new process serve what the others do. */
  async #bringUp(worker: SeatedWorker): Promise<void> {
    const { channel } = worker
    const { level } = this.#baseLogger
    const beginning: Beginning = {
      source: this.#source,
      logLevel: level as LogLevel,
      workers: this.#current.snapshot.config.workers,
    }
    channel.answer('stop-accepting', () => this.#fleet.stopAccepting())
    await channel.ask('begin', beginning)
    await this.#catchUp(worker)
    const listeners = (await channel.ask('listen')) as readonly ListeningPlace[]
    if (this.#listeners.length === 0) this.#listeners = listeners
  }

  /** Gives a worker what is served; it is told of changes from then on. */
  async #catchUp(worker: SeatedWorker): Promise<void> {
    let served: Served
    do {
      served = this.#served
      const refusals = await this.#prepare(worker, served.recipe)
      if (refusals.length > 0) throw new Error(refusals.join('\n'))
      await worker.channel.ask('commit', served.generation)
      // It may have changed meanwhile.
    } while (served !== this.#served)
    this.#following.add(worker)
  }

  /** @returns why the worker cannot serve it; none: it can */
  async #prepare({ channel }: SeatedWorker, recipe: Recipe): Promise<readonly string[]> {
    return (await channel.ask('prepare', recipe, PREPARE_TIMEOUT_MS)) as readonly string[]
  }

  /**
   * All workers take a new configuration, or none does. Where one cannot make of it what the primary has made, its lines are
   * the error; one that ends meanwhile is no reason: another takes its place, and what is served then.
   */
  async #replace(next: Loaded, old: GatewayConfig, generation: number): Promise<void> {
    const { config } = next.snapshot
    const recipe = recipeOf(next)
    const refusals: string[] = []
    const prepared: SeatedWorker[] = []
    const waiting = [...this.#followers()]
    // Requests wait in a worker that compiles: few do so at one time, and the others serve meanwhile.
    const some = Array.from({ length: Math.max(1, waiting.length >> 2) }, async () => {
      for (let worker = waiting.shift(); worker !== undefined; worker = waiting.shift()) {
        try {
          const lines = await this.#prepare(worker, recipe)
          if (lines.length === 0) prepared.push(worker)
          else waiting.length = 0
          refusals.push(...lines)
        } catch (error) {
          if (!(error instanceof ChannelEnded)) refusals.push(...linesOf(error))
        }
      }
    })
    await Promise.all(some)
    if (refusals.length > 0) {
      await Promise.all(prepared.map(({ channel }) => channel.ask('abort').catch(isGone)))
      throw new Error([...new Set(refusals)].join('\n'))
    }
    this.#served = { recipe, generation }
    await Promise.all(prepared.map(({ channel }) => channel.ask('commit', generation).catch(isGone)))
    // They came up between the two steps.
    const late = this.#followers().filter((worker) => !prepared.includes(worker))
    await Promise.all(late.map((worker) => this.#catchUp(worker).catch(isGone)))
    warnOfRestart(this.#logger, config, old)
    if (this.#places !== undefined) this.#registrar.follow(config.register, this.#places)
  }

  /** Those that are still there. */
  #followers(): readonly SeatedWorker[] {
    const { workers } = this.#fleet
    for (const worker of this.#following) if (!workers.includes(worker)) this.#following.delete(worker)
    return [...this.#following]
  }

  async #drain(): Promise<{ readonly wasCut: boolean }> {
    this.#isDraining = true
    this.#isReady = false
    this.#current.stop()
    this.#fleet.stopReplacing()
    await this.#listening?.catch(() => undefined)
    const { workers } = this.#fleet
    await Promise.all(workers.map(({ channel }) => channel.ask('begin-draining').catch(isGone)))
    // First of all: who finds the gateway through Consul has `drain.delay` to turn elsewhere.
    await waitAtMost(WITHDRAW_TIMEOUT_MS, this.#registrar.withdraw(), this.#pause)
    const endings = await Promise.all(
      workers.map(async ({ channel }) => {
        // What a worker that has died was doing is cut.
        const { wasCut } = (await channel.ask('drain').catch(() => ({ wasCut: true }))) as { wasCut: boolean }
        await channel.ask('end').catch(isGone)
        return wasCut
      }),
    )
    await this.#fleet.end(END_TIMEOUT_MS)
    this.#limits.close()
    void this.#current.retire()
    this.#upstreams.close()
    // Where Consul was away before; once deregistered there is nothing to do.
    await waitAtMost(WITHDRAW_TIMEOUT_MS, this.#registrar.withdraw(), this.#pause)
    this.#registrar.close()
    await this.#admin?.close()
    return { wasCut: endings.includes(true) }
  }

  async #askReadiness(): Promise<Readiness> {
    const { serving, views } = this.#fleet
    const told = this.#readiness.with(await this.#fleet.ask<Readiness>('readiness'), views)
    const readiness = mergeReadiness(told, { serving, all: views.length }, this.#isDraining)
    this.#isReady = readiness.isReady
    return readiness
  }

  async #status(): Promise<GatewayStatus & { readonly workers: readonly object[] }> {
    const [answers, { isReady }] = await Promise.all([this.#fleet.ask<WorkerStatus>('status'), this.#askReadiness()])
    return {
      ...statusOf(this.#current, {
        startedMs: this.#startedMs,
        isReady,
        isDraining: this.#isDraining,
        registration: this.#registrar.view,
      }),
      workers: this.#fleet.views.map((view) => ({
        ...view,
        ...answers.find(({ worker }) => worker === view.worker)?.value,
      })),
    }
  }

  async #askUpstreams(): Promise<readonly UpstreamView[]> {
    const answers = await this.#fleet.ask<readonly UpstreamView[]>('upstreams')
    return mergeUpstreams(this.#upstreamViews.with(answers, this.#fleet.views))
  }

  async #askErrors(): Promise<readonly ErrorView[]> {
    const answers = await this.#fleet.ask<readonly ErrorView[]>('recent-errors')
    return mergeErrors([this.#journal.entries, ...answers.map(({ value }) => value)])
  }

  async #askMetrics(): Promise<string | undefined> {
    if (this.#current.snapshot.config.telemetry.metrics !== 'prometheus') return undefined
    const answers = await this.#fleet.ask<MetricsSnapshot | undefined>('metrics')
    const snapshots = this.#metrics.with(answers, this.#fleet.views)
    if (snapshots === undefined) return undefined
    return prometheusOf(snapshots, { env: this.#env, logger: this.#logger, version: VERSION })
  }

  #adminContext(): AdminContext {
    return {
      config: () => this.#current.snapshot.config.admin,
      shownConfig: () => this.#current.snapshot.config.shown,
      readiness: () => this.#askReadiness(),
      status: () => this.#status(),
      recentErrors: () => this.#askErrors(),
      routes: () => describeRoutes(this.#current.snapshot),
      upstreams: () => this.#askUpstreams(),
      prometheus: () => this.#askMetrics(),
      reload: () => {
        this.#tellAll('reopen')
        return this.#current.reload().catch((error: unknown) => ({ errors: linesOf(error) }))
      },
      logLevel: () => this.#baseLogger.level as LogLevel,
      setLogLevel: async (level) => {
        this.#baseLogger.level = level
        await Promise.all(this.#fleet.workers.map(({ channel }) => channel.ask('log-level', level).catch(isGone)))
      },
    }
  }
}

function recipeOf({ recipe }: Loaded): Recipe {
  if (recipe === undefined) throw new Error('the loader of a primary keeps recipes')
  return recipe
}

/** A worker that has ended, or ends because of it, is replaced by whoever looks after them: nothing else is to be done. */
function isGone(): void {}
