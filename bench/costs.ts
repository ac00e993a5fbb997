import { load } from './load.js'
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
/** Of one turn: all are up together and take turns, so that what else the machine does falls on all alike. */
const TURN_SECONDS = 0.5

/**
 * Prints CPU per request of each, in units of the bare responder, and what it adds to all off: medians over turns.
 *
 * @param length each is under load for so many seconds in so many rounds
 * @returns the number of failed requests
 */
export async function benchCosts(rows: readonly Costed[], { seconds, rounds }: CostRun): Promise<number> {
  const upstream = await start('upstream', {})
  const costs = new Map<string, number[]>()
  let failed = 0
  const servers = []
  try {
    for (const row of rows) {
      const { name, server, policies = [], upstream: more = {}, auth = {}, limits = {}, telemetry = {} } = row
      const { child, port } = await start(server, {
        UPSTREAM_PORT: String(upstream.port),
        POLICIES: JSON.stringify(policies),
        UPSTREAM: JSON.stringify(more),
        AUTH: JSON.stringify(auth),
        LIMITS: JSON.stringify(limits),
        TELEMETRY: JSON.stringify(telemetry),
        ...row.env,
      })
      const plain = httpRequest('GET', '/v1/items/1?page_size=2').toString('latin1')
      const request = Buffer.from(plain.replace('\r\n\r\n', `\r\n${row.headers ?? ''}\r\n`), 'latin1')
      servers.push({ name, child, port, request })
      costs.set(name, [])
    }
    for (const { port, request } of servers) await load(port, request, CONNECTIONS, Math.min(1, seconds))
    for (let turn = 0; turn < (rounds * seconds) / TURN_SECONDS; turn++) {
      for (const { name, child, port, request } of servers) {
        const before = await cpuOf(child)
        const { requests, failures } = await load(port, request, CONNECTIONS, TURN_SECONDS)
        failed += failures
        costs.get(name)!.push(((await cpuOf(child)) - before) / requests)
      }
    }
  } finally {
    for (const { child } of servers) child.kill()
    upstream.child.kill()
  }
  const [bare = [], off = []] = rows.map(({ name }) => costs.get(name)!)
  for (const { name } of rows.slice(1)) {
    const own = costs.get(name)!
    const units = median(own.map((cost, turn) => cost / bare[turn]!))
    const more = median(own.map((cost, turn) => (cost - off[turn]!) / bare[turn]!))
    const cost = `${median(own).toFixed(1).padStart(6)} µs CPU/request, ${units.toFixed(2)} × bare`
    console.log(
      `  ${name.padEnd(34)} ${cost}${own === off ? '' : `, ${more < 0 ? '-' : '+'} ${Math.abs(more).toFixed(2)}`}`,
    )
  }
  return failed
}
