import { load } from './load.js'
import { cpuOf, httpRequest, median, start } from './processes.js'

/*
 * CPU per request of the process in the middle, beside a bare node:http responder, beside node:http and each
 * client with nothing between them, and beside what one writes by hand with Express and grpc-js, all in one run: absolute times vary
 * by machine and hour, ratios much less.
 */

const CONNECTIONS = 64

interface Scenario {
  readonly name: string
  readonly request: Buffer
}

const ITEM = JSON.stringify({
  id: '1',
  title: 'A title of usual length',
  revision: '9007199254740993',
  tags: ['fiction', 'novel'],
  isPublic: true,
  text: 'x'.repeat(860),
  labels: { shelf: 'fiction' },
})

const SCENARIOS: readonly Scenario[] = [
  { name: 'small GET', request: httpRequest('GET', '/v1/items/1?page_size=2') },
  { name: `POST ${Buffer.byteLength(ITEM)} B`, request: httpRequest('POST', '/v1/items', ITEM) },
]

interface Peer {
  readonly name: string
  /** The file in servers/. */
  readonly server: string
  readonly transport?: string
}

const PEERS: readonly Peer[] = [
  { name: 'bare', server: 'bare' },
  { name: 'node + http2 transport', server: 'node-transport' },
  { name: 'node + node:http2', server: 'node-http2' },
  { name: 'node + grpc-js', server: 'node-grpc-js' },
  { name: 'protobridge', server: 'protobridge', transport: 'http2' },
  { name: 'protobridge, grpc-js', server: 'protobridge', transport: 'grpc-js' },
  { name: 'Express + grpc-js', server: 'express-grpc-js' },
]

/** Runs every peer under every scenario and prints a table. @returns the number of failed requests */
export async function benchGateway({ seconds, rounds }: { seconds: number; rounds: number }): Promise<number> {
  const upstream = await start('fast-upstream', {})
  let failures = 0
  try {
    for (const scenario of SCENARIOS) {
      const costs = new Map<string, number[]>()
      for (let round = 0; round < rounds; round++) {
        for (const peer of PEERS) {
          const { microseconds, failed, rate } = await measure(peer, scenario, upstream.port, seconds)
          failures += failed
          costs.set(peer.name, [...(costs.get(peer.name) ?? []), microseconds])
          console.log(
            `  ${scenario.name.padEnd(12)} ${peer.name.padEnd(22)} ${microseconds.toFixed(1).padStart(7)} µs CPU/request  ${rate.toFixed(0).padStart(6)}/s  ${failed} failed`,
          )
        }
      }
      print(scenario.name, costs)
    }
  } finally {
    upstream.child.kill()
  }
  return failures
}

function print(name: string, costs: ReadonlyMap<string, readonly number[]>): void {
  const of = (peer: string): number => median(costs.get(peer) ?? [])
  const ratios = PEERS.slice(1).map((peer) => `${peer.name} ${(of(peer.name) / of('bare')).toFixed(2)}`)
  console.log(`${name}: × bare node:http (medians): ${ratios.join(' · ')}`)
}

async function measure(peer: Peer, scenario: Scenario, upstreamPort: number, seconds: number) {
  const { child, port } = await start(peer.server, {
    UPSTREAM_PORT: String(upstreamPort),
    TRANSPORT: peer.transport ?? 'http2',
  })
  try {
    await load(port, scenario.request, CONNECTIONS, Math.min(1, seconds))
    let before = 0
    const {
      requests,
      failures,
      seconds: taken,
    } = await load(port, scenario.request, CONNECTIONS, seconds, async () => {
      before = await cpuOf(child)
    })
    const after = await cpuOf(child)
    return { microseconds: (after - before) / requests, failed: failures, rate: requests / taken }
  } finally {
    child.kill()
  }
}
