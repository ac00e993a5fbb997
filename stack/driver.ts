import { getToken } from './client.js'
import { urlsOf, type PortName, type StackState } from './topology.js'

/** What came of one request. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
  readonly ms: number
}

/** What came of many. */
export interface Tally {
  readonly total: number
  /** How many had which status; `0`: the connection broke. */
  readonly statuses: Readonly<Record<number, number>>
  readonly worstMs: number
  /** Which gateways and which servers answered. */
  readonly gateways: readonly string[]
  readonly servers: readonly string[]
}

/** Requests of a load that are under way at one time, and the pause behind each. */
const LANES = 8
const PAUSE_MS = 40

/** A client of a running stack, with a token of its identity provider. */
export class Driver {
  readonly #state: () => StackState
  #token = ''

  /** @param state as it is now: process ids change */
  private constructor(state: () => StackState) {
    this.#state = state
  }

  static async open(state: () => StackState): Promise<Driver> {
    const driver = new Driver(state)
    driver.#token = await driver.token()
    return driver
  }

  get state(): StackState {
    return this.#state()
  }

  get urls(): Readonly<Record<PortName, string>> {
    return urlsOf(this.state)
  }

  token(audience?: string): Promise<string> {
    return getToken(this.urls['identity-provider'], audience)
  }

  /** One request through the balancer. @param token `''`: none; the driver's own where it is not said */
  async get(path: string, token = this.#token, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const began = performance.now()
    const authorization: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` }
    try {
      const answer = await fetch(`${this.urls.balancer}${path}`, { headers: { ...authorization, ...headers } })
      const body = await answer.text()
      return { status: answer.status, headers: answer.headers, body, ms: performance.now() - began }
    } catch {
      return { status: 0, headers: new Headers(), body: '', ms: performance.now() - began }
    }
  }

  /** Requests one after the other, several at a time, for as long as `during` takes, and as many as there are to be at least. */
  async load(path: string, during: Promise<unknown>, atLeast = 40): Promise<Tally> {
    const statuses: Record<number, number> = {}
    const gateways = new Set<string>()
    const servers = new Set<string>()
    let total = 0
    let worstMs = 0
    let isOver = false
    const ended = during.finally(() => (isOver = true))
    const lane = async (): Promise<void> => {
      while (!isOver || total < atLeast) {
        total++
        const { status, headers, ms } = await this.get(path)
        statuses[status] = (statuses[status] ?? 0) + 1
        worstMs = Math.max(worstMs, ms)
        gateways.add(headers.get('x-gateway') ?? '')
        servers.add(headers.get('x-served-by') ?? '')
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      }
    }
    await Promise.all([ended, ...Array.from({ length: LANES }, lane)])
    const named = (names: Set<string>): string[] => [...names].filter((name) => name !== '').sort()
    return { total, statuses, worstMs: Math.round(worstMs), gateways: named(gateways), servers: named(servers) }
  }

  /** Puts a signal upon a part. */
  signal(part: string, signal: NodeJS.Signals): void {
    const pid = this.state.pids[part]
    if (pid === undefined) throw new Error(`no process of the stack is named ${part}`)
    process.kill(pid, signal)
  }

  /** Asks a gateway's admin port. */
  async admin(gateway: 'gateway-1' | 'gateway-2', path: string): Promise<unknown> {
    const answer = await fetch(`${this.urls[`${gateway}-admin`]}${path}`, {
      headers: { authorization: `Bearer ${this.state.adminToken}` },
    })
    return answer.json()
  }

  /** Waits for something to be so. */
  async until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
    const end = Date.now() + timeoutMs
    while (!(await condition())) {
      if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
