import { RawConnection, request } from './raw-http.js'

/** Clients that ask one request after the other, on connections they keep while the server does; stopped, or no longer let. */
export class ReconnectingLoad {
  /** What did not come to a 200, in words. */
  readonly failures: string[] = []
  answered = 0
  /** Connections that were opened. */
  connections = 0
  readonly #clients: Promise<void>[]
  #isStopped = false

  /** @param mayAsk asked before each request, as a balancer asks its probes; when it says no, that client ends */
  constructor(port: number, target: string, clients: number, mayAsk: () => boolean = () => true) {
    this.#clients = Array.from({ length: clients }, () => this.#run(port, target, mayAsk))
  }

  /** Resolves when the last request has ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#clients)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.ended()
  }

  async #run(port: number, target: string, mayAsk: () => boolean): Promise<void> {
    let connection: RawConnection | undefined
    while (!this.#isStopped && mayAsk()) {
      if (connection === undefined) this.connections++
      connection ??= new RawConnection(port)
      try {
        const { status, headers } = await connection.write(request('GET', target)).response({ waitMs: 20_000 })
        if (status === 200) this.answered++
        else this.failures.push(`status ${status}`)
        if (headers.get('connection') !== 'close') continue
      } catch (error) {
        this.failures.push((error as Error).message)
      }
      connection.destroy()
      connection = undefined
    }
    connection?.destroy()
  }
}
