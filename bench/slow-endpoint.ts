import { pathToFileURL } from 'node:url'
import { loadAtRate } from './load-at-rate.js'
import { start } from './processes.js'

/*
 * What clients feel of one endpoint of four that is ten times slower than the others: each endpoint works on so many
 * calls at once and no more, so that it can do 400 calls a second, and the slow one 40. Load comes at a steady rate.
 */

const SERVICE_MS = 10
const SLOTS = 4
/** A quarter of it is within what a healthy endpoint can do, and beyond what the slow one can. */
const PER_SECOND = 300

const SCENARIOS = [
  { name: 'all healthy, round_robin', balancer: 'round_robin', slowdown: 1 },
  { name: 'all healthy, least_request', balancer: 'least_request', slowdown: 1 },
  { name: 'one of four slow, round_robin', balancer: 'round_robin', slowdown: 10 },
  { name: 'one of four slow, least_request', balancer: 'least_request', slowdown: 10 },
] as const

/** Prints the latencies of each scenario. @returns the number of failed requests */
export async function benchSlowEndpoint(seconds: number): Promise<number> {
  let failed = 0
  for (const { name, balancer, slowdown } of SCENARIOS) {
    const services = [SERVICE_MS * slowdown, SERVICE_MS, SERVICE_MS, SERVICE_MS]
    const upstreams = await start('paced-upstreams', { SERVICE_MS: services.join(), SLOTS: String(SLOTS) })
    const addresses = services.map((_, at) => `127.0.0.${at + 1}:${upstreams.port}`)
    const gateway = await start('protobridge', {
      UPSTREAM_TARGET: `static:///${addresses.join()}`,
      BALANCER: balancer,
    })
    try {
      await loadAtRate(gateway.port, '/v1/items/1', PER_SECOND, 0.5)
      const { latencies, failures } = await loadAtRate(gateway.port, '/v1/items/1', PER_SECOND, seconds)
      failed += failures
      const at = (share: number): string => (latencies[Math.floor(latencies.length * share)] ?? NaN).toFixed(0)
      console.log(
        `  ${name.padEnd(32)} p50 ${at(0.5).padStart(5)} ms  p90 ${at(0.9).padStart(5)} ms  p99 ${at(0.99).padStart(5)} ms  ${failures} failed`,
      )
    } finally {
      gateway.child.kill()
      upstreams.child.kill()
    }
  }
  return failed
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await benchSlowEndpoint(5)
