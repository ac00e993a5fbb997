import type { Logger } from 'pino'
import {
  createAgentClient,
  deregisterService,
  isServiceKnown,
  registerService,
  systemClock,
  type AgentClient,
  type AgentSettings,
  type Clock,
  type ServiceRegistration,
} from '../consul/index.js'

/** How often the agent is asked whether it still knows us: one that restarted may have forgotten. */
const VERIFY_MS = 5000
const MIN_BACKOFF_MS = 1000
const MAX_BACKOFF_MS = 30_000
const JITTER = 0.2
/** An exit waits no longer than this for the agent. */
const DEREGISTER_TIMEOUT_MS = 2000

/** What `/status` tells of the registration. */
export interface RegistrationView {
  readonly agent: string
  readonly service: string
  readonly id: string
  readonly isRegistered: boolean
  /** Why it is not, or why nobody knows; null where all is well. */
  readonly error: string | null
}

export interface RegistrationOptions {
  readonly settings: AgentSettings
  readonly service: ServiceRegistration
  /** Whether the check would pass now: what the agent is told until it has asked. */
  readonly isReady: () => boolean
  readonly logger: Logger
  readonly clock?: Clock
}

/**
 * Keeps the gateway registered with an agent: registers, looks now and then whether the agent still knows it, registers
 * again where it does not, and tries for ever where it cannot, ever more rarely. No failure stops the gateway.
 */
export class Registration {
  readonly #options: RegistrationOptions
  readonly #client: AgentClient
  readonly #clock: Clock
  #timer: { cancel(): void } | undefined
  /** The turn under way, or the last: a deregistration comes after it, never before. */
  #turn: Promise<void>
  #failures = 0
  #isRegistered = false
  /** The agent may know us: a request to register was sent. */
  #mayBeKnown = false
  #error: string | null = null
  #isEnded = false

  constructor(options: RegistrationOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#client = createAgentClient(options.settings, this.#clock)
    this.#turn = this.#register()
  }

  get view(): RegistrationView {
    const { name, id } = this.#options.service
    const isRegistered = this.#isRegistered
    return { agent: this.#client.agent, service: name, id, isRegistered, error: this.#error }
  }

  /**
   * Deregisters, once. Resolves when the agent has answered, or after a moment at most; never rejects.
   * @returns whether the agent knows us no longer
   */
  async deregister(): Promise<boolean> {
    await this.settle()
    if (!this.#mayBeKnown) return true
    const { logger, service } = this.#options
    const place = { agent: this.#client.agent, id: service.id }
    try {
      await deregisterService(this.#client, service.id, DEREGISTER_TIMEOUT_MS)
      this.#mayBeKnown = false
      this.#isRegistered = false
      this.#error = null
      logger.info(place, 'deregistered from Consul')
      return true
    } catch (error) {
      this.#error = messageOf(error)
      logger.warn(place, `cannot deregister from Consul: ${this.#error}`)
      return false
    }
  }

  /** Begins nothing any more, and resolves when what is under way has ended. */
  async settle(): Promise<void> {
    this.#isEnded = true
    this.#timer?.cancel()
    await this.#turn
  }

  /** Ends what is under way. */
  close(): void {
    this.#isEnded = true
    this.#timer?.cancel()
    this.#client.close()
  }

  async #register(): Promise<void> {
    this.#mayBeKnown = true
    const { service, isReady, logger } = this.#options
    try {
      await registerService(this.#client, service, isReady() ? 'passing' : 'critical')
    } catch (error) {
      this.#fail('cannot register with Consul', error)
      return
    }
    this.#isRegistered = true
    logger.info({ agent: this.#client.agent, id: service.id }, `registered with Consul as ${service.name}`)
    this.#succeed()
  }

  async #verify(): Promise<void> {
    const { service, logger } = this.#options
    try {
      if (await isServiceKnown(this.#client, service.id)) return this.#succeed()
    } catch (error) {
      this.#fail('cannot tell whether Consul still knows this gateway', error)
      return
    }
    this.#isRegistered = false
    if (this.#isEnded) return
    logger.warn({ agent: this.#client.agent, id: service.id }, 'Consul has forgotten this gateway: registering again')
    await this.#register()
  }

  #succeed(): void {
    this.#failures = 0
    this.#error = null
    this.#schedule(VERIFY_MS)
  }

  #fail(what: string, error: unknown): void {
    const message = messageOf(error)
    const delayMs = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** Math.min(this.#failures, 10))
    this.#failures++
    // Said once for each reason: it may go on for days.
    if (message !== this.#error && !this.#isEnded) {
      const { service, logger } = this.#options
      logger.warn({ agent: this.#client.agent, id: service.id }, `${what}: ${message}; it is tried again`)
    }
    this.#error = message
    this.#schedule(delayMs)
  }

  /** A fifth more or less, so that replicas spread out. */
  #schedule(delayMs: number): void {
    if (this.#isEnded) return
    const jitter = 1 + JITTER * (2 * this.#clock.random() - 1)
    this.#timer = this.#clock.setTimer(Math.round(delayMs * jitter), () => {
      this.#turn = this.#isRegistered ? this.#verify() : this.#register()
    })
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
