/** One that has lived so long was not a crash at the start: the next one is replaced at once again. */
const SOUND_MS = 30_000
const FIRST_PAUSE_MS = 250
const LAST_PAUSE_MS = 15_000

/** How long to wait before a process that ended is replaced: not at all the first time, then ever longer. */
export class Restarts {
  readonly #now: () => number
  #startedMs = 0
  #crashes = 0
  count = 0

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  onStart(): void {
    this.#startedMs = this.#now()
  }

  /** @returns ms */
  onCrash(): number {
    if (this.#now() - this.#startedMs >= SOUND_MS) this.#crashes = 0
    const pauseMs = this.#crashes === 0 ? 0 : Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#crashes - 1))
    this.#crashes++
    this.count++
    return pauseMs
  }
}
