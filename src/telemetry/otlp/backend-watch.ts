import type { Logger } from 'pino'

/** Tells that a backend takes nothing any more, once, and that it is back, once; however often either is found out. */
export class BackendWatch {
  #isAway = false
  readonly #logger: Logger
  readonly #what: string
  readonly #endpoint: string

  /** @param what is sent: `traces` @param endpoint for a person */
  constructor(logger: Logger, what: string, endpoint: string) {
    this.#logger = logger
    this.#what = what
    this.#endpoint = endpoint
  }

  /** Something was taken. */
  succeeded(): void {
    if (!this.#isAway) return
    this.#isAway = false
    this.#logger.warn({ endpoint: this.#endpoint }, `${this.#what} are taken again`)
  }

  /** Something was not: it is lost. */
  failed(why: string): void {
    if (this.#isAway) return
    this.#isAway = true
    const message = `${this.#what} cannot be sent, and are lost until they can be: ${why}`
    this.#logger.warn({ endpoint: this.#endpoint }, message)
  }
}
