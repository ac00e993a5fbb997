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
 * Prints CPU per request of each, in units of the bare responder, and what it adds to all off.
 *
 * @returns the number of failed requests
 */
export async function benchCosts(rows: readonly Costed[], { seconds, rounds }: CostRun): Promise<number> {
  const upstream = await start('upstream', {})
  const costs = new Map<string, number[]>()
  let failed = 0
  try {
    for (let round = 0; round < rounds; round++) {
      for (const row of rows) {
        const { name, server, policies = [], upstream: more = {}, auth = {}, telemetry = {}, headers = '' } = row
        const { child, port } = await start(server, {
          UPSTREAM_PORT: String(upstream.port),
          POLICIES: JSON.stringify(policies),
          UPSTREAM: JSON.stringify(more),
          AUTH: JSON.stringify(auth),
          TELEMETRY: JSON.stringify(telemetry),
          ...row.env,
        })
        const plain = httpRequest('GET', '/v1/items/1?page_size=2').toString('latin1')
        const request = Buffer.from(plain.replace('\r\n\r\n', `\r\n${headers}\r\n`), 'latin1')
        try {
          await load(port, request, CONNECTIONS, Math.min(1, seconds))
          const before = await cpuOf(child)
          const { requests, failures } = await load(port, request, CONNECTIONS, seconds)
          failed += failures
          costs.set(name, [...(costs.get(name) ?? []), ((await cpuOf(child)) - before) / requests])
        } finally {
          child.kill()
        }
      }
    }
  } finally {
    upstream.child.kill()
  }
  const of = (name: string): number => median(costs.get(name) ?? [])
  const [bare, off] = rows
  for (const { name } of rows.slice(1)) {
    const units = of(name) / of(bare!.name)
    const more = units - of(off!.name) / of(bare!.name)
    const cost = `${of(name).toFixed(1).padStart(6)} µs CPU/request, ${units.toFixed(2)} × bare`
    console.log(
      `  ${name.padEnd(34)} ${cost}${name === off!.name ? '' : `, ${more < 0 ? '-' : '+'} ${Math.abs(more).toFixed(2)}`}`,
    )
  }
  return failed
}
