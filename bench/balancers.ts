import { pathToFileURL } from 'node:url'
import { balancers, hashOf, type Balancer, type BalancerName, type Candidate } from '../src/upstream/balancers/index.js'
import type { ConnectivityState } from '../src/upstream/index.js'
import { median } from './processes.js'

/*
 * Picks per second of each balancer, with few and many endpoints, alike and of different weights; what a pick leaves on
 * the heap; and how long the balancer takes to take in a new set.
 */

const COUNTS = [1, 10, 1_000]
const NONE: readonly Candidate[] = []
/** As many before anything is measured: the compiler has seen enough of it then, and keeps numbers off the heap. */
const WARM_UP = 500_000
/** Drawn before, so that making them costs nothing and leaves nothing. */
const HASHES = Uint32Array.from({ length: 1024 }, (_, at) => hashOf(String(at)))
const MIXES = [
  { name: 'weights alike', weightOf: () => 1 },
  { name: 'weights 1 to 10', weightOf: (at: number) => 1 + (at % 10) },
  { name: 'one of 100 times the weight', weightOf: (at: number) => (at === 0 ? 100 : 1) },
] as const

/** Prints a line for each balancer and number of endpoints. */
export function benchBalancers(isQuick: boolean): void {
  const picks = isQuick ? 50_000 : 500_000
  for (const name of Object.keys(balancers) as BalancerName[]) {
    for (const { name: mix, weightOf } of MIXES) {
      for (const count of COUNTS) {
        // The only endpoint there is has all the weight, whatever it is.
        if (count === 1 && mix !== 'weights alike') continue
        report(name, mix, candidates(count, weightOf), picks)
      }
    }
  }
}

function report(name: BalancerName, mix: string, set: readonly Candidate[], picks: number): void {
  const balancer = balancers[name]<Candidate>({ random: Math.random, now: Date.now, slowStartMs: 0 })
  const updateMs = median(Array.from({ length: 5 }, () => timed(() => balancer.update(set)) / 1e6))
  pickAll(balancer, WARM_UP)
  const before = process.memoryUsage().heapUsed
  pickAll(balancer, picks)
  const bytes = process.memoryUsage().heapUsed - before
  const ns = median(Array.from({ length: 7 }, () => timed(() => pickAll(balancer, picks)) / picks))
  console.log(
    `  ${name.padEnd(14)} ${String(set.length).padStart(5)} endpoints, ${mix.padEnd(28)} ${(1000 / ns).toFixed(1).padStart(6)} M picks/s` +
      `  ${ns.toFixed(0).padStart(5)} ns  ${Math.max(0, bytes / picks).toFixed(2)} B/pick  new set ${updateMs.toFixed(2)} ms`,
  )
}

function pickAll(balancer: Balancer<Candidate>, picks: number): void {
  for (let n = 0; n < picks; n++) {
    if (balancer.pick(NONE, HASHES[n & 1023]!) === undefined) throw new Error('no endpoint was picked')
  }
}

/** Nanoseconds. */
function timed(run: () => void): number {
  const from = process.hrtime.bigint()
  run()
  return Number(process.hrtime.bigint() - from)
}

function candidates(count: number, weightOf: (at: number) => number): Candidate[] {
  return Array.from({ length: count }, (_, at) => {
    const host = `10.0.${at >> 8}.${at & 255}`
    const endpoint = {
      address: `${host}:50051`,
      host,
      port: 50051,
      path: undefined,
      weight: weightOf(at),
      zone: undefined,
      tags: [],
      meta: {},
    }
    const state: ConnectivityState = 'READY'
    return { endpoint, state, inFlight: hashOf(host) % 8, isHealthy: true, isServing: true, readySinceMs: 0 }
  })
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) benchBalancers(false)
