import type { Logger } from 'pino'
import { isLoopback, type Environment, type RegisterConfig } from '../config/index.js'
import { agentSettings, printAgentAddress, systemFiles, type AgentSettings } from '../consul/index.js'
import { registeredService, type ListeningPlaces } from './registered-service.js'
import { Registration, type RegistrationView } from './registration.js'

export interface RegistrarOptions {
  readonly env: Environment
  readonly logger: Logger
  /** Whether the gateway is ready now. */
  readonly isReady: () => boolean
}

/** Registers the gateway as its configuration says, from reload to reload. One change is done before the next begins. */
export class Registrar {
  readonly #options: RegistrarOptions
  #current: Registration | undefined
  /** What it was made of; undefined: there is none. */
  #key: string | undefined
  #changing: Promise<unknown> = Promise.resolve()
  #isEnded = false

  constructor(options: RegistrarOptions) {
    this.#options = options
  }

  /** null where the gateway does not register. */
  get view(): RegistrationView | null {
    return this.#current?.view ?? null
  }

  /** Called when the gateway listens, and when another configuration takes over. Never throws. */
  follow(config: RegisterConfig | undefined, places: ListeningPlaces): void {
    const key = config === undefined ? undefined : JSON.stringify([config, places])
    if (this.#isEnded || key === this.#key) return
    this.#key = key
    this.#changing = this.#changing.then(() => this.#change(config, places))
  }

  /**
   * Deregisters; from then on nothing is registered. Tries again where it could not before. Resolves, and never rejects,
   * when the agent has answered or was given up on.
   */
  withdraw(): Promise<unknown> {
    this.#isEnded = true
    return (this.#changing = this.#changing.then(() => this.#current?.deregister()))
  }

  /** Ends what is under way. */
  close(): void {
    this.#isEnded = true
    this.#current?.close()
  }

  async #change(config: RegisterConfig | undefined, places: ListeningPlaces): Promise<void> {
    const next = config === undefined || this.#isEnded ? undefined : this.#readied(config, places)
    const old = this.#current
    if (old !== undefined) {
      const { agent, id } = old.view
      const isSame = next !== undefined && next.service.id === id && printAgentAddress(next.settings.address) === agent
      // The same instance is registered over.
      await (isSame ? old.settle() : old.deregister())
      old.close()
      this.#current = undefined
    }
    if (next === undefined || this.#isEnded) return
    const { logger, isReady } = this.#options
    this.#current = new Registration({ ...next, logger, isReady })
  }

  /** undefined where the environment has changed so that the agent cannot be reached: the load has checked it. */
  #readied(config: RegisterConfig, places: ListeningPlaces) {
    const { env, logger } = this.#options
    const settings = agentSettings({ address: config.consul, token: config.token }, env, systemFiles)
    if (typeof settings === 'string') {
      logger.error(`cannot register with Consul: ${settings}`)
      return undefined
    }
    const service = registeredService(config, places)
    if (isOutOfReach(settings, new URL(service.check.url).hostname)) {
      const agent = printAgentAddress(settings.address)
      logger.warn(
        `the Consul agent ${agent} is told to ask ${service.check.url}, which is there on this machine only: set register.check, and admin.host`,
      )
    }
    return { settings, service }
  }
}

function isOutOfReach({ address }: AgentSettings, checked: string): boolean {
  return isLoopback(checked.replace(/^\[|\]$/g, '')) && address.socketPath === undefined && !isLoopback(address.host)
}
