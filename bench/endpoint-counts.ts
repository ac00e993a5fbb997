import { pathToFileURL } from 'node:url'
import { load } from './load.js'
import { cpuOf, httpRequest, median, start, type Started } from './processes.js'

/*
 * CPU per request of the gateway with few and many endpoints. The endpoints are one server on many addresses of
 * loopback: what differs is the number of connections and the pick, not what answers.
 */

const SCENARIOS = [
  { count: 1, balancer: 'round_robin' },
  { count: 10, balancer: 'round_robin' },
  { count: 1_000, balancer: 'round_robin' },
  // Knows as many endpoints and uses one: what is left is not the number of connections in use.
  { count: 1_000, balancer: 'pick_first' },
] as const
const CONNECTIONS = 64
const REQUEST = httpRequest('GET', '/v1/items/1?page_size=2')

/** Prints µs of CPU per request for each number of endpoints. @returns the number of failed requests */
export async function benchEndpointCounts({ seconds, rounds }: { seconds: number; rounds: number }): Promise<number> {
  let failed = 0
  const upstream = await start('upstream', { LISTEN_HOST: '0.0.0.0' })
  // All are started before, and measured in turns: what else the machine does then falls on all alike.
  const gateways: { readonly name: string; readonly gateway: Started; readonly costs: number[] }[] = []
  try {
    for (const { count, balancer } of SCENARIOS) {
      const gateway = await start('protobridge', {
        UPSTREAM_TARGET: targetOf(count, upstream.port),
        BALANCER: balancer,
      })
      gateways.push({ name: `${count} endpoints, ${balancer}`, gateway, costs: [] })
      // Every endpoint is connected before anything is measured.
      for (let warm = 0; warm < 2; warm++) failed += (await load(gateway.port, REQUEST, CONNECTIONS, 1)).failures
    }
    for (let round = 0; round < rounds; round++) {
      for (const { gateway, costs } of gateways) {
        const before = await cpuOf(gateway.child)
        const { requests, failures } = await load(gateway.port, REQUEST, CONNECTIONS, seconds)
        costs.push(((await cpuOf(gateway.child)) - before) / requests)
        failed += failures
      }
    }
  } finally {
    for (const { gateway } of gateways) gateway.child.kill()
    upstream.child.kill()
  }
  const one = median(gateways[0]?.costs ?? [])
  for (const { name, costs } of gateways) {
    const cost = median(costs)
    console.log(
      `  ${name.padEnd(28)} ${cost.toFixed(1).padStart(7)} µs CPU/request = ${(cost / one).toFixed(2)} × one endpoint`,
    )
  }
  return failed
}

function targetOf(count: number, port: number): string {
  const addresses = Array.from({ length: count }, (_, at) => `127.0.${Math.floor(at / 250)}.${(at % 250) + 1}:${port}`)
  return `static:///${addresses.join()}`
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await benchEndpointCounts({ seconds: 3, rounds: 3 })
}
