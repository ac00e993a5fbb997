import type { ChildProcess } from 'node:child_process'
import { Clients, openSecure } from './load.js'
import { cpuOf, httpRequest, median, start, type Started } from './processes.js'

/** A way to serve a small GET, of which the cost is measured. The first of a list is the bare responder, the second all off. */
export interface Costed {
  readonly name: string
  /** The file in servers/. */
  readonly server: string
  readonly policies?: readonly object[]
  /** What the upstream has besides. */
  readonly upstream?: object
  readonly auth?: object
  /** Where limits are counted. */
  readonly limits?: object
  /** What of it is on. */
  readonly telemetry?: object
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string>>
  /** Over TLS. */
  readonly isSecure?: boolean
  /** Header lines, each with its end. */
  readonly headers?: string
  /** What a first warm-up's requests have besides: of what is seldom done, the compiler sees too little else. */
  readonly warmUpHeaders?: string
  /** The body of a POST; default: it is a GET. */
  readonly body?: string
}

export interface CostRun {
  readonly seconds: number
  readonly rounds: number
  /** Until the compiler has seen enough: at the least so many requests before what is counted. Default: 30,000. */
  readonly warmUp?: number
}

const CONNECTIONS = 64
/**
 * Of one turn: all are up together and take turns, so that what else the machine does falls on all alike. Short, so that no
 * server waits long for its next: V8 throws away code that has not been used for a while.
 */
const TURN_SECONDS = 0.2
const WARM_UP_REQUESTS = 30_000
const CONTROL = 'the same, once more: noise'

/**
 * Prints CPU per request of each, in units of the bare responder, and what it adds to all off. All off is measured twice, which
 * tells what a difference is worth.
 *
 * @param length each is under load for so many seconds in so many rounds: processes differ too, so that each round has new ones
 * @returns the number of failed requests
 */
export async function benchCosts(rows: readonly Costed[], length: CostRun): Promise<number> {
  const upstream = await start('fast-upstream', {})
  const [bare, off, ...others] = rows
  const results: Result[] = [bare!, off!, { ...off!, name: CONTROL }, ...others].map((row) => ({ row, rounds: [] }))
  let failed = 0
  try {
    for (let round = 0; round < length.rounds; round++) failed += await measureRound(results, upstream.port, length)
  } finally {
    upstream.child.kill()
  }
  print(results)
  return failed
}

interface Result {
  readonly row: Costed
  readonly rounds: Round[]
}

/** Medians over the turns of a round, each beside the turns of the others next to it. */
interface Round {
  /** µs of CPU per request. */
  readonly cost: number
  /** In units of the bare responder: of all, and of what it adds to all off. */
  readonly units: number
  readonly more: number
}

async function measureRound(
  results: readonly Result[],
  upstreamPort: number,
  { seconds, warmUp = WARM_UP_REQUESTS }: CostRun,
): Promise<number> {
  const started: Started[] = []
  const warmed = new Map<Result, Server>()
  let failed = 0
  try {
    // In another order each round: those that wait for the others' warm-up cost more afterwards, the longer the more.
    const order = shuffled(results)
    for (const { row } of order) started.push(await startServer(row, upstreamPort))
    for (const [at, { child, port }] of started.entries()) {
      const result = order[at]!
      const { row } = result
      // Not sooner: a server closes a connection on which no request has come for the time that many servers take to start.
      const open = row.isSecure === true ? openSecure : undefined
      const clients = await Clients.open(port, requestOf(row, row.headers), CONNECTIONS, open)
      warmed.set(result, { child, clients, costs: [] })
      if (row.warmUpHeaders !== undefined) {
        await warm(clients, warmUp, requestOf(row, `${row.headers ?? ''}${row.warmUpHeaders}`))
      }
      await warm(clients, warmUp, requestOf(row, row.headers))
    }
    for (let turn = 0; turn < seconds / TURN_SECONDS; turn++) {
      for (const { child, clients, costs } of shuffled([...warmed.values()])) {
        await clients.reopen()
        const before = await cpuOf(child)
        const { requests, failures } = await clients.run(TURN_SECONDS)
        failed += failures
        costs.push(((await cpuOf(child)) - before) / requests)
      }
    }
  } finally {
    for (const { clients } of warmed.values()) clients.close()
    for (const { child } of started) child.kill()
  }
  const [bare, off] = results.map((result) => warmed.get(result)!)
  for (const result of results) {
    const { costs } = warmed.get(result)!
    result.rounds.push({
      cost: median(costs),
      units: median(costs.map((cost, turn) => cost / bare!.costs[turn]!)),
      more: median(costs.map((cost, turn) => (cost - off!.costs[turn]!) / bare!.costs[turn]!)),
    })
  }
  return failed
}

/** Until so many requests are answered. */
async function warm(clients: Clients, count: number, request: Buffer): Promise<void> {
  for (let requests = 0; requests < count;) {
    await clients.reopen()
    const turn = await clients.run(TURN_SECONDS, request)
    if (turn.failures > 0) throw new Error(`${turn.failures} requests of the warm-up failed`)
    requests += turn.requests
  }
}

/** In any order: none always comes after the same one. */
function shuffled<T>(items: readonly T[]): T[] {
  const keyed = items.map((item) => ({ item, key: Math.random() }))
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
}

interface Server {
  readonly child: ChildProcess
  readonly clients: Clients
  /** µs of CPU per request, a turn each. */
  readonly costs: number[]
}

function startServer(row: Costed, upstreamPort: number): Promise<Started> {
  const { server, policies = [], upstream = {}, auth = {}, limits = {}, telemetry = {} } = row
  return start(server, {
    UPSTREAM_PORT: String(upstreamPort),
    POLICIES: JSON.stringify(policies),
    UPSTREAM: JSON.stringify(upstream),
    AUTH: JSON.stringify(auth),
    LIMITS: JSON.stringify(limits),
    TELEMETRY: JSON.stringify(telemetry),
    ...row.env,
  })
}

/** @param headers lines, each with its end */
function requestOf({ body }: Costed, headers = ''): Buffer {
  const plain =
    body === undefined ? httpRequest('GET', '/v1/items/1?page_size=2') : httpRequest('POST', '/v1/items', body)
  return Buffer.from(plain.toString('latin1').replace('\r\n\r\n', `\r\n${headers}\r\n`), 'latin1')
}

function print(results: readonly Result[]): void {
  for (const [at, { row, rounds }] of results.entries()) {
    const cost = median(rounds.map((round) => round.cost)).toFixed(1)
    const units = median(rounds.map((round) => round.units)).toFixed(2)
    const added = at < 2 ? '' : `, ${addedOf(rounds.map(({ more }) => more))}`
    console.log(`  ${row.name.padEnd(34)} ${cost.padStart(6)} µs CPU/request, ${units} × bare${added}`)
  }
}

/** The median, and between what it was in single rounds. */
function addedOf(more: readonly number[]): string {
  const [least, most] = [Math.min(...more), Math.max(...more)]
  return more.length === 1 ? signed(most) : `${signed(median(more))} (${signed(least)} to ${signed(most)})`
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'} ${Math.abs(value).toFixed(2)}`
}
