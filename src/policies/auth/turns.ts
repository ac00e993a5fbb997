/** Work of which only so much goes on at one time; the rest waits in line, first come first served, up to a number. */
export class Turns {
  readonly #maxRunning: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(maxRunning: number, maxWaiting: number) {
    this.#maxRunning = maxRunning
    this.#maxWaiting = maxWaiting
  }

  /** @returns what the work gives; undefined, with nothing begun: the line is full */
  take<Result>(work: () => Promise<Result>): Promise<Result> | undefined {
    if (this.#running < this.#maxRunning) {
      this.#running++
      return this.#do(work)
    }
    if (this.#waiting.length >= this.#maxWaiting) return undefined
    return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() => this.#do(work))
  }

  async #do<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } finally {
      // A turn goes straight to who is next: were it given up first, who comes before that one goes on would have it too.
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
