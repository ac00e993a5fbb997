import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../src/consul/index.js'

/** An answer of the scripted agent: `cut` breaks the connection, `hold` leaves it unanswered. */
export type Answer =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  | 'cut'
  | 'hold'

export interface Asked {
  readonly method: string
  /** Path with its query, as it came. */
  readonly url: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** An HTTP server that answers as a test says; questions beyond the script are held. */
export class ScriptedAgent {
  readonly asked: Asked[] = []
  /** Connections made. */
  connections = 0
  /** Answers still to give, in order. */
  script: Answer[] = []
  private readonly server = createServer((request, response) => this.answer(request, response))
  private held: ServerResponse[] = []

  static async start(): Promise<ScriptedAgent> {
    const agent = new ScriptedAgent()
    agent.server.on('connection', () => (agent.connections += 1))
    agent.server.listen(0, '127.0.0.1')
    await once(agent.server, 'listening')
    return agent
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Requests that are waiting for an answer. */
  get waiting(): number {
    return this.held.length
  }

  /** Answers the question held longest. */
  release(answer: Exclude<Answer, string>): void {
    write(this.held.shift()!, answer)
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const url = request.url!
      this.asked.push({
        method: request.method!,
        url,
        query: new URL(url, 'http://agent').searchParams,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      })
      const answer = this.script.shift() ?? 'hold'
      if (answer === 'cut') request.socket.destroy()
      else if (answer === 'hold') {
        this.held.push(response)
        response.on('close', () => (this.held = this.held.filter((other) => other !== response)))
      } else write(response, answer)
    })
  }
}

function write(response: ServerResponse, { status = 200, headers = {}, body = [] }: Exclude<Answer, string>): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(Buffer.isBuffer(body) || typeof body === 'string' ? body : JSON.stringify(body))
}

/** A clock that goes when told. */
export class FakeClock implements Clock {
  time = 1_000_000
  private timers: { at: number; run: () => void }[] = []

  now = (): number => this.time

  random = (): number => 0.5

  setTimer = (delayMs: number, run: () => void): { cancel(): void } => {
    const timer = { at: this.time + delayMs, run }
    this.timers.push(timer)
    return { cancel: () => (this.timers = this.timers.filter((other) => other !== timer)) }
  }

  /** When timers are due, ms from now, soonest first. */
  get due(): readonly number[] {
    return this.timers.map(({ at }) => at - this.time).sort((a, b) => a - b)
  }

  /** Lets time pass; what falls due runs in its order. */
  pass(ms: number): void {
    const end = this.time + ms
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.timers = this.timers.filter((timer) => timer !== next)
      this.time = Math.max(this.time, next.at)
      next.run()
    }
    this.time = end
  }
}
