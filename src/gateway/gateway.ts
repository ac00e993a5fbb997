import { pino, type Logger } from 'pino'
import { createAdminApp, openAdmin, type AdminContext, type AdminListener } from '../admin/index.js'
import { createHandler, type GatewayHandler } from '../exchange/index.js'
import { formatProblem, LoadError } from '../problems/index.js'
import { openListener, type Listener } from '../server/index.js'
import { SharedUpstreams, type Snapshot } from '../snapshot/index.js'
import { Loader, type Loaded } from './loader.js'
import { readinessOf } from './readiness.js'
import { describeRoutes } from './routes.js'
import type { ConfigSource } from './source.js'
import type { Addresses, GatewayOptions, GatewayStatus, OperatedGateway } from './types.js'
import { VERSION } from './version.js'
import { FileWatch } from './watch.js'

const FIRST_RETRY_MS = 1000
const LAST_RETRY_MS = 30_000
const CUT_GRACE_MS = 50

/**
 * Loads a configuration and makes a gateway of it, not yet listening.
 * @throws LoadError with every problem, each with its place
 */
export async function openGateway(source: ConfigSource, options: GatewayOptions = {}): Promise<OperatedGateway> {
  const logger = options.logger ?? pino({ level: 'warn' }, pino.destination(2))
  const upstreams = new SharedUpstreams()
  const loader = new Loader(source, options.env ?? process.env, upstreams)
  try {
    return new RunningGateway(loader, upstreams, await loader.load(true), logger)
  } catch (error) {
    upstreams.close()
    throw error
  }
}

class RunningGateway implements OperatedGateway {
  readonly handler: GatewayHandler
  readonly #loader: Loader
  readonly #upstreams: SharedUpstreams
  readonly #logger: Logger
  readonly #startedMs = Date.now()
  #snapshot: Snapshot
  #generation = 0
  #swappedMs = Date.now()
  #lastErrors: readonly string[] = []
  #listeners: Listener[] = []
  #admin: AdminListener | undefined
  #watch: FileWatch | undefined
  /** Reloads run one after the other. */
  #reloading: Promise<unknown> = Promise.resolve()
  #retry: NodeJS.Timeout | undefined
  #retryMs = FIRST_RETRY_MS
  #isDraining = false
  #closing: Promise<{ readonly wasCut: boolean }> | undefined
  #endWait: (() => void) | undefined
  #isCut = false

  constructor(loader: Loader, upstreams: SharedUpstreams, loaded: Loaded, logger: Logger) {
    this.#loader = loader
    this.#upstreams = upstreams
    this.#logger = logger
    this.#snapshot = loaded.snapshot
    this.#swapIn(loaded)
    this.handler = createHandler({
      current: () => this.#snapshot,
      isDraining: () => this.#isDraining,
      bodyTimeoutMs: () => this.#snapshot.config.client.bodyTimeoutMs,
      onFault: (error, request) => logger.error({ err: error, ...request }, 'a fault of ours while serving a request'),
    })
  }

  get snapshot(): Snapshot {
    return this.#snapshot
  }

