import type { Logger } from 'pino'
import type { GatewayConfig, ListenConfig } from '../config/index.js'
import { createHandler, type GatewayHandler, type RefusedRequest } from '../exchange/index.js'
import { openListener, type Listener } from '../server/index.js'
import type { Snapshot } from '../snapshot/index.js'
import { drain } from './drain.js'
import type { Journal } from './journal.js'
import type { Pause } from './pause.js'

export interface ServingOptions {
  readonly current: () => Snapshot
  readonly logger: Logger
  /** Where answers that are failures are noted. */
  readonly journal: Journal
  /** Processes that listen at the same addresses, this one included: they share what `client` allows. */
  readonly processes: number
}

/** What serves requests in one process: the handler, and the listeners before it. */
export class Serving {
  readonly handler: GatewayHandler
  readonly #options: ServingOptions
  #listeners: readonly Listener[] = []
  /** What they were opened with. */
  #opened: readonly ListenConfig[] = []
  #isDraining = false

  constructor(options: ServingOptions) {
    this.#options = options
    const { current, logger, journal } = options
    this.handler = createHandler({
      current,
      isDraining: () => this.#isDraining,
      bodyTimeoutMs: () => current().config.client.bodyTimeoutMs,
      onFault: (error, request) => logger.error({ err: error, ...request }, 'a fault of ours while serving a request'),
      onFailedAnswer: (answer) => journal.noteAnswer(answer),
    })
  }

  /** Opens all listeners of a configuration, or none, and then rejects. */
  async open({ listen, client }: GatewayConfig): Promise<readonly Listener[]> {
    const { current, logger, processes } = this.#options
    const context = {
      handler: this.handler,
      transcoder: () => current().transcoder,
      hasSecurityHeaders: () => current().hasSecurityHeaders,
      onRefused: (refused: RefusedRequest) => current().observer?.onRefused(refused),
      // A connection that could not be accepted, say: the listener goes on.
      onError: (error: Error) => logger.error({ err: error }, 'a listener failed'),
    }
    // Begun side by side: certificates are read before anything has to be waited for.
    const opening = listen.map((one) => openListener(one, { ...client, processes }, context))
    const opened = await Promise.allSettled(opening)
    const listeners = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    const failed = opened.find((result) => result.status === 'rejected')
    this.#listeners = listeners
    this.#opened = listen
    if (failed === undefined) return listeners
    await this.close()
    throw failed.reason
  }

  /** Closes the listeners: nothing has been served yet. */
  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()))
    this.#listeners = []
  }

  /**
   * Reads certificates anew for another configuration; what it returns puts them to use.
   * @throws Error where they cannot be used
   */
  renew({ listen }: GatewayConfig): () => void {
    // Where else it listens takes a restart, and what is written of those places is not for these.
    if (JSON.stringify(listen) !== JSON.stringify(this.#opened)) return () => undefined
    const renewals = this.#listeners.map((listener) => listener.readTls())
    return () => {
      for (const renew of renewals) renew()
    }
  }

  /** Requests are answered with `Connection: close` from now on. */
  beginDraining(): void {
    this.#isDraining = true
  }

  /** @returns whether something had to be cut */
  drain(
    { drain: { delayMs, timeoutMs } }: GatewayConfig,
    pause: Pause,
    idle: () => Promise<unknown>,
    stopAccepting?: () => Promise<void>,
  ): Promise<boolean> {
    this.#isDraining = true
    return drain({ listeners: this.#listeners, delayMs, timeoutMs, pause, stopAccepting, idle })
  }
}

/** Tells what of a new configuration takes a restart. */
export function warnOfRestart(logger: Logger, next: GatewayConfig, old: GatewayConfig): void {
  const [before, after] = [restartedParts(old), restartedParts(next)]
  for (const key of ['listen', 'admin', 'client', 'workers'] as const) {
    if (JSON.stringify(after[key]) === JSON.stringify(before[key])) continue
    logger.warn(`${key} changed: that takes effect at the next start`)
  }
}

/** The parts of a configuration that processes and sockets were opened with. */
function restartedParts({ listen, admin: { host, port, grpcHealth }, client, workers }: GatewayConfig) {
  const { headerTimeoutMs, keepAliveTimeoutMs, maxConnections } = client
  return {
    listen,
    admin: { host, port, grpcHealth },
    client: { headerTimeoutMs, keepAliveTimeoutMs, maxConnections },
    workers,
  }
}
