import { pino, type Logger } from 'pino'
import { openAdmin, type AdminContext, type AdminListener, type LogLevel } from '../admin/index.js'
import type { Environment, GatewayConfig } from '../config/index.js'
import type { GatewayHandler } from '../exchange/index.js'
import { Limiters } from '../policies/index.js'
import { SharedUpstreams, type Snapshot } from '../snapshot/index.js'
import { Telemetry } from '../telemetry/index.js'
import { VERSION } from '../version/index.js'
import { CurrentSnapshot, linesOf } from './current-snapshot.js'
import { waitAtMost } from './drain.js'
import { Journal } from './journal.js'
import { Loader, type Loaded } from './loader.js'
import { Pause } from './pause.js'
import { readinessOf } from './readiness.js'
import type { ListeningPlaces } from './registered-service.js'
import { Registrar } from './registrar.js'
import { Serving, warnOfRestart } from './serving.js'
import { describeRoutes } from './routes.js'
import { statusOf } from './status.js'
import { describeUpstreams } from './upstreams.js'
import type { ConfigSource } from './source.js'
import type { Addresses, GatewayOptions, GatewayStatus, OperatedGateway } from './types.js'

/** A gateway comes up without an upstream's reflection, or mapping files in Consul, when those take longer. */
const FIRST_ASK_TIMEOUT_MS = 3000
/** A drain waits no longer than this for Consul to know of it. */
const WITHDRAW_TIMEOUT_MS = 2500

/**
 * Loads a configuration and makes a gateway of it, not yet listening.
 * @throws LoadError with every problem, each with its place
 */
export async function openGateway(source: ConfigSource, options: GatewayOptions = {}): Promise<OperatedGateway> {
  const baseLogger = options.logger ?? pino({ level: 'warn' }, pino.destination(2))
  const journal = new Journal()
  const logger = journal.follow(baseLogger)
  const env = options.env ?? process.env
  const upstreams = new SharedUpstreams({ onNote: (upstream, note) => logger.warn({ upstream }, note), env })
  let gateway: RunningGateway | undefined
  const telemetry = new Telemetry({ env, logger, version: VERSION, current: () => gateway?.observed })
  const limiters = new Limiters((level, text) => logger[level](text))
  const loader = new Loader(source, env, upstreams, telemetry, false, limiters)
  try {
    const loaded = await loader.load({ mayWait: true, askTimeoutMs: FIRST_ASK_TIMEOUT_MS })
    gateway = new RunningGateway(
      loader,
      { upstreams, telemetry, limiters },
      loaded,
      { logger, baseLogger, journal },
      env,
    )
    return gateway
  } catch (error) {
    await telemetry.close()
    upstreams.close()
    throw error
  }
}

/** Where it is told what goes on. */
interface Telling {
  readonly logger: Logger
  readonly baseLogger: Logger
  readonly journal: Journal
}

/** What outlives a configuration. */
interface Kept {
  readonly upstreams: SharedUpstreams
  readonly telemetry: Telemetry
  readonly limiters: Limiters
}

class RunningGateway implements OperatedGateway {
  readonly #serving: Serving
  readonly #current: CurrentSnapshot
  readonly #loader: Loader
  readonly #upstreams: SharedUpstreams
  readonly #telemetry: Telemetry
  readonly #limiters: Limiters
  readonly #logger: Logger
  /** Of which the level is set: `#logger` is the same one, whose warnings are noted. */
  readonly #baseLogger: Logger
  readonly #journal: Journal
  readonly #startedMs = Date.now()
  #listening: Promise<Addresses> | undefined
  #admin: AdminListener | undefined
  /** Known once it listens. */
  #places: ListeningPlaces | undefined
  readonly #registrar: Registrar
  readonly #pause = new Pause()
  #isDraining = false
  #closing: Promise<{ readonly wasCut: boolean }> | undefined