  async listen(): Promise<Addresses> {
    const { config } = this.#snapshot
    try {
      for (const listen of config.listen)
        this.#listeners.push(await openListener(listen, config.client, this.#serverContext()))
      this.#admin = await openAdmin(config.admin, createAdminApp(this.#adminContext()))
    } catch (error) {
      for (const listener of this.#listeners.splice(0)) await listener.close()
      throw error
    }
    if (config.watch) {
      this.#watch = new FileWatch(
        (file) => void this.#reloadBecause(`${file} changed`),
        (error) => this.#logger.warn({ err: error }, 'cannot watch files: reload by SIGHUP or POST /reload'),
      )
      this.#watch.follow(this.#snapshot)
    }
    return { urls: this.#listeners.map(({ url }) => url), admin: this.#admin.url }
  }

  reload(): Promise<{ readonly generation: number }> {
    const reloaded = this.#reloading.then(() => this.#reloadNow())
    this.#reloading = reloaded.catch(() => undefined)
    return reloaded
  }

  close(): Promise<{ readonly wasCut: boolean }> {
    return (this.#closing ??= this.#drain())
  }

  cut(): void {
    this.#isCut = true
    this.#endWait?.()
  }

  status(): GatewayStatus {
    const { routes, unmapped, unserved, upstreams } = this.#snapshot
    return {
      version: VERSION,
      generation: this.#generation,
      uptimeSeconds: Math.floor((Date.now() - this.#startedMs) / 1000),
      ageSeconds: Math.floor((Date.now() - this.#swappedMs) / 1000),
      routes: routes.length,
      methods: new Set(routes.map(({ route }) => route.rpcName)).size,
      unmappedMethods: unmapped.length,
      unservedMethods: unserved.length,
      upstreams: upstreams.length,
      isReady: readinessOf(this.#snapshot, this.#isDraining).isReady,
      isDraining: this.#isDraining,
      lastErrors: this.#lastErrors,
    }
  }

  async #reloadNow(): Promise<{ readonly generation: number }> {
    if (this.#isDraining) throw new Error('the gateway is shutting down')
    try {
      const loaded = await this.#loader.load(this.#snapshot.awaitedReflection.length > 0)
      this.#tellWhatNeedsRestart(loaded.snapshot)
      const old = this.#snapshot
      this.#swapIn(loaded)
      void old.retire()
      for (const listener of this.#listeners) listener.renewTls()
      this.#watch?.follow(this.#snapshot)
      this.#logger.info(
        { generation: this.#generation, routes: this.#snapshot.routes.length },
        'serving the new configuration',
      )
      return { generation: this.#generation }
    } catch (error) {
      this.#lastErrors = error instanceof LoadError ? error.problems.map(formatProblem) : [String(error)]
      throw error
    }
  }

  #swapIn({ snapshot, failures, deferred }: Loaded): void {
    this.#snapshot = snapshot
    this.#generation++
    this.#swappedMs = Date.now()
    this.#lastErrors = deferred.map(formatProblem)
    for (const note of snapshot.notes) this.#logger.info(note)
    for (const warning of snapshot.warnings) this.#logger.warn(formatProblem(warning))
    for (const { upstream, message, hasEarlier } of failures) {
      const meanwhile = hasEarlier
        ? 'what it told before goes on being used'
        : 'its methods are not served until it answers'
      this.#logger.warn({ upstream }, `reflection failed: ${message}; ${meanwhile}`)
    }
    if (snapshot.awaitedReflection.length === 0) this.#retryMs = FIRST_RETRY_MS
    else this.#retryLater()
  }

  /** Asks again for reflection that is still awaited, ever more rarely. */
  #retryLater(): void {
    clearTimeout(this.#retry)
    const delay = this.#retryMs * (0.8 + Math.random() * 0.4)
    this.#retryMs = Math.min(this.#retryMs * 1.6, LAST_RETRY_MS)
    this.#retry = setTimeout(() => void this.#reloadBecause('reflection is awaited'), delay)
    this.#retry.unref()
  }

  async #reloadBecause(reason: string): Promise<void> {
    if (this.#isDraining) return
    this.#logger.info(`reloading: ${reason}`)
    try {
      await this.reload()
    } catch (error) {
      if (this.#isDraining) return
      this.#logger.error('the new configuration is refused, the old one goes on')
      for (const line of error instanceof LoadError ? error.problems.map(formatProblem) : [String(error)])
        this.#logger.error(line)
      if (this.#snapshot.awaitedReflection.length > 0) this.#retryLater()
    }
  }

  #tellWhatNeedsRestart(next: Snapshot): void {
    for (const key of ['listen', 'admin', 'client'] as const) {
      if (JSON.stringify(next.config[key]) === JSON.stringify(this.#snapshot.config[key])) continue
      this.#logger.warn(`${key} changed: that takes effect at the next start`)
    }
  }

  /** Contract: "Drain". */
  async #drain(): Promise<{ readonly wasCut: boolean }> {
    const { delayMs, timeoutMs } = this.#snapshot.config.drain
    this.#isDraining = true
    clearTimeout(this.#retry)
    await this.#watch?.close()
    if (delayMs > 0 && this.#listeners.length > 0) await this.#wait(delayMs)
    const finished = Promise.all(this.#listeners.map((listener) => listener.close())).then(() => true)
    const isFinished = await Promise.race([finished, this.#wait(timeoutMs).then(() => false)])
    this.#endWait?.()
    if (!isFinished) for (const listener of this.#listeners) listener.closeAllConnections()
    const released = this.#snapshot.retire().then(() => this.#upstreams.drained())
    await Promise.race([released, this.#wait(isFinished ? timeoutMs : 0)])
    this.#endWait?.()
    this.#upstreams.close()
    await this.#admin?.close()
    return { wasCut: !isFinished }
  }

  /** Resolves after `ms`, or as soon as it is told to cut (with a moment for what is ending anyway). */
  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#isCut ? Math.min(ms, CUT_GRACE_MS) : ms)
      this.#endWait = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #serverContext() {
    return {
      handler: this.handler,
      transcoder: () => this.#snapshot.transcoder,
      isDraining: () => this.#isDraining,
    }
  }

  #adminContext(): AdminContext {
    return {
      config: () => this.#snapshot.config.admin,
      readiness: () => readinessOf(this.#snapshot, this.#isDraining),
      status: () => this.status(),
      routes: () => describeRoutes(this.#snapshot),
      upstreams: () =>
        this.#snapshot.upstreams.map((upstream) => ({
          name: upstream.name,
          target: upstream.target,
          endpoints: upstream.endpoints(),
        })),
      reload: async () => {
        try {
          return await this.reload()
        } catch (error) {
          return { errors: error instanceof LoadError ? error.problems.map(formatProblem) : [String(error)] }
        }
      },
    }
  }
}
