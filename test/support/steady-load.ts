import { RawConnection, request } from './raw-http.js'

/** What became of the requests of a load. */
export interface LoadResult {
  /** Requests answered, by the text of the answer: the instance's name. */
  readonly answered: ReadonlyMap<string, number>
  /** What other answers there were. */
  readonly failures: readonly { readonly status: number; readonly body: string }[]
}

/** Clients that ask one request after the other, until stopped. */
export class SteadyLoad {
  readonly #answered = new Map<string, number>()
  readonly #failures: { status: number; body: string }[] = []
  readonly #clients: Promise<void>[]
  #isStopped = false
  #total = 0

  /** @param target answers `{"text": …}` to GET */
  constructor(port: number, target: string, clients = 4) {
    this.#clients = Array.from({ length: clients }, () => this.#run(port, target))
  }

  /** Requests that have been answered. */
  get total(): number {
    return this.#total
  }

  get failed(): number {
    return this.#failures.length
  }

  async stop(): Promise<LoadResult> {
    this.#isStopped = true
    await Promise.all(this.#clients)
    return { answered: this.#answered, failures: this.#failures }
  }

  async #run(port: number, target: string): Promise<void> {
    const connection = new RawConnection(port)
    while (!this.#isStopped) {
      const { status, body } = await connection.write(request('GET', target)).response()
      this.#total += 1
      const text = status === 200 ? (JSON.parse(body) as { text?: string }).text : undefined
      if (text === undefined) this.#failures.push({ status, body })
      else this.#answered.set(text, (this.#answered.get(text) ?? 0) + 1)
    }
    connection.destroy()
  }
}
