export interface CircuitOptions {
  /** Asks whether the store works again: rejects where it does not, and takes no longer than a request may wait. */
  readonly probe: () => Promise<unknown>
  /** How long after a failure it is asked; ms. */
  readonly probeEveryMs: number
  readonly onOpen: (error: Error) => void
  readonly onClose: () => void
}

/**
 * Whether a store that may be away is asked at all: from its first failure on it is not, but for a probe now and then, so that
 * one request waits for a store that does not answer, and not every one.
 */
export class Circuit {
  readonly #options: CircuitOptions
  #isOpen = false
  #isStopped = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: CircuitOptions) {
    this.#options = options
  }

  /** The store is away. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** The store has failed. */
  open(error: Error): void {
    if (this.#isOpen || this.#isStopped) return
    this.#isOpen = true
    this.#options.onOpen(error)
    this.#schedule()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    if (this.#isStopped) return
    this.#timer = setTimeout(() => {
      this.#options.probe().then(
        () => this.#close(),
        () => this.#schedule(),
      )
    }, this.#options.probeEveryMs)
    this.#timer.unref()
  }

  #close(): void {
    if (this.#isStopped) return
    this.#isOpen = false
    this.#options.onClose()
  }
}
