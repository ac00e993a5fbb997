import { pathToFileURL } from 'node:url'
import { load } from './load.js'
import { cpuOf, httpRequest, median, start } from './processes.js'

/* A list of 300 items, some 100 KB of JSON: what the gateway spends on it beside what grpc-js and JSON.stringify do. */

const PEERS = [
  { name: 'node:http + grpc-js + JSON.stringify', server: 'node-grpc-js-json' },
  { name: 'protobridge', server: 'protobridge' },
] as const
const CONNECTIONS = 16
const REQUEST = httpRequest('GET', '/v1/items')

/** Prints µs of CPU per list of each, in turns. @returns the number of failed requests */
export async function benchList({ seconds, rounds }: { seconds: number; rounds: number }): Promise<number> {
  let failed = 0
  const costs: number[][] = PEERS.map(() => [])
  const upstream = await start('upstream', {})
  try {
    const running = await Promise.all(
      PEERS.map(({ server }) => start(server, { UPSTREAM_PORT: String(upstream.port) })),
    )
    // Until the compiler has seen enough of it. By short turns: of a process that has been idle V8 makes the heap so small that what
    // comes then is collecting garbage for seconds.
    for (let turn = 0; turn < 4 * seconds; turn++) {
      for (const { port } of running) failed += (await load(port, REQUEST, CONNECTIONS, 0.5)).failures
    }
    for (let round = 0; round < rounds; round++) {
      for (const [at, { child, port }] of running.entries()) {
        const before = await cpuOf(child)
        const { requests, failures } = await load(port, REQUEST, CONNECTIONS, seconds)
        costs[at]!.push(((await cpuOf(child)) - before) / requests)
        failed += failures
      }
    }
    for (const { child } of running) child.kill()
  } finally {
    upstream.child.kill()
  }
  const [theirs, ours] = costs.map(median)
  console.log(`  ${PEERS[0].name} ${theirs!.toFixed(0)} µs CPU/list`)
  console.log(`  ${PEERS[1].name} ${ours!.toFixed(0)} µs CPU/list = ${(ours! / theirs!).toFixed(2)} of that`)
  return failed
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await benchList({ seconds: 3, rounds: 3 })
}
