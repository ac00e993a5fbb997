import type { Socket } from 'node:net'
import { pathToFileURL } from 'node:url'
import { load, openConnections, responseEnd } from './load.js'
import { cpuOf, httpRequest, memoryOf, median, start, type Started } from './processes.js'

/*
 * Many clients: CPU per request with 64, 512 and 4,000 connections; memory per idle connection and per call under way,
 * 10,000 of them; each beside a bare node:http responder. A call has a connection of its own, as HTTP/1.1 has it.
 */

const COUNTS = [64, 512, 4_000] as const
const HELD = 10_000
const PEERS = ['bare', 'protobridge'] as const
const REQUEST = httpRequest('GET', '/v1/items/1?page_size=2')

export async function benchConnections({ seconds, rounds }: { seconds: number; rounds: number }): Promise<number> {
  const upstream = await start('fast-upstream', {})
  let failed = 0
  try {
    for (const count of COUNTS) failed += await benchCount(count, upstream.port, seconds, rounds)
    failed += await benchMemory(upstream)
  } finally {
    upstream.child.kill()
  }
  return failed
}

async function benchCount(count: number, upstreamPort: number, seconds: number, rounds: number): Promise<number> {
  let failed = 0
  const costs = new Map<string, number[]>(PEERS.map((peer) => [peer, []]))
  for (let round = 0; round < rounds; round++) {
    for (const peer of PEERS) {
      const { child, port } = await start(peer, { UPSTREAM_PORT: String(upstreamPort) })
      failed += (await load(port, REQUEST, 64, 1)).failures
      let before = 0
      const { requests, failures } = await load(port, REQUEST, count, seconds, async () => {
        before = await cpuOf(child)
      })
      failed += failures
      costs.get(peer)!.push(((await cpuOf(child)) - before) / requests)
      child.kill()
    }
  }
  const [bare, ours] = PEERS.map((peer) => median(costs.get(peer)!))
  console.log(
    `  ${String(count).padStart(5)} connections  ${ours!.toFixed(1).padStart(6)} µs CPU/request, ${(ours! / bare!).toFixed(2)} × bare (${bare!.toFixed(1)} µs)`,
  )
  return failed
}

async function benchMemory(upstream: Started): Promise<number> {
  let failed = 0
  for (const peer of PEERS) {
    const { child, port } = await start(peer, { UPSTREAM_PORT: String(upstream.port) }, ['--expose-gc'])
    await load(port, REQUEST, 64, 2)
    const empty = await memoryOf(child)
    const sockets = await openConnections(port, HELD)
    failed += HELD - (await answered(sockets, () => Promise.resolve()))
    const idle = await memoryOf(child)
    const perConnection = (idle.rss - empty.rss) / HELD / 1024
    if (peer === 'bare') {
      console.log(`  bare: ${perConnection.toFixed(1)} KiB an idle connection`)
    } else {
      let busy = idle
      upstream.child.send('hold')
      failed +=
        HELD -
        (await answered(sockets, async () => {
          while ((await heldOf(upstream)) < HELD) await new Promise((resolve) => setTimeout(resolve, 20))
          busy = await memoryOf(child)
          upstream.child.send('release')
        }))
      const ofCalls = (busy.held - idle.held) / 1024 / 1024
      console.log(
        `  ${peer}: ${perConnection.toFixed(1)} KiB an idle connection; ${HELD} calls under way ${ofCalls.toFixed(0)} MiB more, ${((ofCalls * 1024) / HELD).toFixed(1)} KiB each`,
      )
    }
    for (const socket of sockets) socket.destroy()
    child.kill()
  }
  return failed
}

function heldOf({ child }: Started): Promise<number> {
  return new Promise((resolve) => {
    child.once('message', ({ held }: { held: number }) => resolve(held))
    child.send('held')
  })
}

/** Sends a request on each connection; `meanwhile` runs before answers are awaited. @returns how many were a 200 */
async function answered(sockets: readonly Socket[], meanwhile: () => Promise<void>): Promise<number> {
  const answers = sockets.map(
    (socket) =>
      new Promise<boolean>((resolve) => {
        let pending = Buffer.alloc(0)
        const onData = (chunk: Buffer): void => {
          pending = Buffer.concat([pending, chunk])
          if (responseEnd(pending) < 0) return
          socket.off('data', onData)
          resolve(pending.toString('latin1', 9, 12) === '200')
        }
        socket.on('data', onData).once('close', () => resolve(false))
        socket.write(REQUEST)
      }),
  )
  await meanwhile()
  const outcomes = await Promise.all(answers)
  for (const socket of sockets) socket.removeAllListeners('close')
  return outcomes.filter(Boolean).length
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await benchConnections({ seconds: 3, rounds: 3 })
}