  constructor(
    loader: Loader,
    { upstreams, telemetry, limiters }: Kept,
    loaded: Loaded,
    { logger, baseLogger, journal }: Telling,
    env: Environment,
  ) {
    this.#loader = loader
    this.#upstreams = upstreams
    this.#telemetry = telemetry
    this.#limiters = limiters
    limiters.serve()
    this.#logger = logger
    this.#baseLogger = baseLogger
    this.#journal = journal
    this.#current = new CurrentSnapshot(loaded, {
      loader,
      logger,
      env,
      onReplace: ({ snapshot: { config } }, old) => this.#onReplace(config, old),
    })
    this.#registrar = new Registrar({
      env,
      logger,
      isReady: () => readinessOf(this.#current.snapshot, this.#isDraining).isReady,
    })
    const { workers } = loaded.snapshot.config
    if (workers > 1) logger.warn(`workers: ${workers}: only \`protobridge serve\` starts processes, this is one`)
    this.#serving = new Serving({ current: () => this.#current.snapshot, logger, journal, processes: 1 })
  }

  get handler(): GatewayHandler {
    return this.#serving.handler
  }

  get snapshot(): Snapshot {
    return this.#current.snapshot
  }

  /** For what telemetry observes at collection. */
  get observed() {
    const { generation, ageSeconds, snapshot } = this.#current
    return { generation, ageSeconds, upstreams: snapshot.upstreams, keys: this.#loader.fetchedKeys }
  }

  listen(): Promise<Addresses> {
    if (this.#isDraining) return Promise.reject(new Error('the gateway is closed'))
    if (this.#listening !== undefined) return Promise.reject(new Error('the gateway listens already'))
    this.#listening = this.#listen()
    return this.#listening
  }

  reload(): Promise<{ readonly generation: number }> {
    this.#telemetry.reopen()
    return this.#current.reload()
  }

  reloadBecause(reason: string): Promise<void> {
    this.#telemetry.reopen()
    return this.#current.reloadBecause(reason)
  }

  close(): Promise<{ readonly wasCut: boolean }> {
    return (this.#closing ??= this.#drain())
  }

  cut(): void {
    this.#pause.cut()
  }

  status(): GatewayStatus {
    return statusOf(this.#current, {
      startedMs: this.#startedMs,
      isReady: readinessOf(this.#current.snapshot, this.#isDraining).isReady,
      isDraining: this.#isDraining,
      registration: this.#registrar.view,
    })
  }

  async #listen(): Promise<Addresses> {
    const { config } = this.#current.snapshot
    let listeners
    try {
      listeners = await this.#serving.open(config)
      this.#admin = await openAdmin(config.admin, this.#adminContext(), (error) =>
        this.#logger.error({ err: error }, 'the admin port failed'),
      )
    } catch (error) {
      await this.#serving.close()
      this.#listening = undefined
      throw error
    }
    const { host, port } = listeners[0]!
    this.#places = { host, port, admin: this.#admin.url }
    this.#registrar.follow(this.#current.snapshot.config.register, this.#places)
    const { url: admin, grpcHealth } = this.#admin
    return { urls: listeners.map(({ url }) => url), admin, grpcHealth }
  }

  /** Certificates are renewed; what else of the sockets changed takes a restart. */
  #onReplace(next: GatewayConfig, old: GatewayConfig): void {
    this.#serving.renew(next)()
    warnOfRestart(this.#logger, next, old)
    if (this.#places !== undefined) this.#registrar.follow(next.register, this.#places)
  }

  async #drain(): Promise<{ readonly wasCut: boolean }> {
    this.#isDraining = true
    this.#serving.beginDraining()
    this.#current.stop()
    await this.#listening?.catch(() => undefined)
    // First of all: who finds the gateway through Consul has `drain.delay` to turn elsewhere.
    await waitAtMost(WITHDRAW_TIMEOUT_MS, this.#registrar.withdraw(), this.#pause)
    const wasCut = await this.#serving.drain(this.#current.snapshot.config, this.#pause, () =>
      this.#current.retire().then(() => this.#upstreams.drained()),
    )
    this.#upstreams.close()
    this.#limiters.close()
    // Where Consul was away before; once deregistered there is nothing to do.
    await waitAtMost(WITHDRAW_TIMEOUT_MS, this.#registrar.withdraw(), this.#pause)
    this.#registrar.close()
    await this.#telemetry.close()
    await this.#admin?.close()
    return { wasCut }
  }

  #adminContext(): AdminContext {
    return {
      config: () => this.#current.snapshot.config.admin,
      shownConfig: () => this.#current.snapshot.config.shown,
      readiness: () => readinessOf(this.#current.snapshot, this.#isDraining),
      status: () => this.status(),
      recentErrors: () => this.#journal.entries,
      routes: () => describeRoutes(this.#current.snapshot),
      upstreams: () => describeUpstreams(this.#current.snapshot),
      prometheus: () => this.#telemetry.prometheus(),
      reload: () => this.reload().catch((error: unknown) => ({ errors: linesOf(error) })),
      logLevel: () => this.#baseLogger.level as LogLevel,
      setLogLevel: (level) => {
        this.#baseLogger.level = level
      },
    }
  }
}
