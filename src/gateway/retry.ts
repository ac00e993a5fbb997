/** Does something again and again, ever more rarely, until it is no longer wanted. Keeps no process alive. */
export class Retry {
  readonly #attempt: () => void
  readonly #random: () => number
  #delayMs = FIRST_DELAY_MS
  #timer: NodeJS.Timeout | undefined

  constructor(attempt: () => void, random: () => number = Math.random) {
    this.#attempt = attempt
    this.#random = random
  }

  /** @returns in how many ms the next attempt is; a fifth more or less than planned, so that replicas spread out */
  schedule(): number {
    clearTimeout(this.#timer)
    const delayMs = Math.round(this.#delayMs * (0.8 + this.#random() * 0.4))
    this.#delayMs = Math.min(this.#delayMs * GROWTH, LAST_DELAY_MS)
    this.#timer = setTimeout(this.#attempt, delayMs)
    this.#timer.unref()
    return delayMs
  }

  /** Nothing is left to try for: a later failure begins with short delays again. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#delayMs = FIRST_DELAY_MS
  }
}

const FIRST_DELAY_MS = 1000
const LAST_DELAY_MS = 30_000
const GROWTH = 1.6
