import type { ChildProcess } from 'node:child_process'
import { Clients } from './load.js'
import { cpuOf, httpRequest, median, start } from './processes.js'

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
  /** Header lines, each with its end. */
  readonly headers?: string
}

export interface CostRun {
  readonly seconds: number
  readonly rounds: number
}

const CONNECTIONS = 64
/**
 * Of one turn: all are up together and take turns, so that what else the machine does falls on all alike. Short, so that no
 * server waits long for its next: V8 throws away code that has not been used for a while.
 */
const TURN_SECONDS = 0.2
/** Until the compiler has seen enough: at the least so many requests before what is counted. */
const WARM_UP_REQUESTS = 30_000
const CONTROL = 'the same, once more: noise'

/**
 * Prints CPU per request of each, in units of the bare responder, and what it adds to all off: medians over turns. All off is
 * measured twice, which tells what a difference is worth.
 *
 * @param length each is under load for so many seconds in so many rounds
 * @returns the number of failed requests
 */
export async function benchCosts(rows: readonly Costed[], { seconds, rounds }: CostRun): Promise<number> {
  const upstream = await start('fast-upstream', {})
  const servers: Server[] = []
  let failed = 0
  const [first, off, ...others] = rows
  const all = [first!, off!, { ...off!, name: CONTROL }, ...others]
  try {
    for (const row of all) servers.push(await startServer(row, upstream.port))
    for (const { clients } of servers) {
      for (let requests = 0; requests < WARM_UP_REQUESTS;) {
        await clients.reopen()
        const turn = await clients.run(TURN_SECONDS)
        if (turn.failures > 0) throw new Error(`${turn.failures} requests of the warm-up failed`)
        requests += turn.requests
      }
    }
    for (let turn = 0; turn < (rounds * seconds) / TURN_SECONDS; turn++) {
      // There and back: none always comes after the same one.
      for (const { child, clients, costs } of turn % 2 === 0 ? servers : servers.toReversed()) {
        await clients.reopen()
        const before = await cpuOf(child)
        const { requests, failures } = await clients.run(TURN_SECONDS)
        failed += failures
        costs.push(((await cpuOf(child)) - before) / requests)
      }
    }
  } finally {
    for (const { child, clients } of servers) {
      clients.close()
      child.kill()
    }
    upstream.child.kill()
  }
  print(servers)
  return failed
}

interface Server {
  readonly name: string
  readonly child: ChildProcess
  readonly clients: Clients
  /** µs of CPU per request, a turn each. */
  readonly costs: number[]
}

async function startServer(row: Costed, upstreamPort: number): Promise<Server> {
  const { name, server, policies = [], upstream = {}, auth = {}, limits = {}, telemetry = {} } = row
  const { child, port } = await start(server, {
    UPSTREAM_PORT: String(upstreamPort),
    POLICIES: JSON.stringify(policies),
    UPSTREAM: JSON.stringify(upstream),
    AUTH: JSON.stringify(auth),
    LIMITS: JSON.stringify(limits),
    TELEMETRY: JSON.stringify(telemetry),
    ...row.env,
  })
  const plain = httpRequest('GET', '/v1/items/1?page_size=2').toString('latin1')
  const request = Buffer.from(plain.replace('\r\n\r\n', `\r\n${row.headers ?? ''}\r\n`), 'latin1')
  return { name, child, clients: await Clients.open(port, request, CONNECTIONS), costs: [] }
}

function print([bare, off, ...others]: readonly Server[]): void {
  for (const { name, costs } of [bare!, off!, ...others]) {
    const units = median(costs.map((cost, turn) => cost / bare!.costs[turn]!))
    const more = median(costs.map((cost, turn) => (cost - off!.costs[turn]!) / bare!.costs[turn]!))
    const cost = `${median(costs).toFixed(1).padStart(6)} µs CPU/request, ${units.toFixed(2)} × bare`
    const added =
      costs === bare!.costs || costs === off!.costs ? '' : `, ${more < 0 ? '-' : '+'} ${Math.abs(more).toFixed(2)}`
    console.log(`  ${name.padEnd(34)} ${cost}${added}`)
  }
}
