import type { Logger } from 'pino'

/**
 * Tells that a backend takes nothing any more, or refuses some of it, once, and that this is over, once; however often either is found
 * out.
 */
export class BackendWatch {
  #isAway = false
  /** Since the last success something had to be dropped before it could be sent. */
  #hasOverflowed = false
  /** While it was away. */
  #lost = 0
  /** Of what is taken next some is refused. */
  #refusesSome = false
  /** Since all of something was taken; undefined: none. */
  #refused: number | undefined
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
    this.#tellWhole()
    const isSlow = this.#hasOverflowed
    this.#hasOverflowed = false
    if (!this.#isAway || isSlow) return
    this.#logger.warn({ endpoint: this.#endpoint, lost: this.#lost }, `${this.#what} are taken again`)
    this.#isAway = false
    this.#lost = 0
  }

  /** Of what is taken next so many items are refused; 0: the backend has but something to say. @param why for a person */
  refused(why: string, count: number): void {
    this.#refusesSome = true
    const isKnown = this.#refused !== undefined
    this.#refused = (this.#refused ?? 0) + count
    if (isKnown) return
    const message =
      count > 0 ? `some ${this.#what} are refused, and lost: ${why}` : `of ${this.#what} the backend says: ${why}`
    this.#logger.warn({ endpoint: this.#endpoint }, message)
  }

  #tellWhole(): void {
    if (this.#refusesSome) {
      this.#refusesSome = false
      return
    }
    if (this.#refused === undefined) return
    if (this.#refused > 0)
      this.#logger.warn({ endpoint: this.#endpoint, lost: this.#refused }, `all ${this.#what} are taken again`)
    this.#refused = undefined
  }

  /** Something was not. @param lost how many items, where they are counted */
  failed(why: string, lost = 0): void {
    this.#lost += lost
    if (this.#isAway) return
    this.#isAway = true
    const message = `${this.#what} cannot be sent, and are lost until they can be: ${why}`
    this.#logger.warn({ endpoint: this.#endpoint }, message)
  }

  /** So many items had to be dropped, since what waits to be sent has a bound. */
  overflowed(lost: number): void {
    this.#hasOverflowed = true
    this.failed('more come than are taken', lost)
  }
}
