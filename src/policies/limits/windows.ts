/** Requests of one key since its window opened. */
export interface Window {
  count: number
  /** On the clock of whoever counts, ms. */
  endMs: number
}

/**
 * Windows of one length, one for each key, which open with its first request. The oldest comes first and is the next to end, so that
 * those that have ended are swept out a few at a time, as others come.
 */
export class Windows {
  readonly #lengthMs: number
  readonly #maxKeys: number
  readonly #windows = new Map<string, Window>()

  /** @param maxKeys of more, the one whose window ends first is forgotten, so that nobody can fill the memory */
  constructor(seconds: number, maxKeys: number) {
    this.#lengthMs = seconds * 1000
    this.#maxKeys = maxKeys
  }

  get size(): number {
    return this.#windows.size
  }

  /** @returns the window of the key, what it adds included */
  add(key: string, cost: number, nowMs: number): Window {
    const window = this.#windows.get(key)
    if (window !== undefined && window.endMs > nowMs) {
      window.count += cost
      return window
    }
    return this.#open(key, cost, nowMs, window)
  }

  /** What has been counted in the window of the key. */
  countOf(key: string, nowMs: number): number {
    const window = this.#windows.get(key)
    return window === undefined || window.endMs <= nowMs ? 0 : window.count
  }

  #open(key: string, count: number, nowMs: number, ended: Window | undefined): Window {
    if (ended !== undefined) this.#windows.delete(key)
    this.#sweep(nowMs)
    const window = { count, endMs: nowMs + this.#lengthMs }
    this.#windows.set(key, window)
    return window
  }

  /** Two for each that is opened: there are ever fewer that have ended, and no request pays for many. */
  #sweep(nowMs: number): void {
    let swept = 0
    for (const [key, { endMs }] of this.#windows) {
      if (this.#windows.size < this.#maxKeys && (endMs > nowMs || swept === 2)) return
      this.#windows.delete(key)
      swept++
    }
  }
}
