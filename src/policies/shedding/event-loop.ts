/** Time, and the way to wait for it; both of the process but in tests. */
export interface LoopClock {
  /** ms, from any beginning. */
  now(): number
  later(listener: () => void, ms: number): void
}

/** A timer runs so often while somebody asks. Delays shorter than this are not seen. */
const SAMPLE_MS = 20
/** What is told is the longest delay of so long. */
const WINDOW_MS = 100
/** When nobody has asked for so many windows, nothing is measured any more. */
const MAX_IDLE_WINDOWS = 50

/** @param delayMs the longest of the window @param windowMs how long that was */
export type DelayListener = (delayMs: number, windowMs: number) => void

/**
 * How much later than due timers run: what everything that waits for the event loop waits. Measured only while there are
 * requests that depend on it, so that there is nothing to close.
 */
export class EventLoopDelay {
  readonly #clock: LoopClock
  readonly #listeners = new Set<DelayListener>()
  readonly #onTimer = (): void => this.#sample()
  #isMeasuring = false
  #isAsked = false
  #idleWindows = 0
  #dueMs = 0
  #windowStartMs = 0
  #longestMs = 0

  constructor(clock: LoopClock) {
    this.#clock = clock
  }

  get isMeasuring(): boolean {
    return this.#isMeasuring
  }

  /** The listener is told of each window from then on, for as long as somebody asks. */
  listen(listener: DelayListener): void {
    this.#listeners.add(listener)
  }

  /** Somebody asks: measures, if it does not yet. */
  ask(): void {
    this.#isAsked = true
    if (this.#isMeasuring) return
    this.#isMeasuring = true
    this.#idleWindows = 0
    this.#windowStartMs = this.#clock.now()
    this.#longestMs = 0
    this.#wait()
  }

  #wait(): void {
    this.#dueMs = this.#clock.now() + SAMPLE_MS
    this.#clock.later(this.#onTimer, SAMPLE_MS)
  }

  #sample(): void {
    const now = this.#clock.now()
    this.#longestMs = Math.max(this.#longestMs, now - this.#dueMs)
    const windowMs = now - this.#windowStartMs
    if (windowMs >= WINDOW_MS) {
      for (const listener of this.#listeners) listener(this.#longestMs, windowMs)
      this.#idleWindows = this.#isAsked ? 0 : this.#idleWindows + 1
      this.#isAsked = false
      this.#windowStartMs = now
      this.#longestMs = 0
      if (this.#idleWindows >= MAX_IDLE_WINDOWS) {
        this.#isMeasuring = false
        return
      }
    }
    this.#wait()
  }
}
