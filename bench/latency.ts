import { pathToFileURL } from 'node:url'
import { load, openConnections, responseEnd } from './load.js'
import { httpRequest, start } from './processes.js'

/*
 * Latency at a fixed rate of half of what a gateway can do, whether or not earlier requests have been answered; both
 * transports at half of what the slower can do, and each at half of its own.
 */

const REQUEST = httpRequest('GET', '/v1/items/1?page_size=2')
const CONNECTIONS = 64
const TICK_MS = 1
const TRANSPORTS = ['http2', 'grpc-js'] as const

/** Prints p50 and p99. @returns the number of failed requests */
export async function benchLatency(seconds: number): Promise<number> {
  const upstream = await start('fast-upstream', {})
  let failed = 0
  try {
    const capacities = new Map<string, number>()
    for (const transport of TRANSPORTS) {
      const { child, port } = await start('protobridge', { UPSTREAM_PORT: String(upstream.port), TRANSPORT: transport })
      await load(port, REQUEST, CONNECTIONS, Math.min(1, seconds))
      const { requests, failures, seconds: taken } = await load(port, REQUEST, CONNECTIONS, Math.min(2, seconds))
      capacities.set(transport, requests / taken)
      failed += failures
      child.kill()
    }
    const common = Math.min(...capacities.values()) / 2
    for (const transport of TRANSPORTS) {
      const rates = [...new Set([common, capacities.get(transport)! / 2])]
      for (const rate of rates) {
        const { child, port } = await start('protobridge', {
          UPSTREAM_PORT: String(upstream.port),
          TRANSPORT: transport,
        })
        await atRate(port, rate, Math.min(1, seconds))
        const { latencies, failures } = await atRate(port, rate, seconds)
        failed += failures
        const at = (share: number): string => (latencies[Math.floor(latencies.length * share)] ?? NaN).toFixed(2)
        console.log(
          `  ${transport.padEnd(8)} ${rate.toFixed(0).padStart(6)}/s  p50 ${at(0.5).padStart(6)} ms  p99 ${at(0.99).padStart(6)} ms  ${failures} failed`,
        )
        child.kill()
      }
    }
  } finally {
    upstream.child.kill()
  }
  return failed
}

/** Sends at a steady rate over a set of connections; what finds none free waits for one, and that counts. */
async function atRate(
  port: number,
  perSecond: number,
  seconds: number,
): Promise<{ latencies: readonly number[]; failures: number }> {
  const free = await openConnections(port, CONNECTIONS)
  const sockets = [...free]
  const latencies: number[] = []
  const waiting: number[] = []
  /** When what is under way on a connection was due. */
  const due = new Map<(typeof free)[number], number>()
  const total = Math.round(perSecond * seconds)
  let failures = 0
  let sent = 0
  await new Promise<void>((resolve) => {
    const begin = (socket: (typeof free)[number], dueMs: number): void => {
      due.set(socket, dueMs)
      socket.write(REQUEST)
    }
    for (const socket of sockets) {
      let pending = Buffer.alloc(0)
      socket.on('data', (chunk) => {
        pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
        if (responseEnd(pending) < 0) return
        if (pending.toString('latin1', 9, 12) !== '200') failures++
        pending = Buffer.alloc(0)
        latencies.push(performance.now() - due.get(socket)!)
        const next = waiting.shift()
        if (next !== undefined) begin(socket, next)
        else free.push(socket)
        if (latencies.length === total) resolve()
      })
    }
    const startedMs = performance.now()
    const timer = setInterval(() => {
      const until = Math.min(total, Math.floor(((performance.now() - startedMs) / 1000) * perSecond))
      for (; sent < until; sent++) {
        const dueMs = startedMs + (sent / perSecond) * 1000
        const socket = free.pop()
        if (socket === undefined) waiting.push(dueMs)
        else begin(socket, dueMs)
      }
      if (sent === total) clearInterval(timer)
    }, TICK_MS)
  })
  for (const socket of sockets) socket.destroy()
  return { latencies: latencies.sort((a, b) => a - b), failures }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await benchLatency(5)
