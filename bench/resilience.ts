import { pathToFileURL } from 'node:url'
import type { ChildProcess } from 'node:child_process'
import { benchCosts, type Costed, type CostRun } from './costs.js'
import { loadAtRate } from './load-at-rate.js'
import { start } from './processes.js'

/*
 * What traffic policies cost where nothing goes wrong, what they spare an upstream that is down, and what they spare clients of
 * an endpoint that is slow.
 */

const RETRY = { attempts: 3, on: ['UNAVAILABLE'] }

const COSTED: readonly Costed[] = [
  { name: 'bare', server: 'bare' },
  { name: 'policies off', server: 'protobridge' },
  { name: 'policies off, again', server: 'protobridge' },
  {
    name: 'time-out, retry, breaker, outlier',
    server: 'protobridge',
    policies: [{ select: '*', timeout: '10s', perTryTimeout: '5s', retry: RETRY }],
    upstream: { breaker: {}, outlier: {} },
  },
]

/** Prints CPU per request with policies off and on, in units of the bare responder. @returns the number of failed requests */
export function benchPolicyCost(length: CostRun): Promise<number> {
  return benchCosts(COSTED, length)
}

const RATE = 200
const BUDGET = 0.2

/** An upstream that is down for a while: a graph of what reaches it each second. @returns 1 where attempts were above the budget */
export async function benchOutage(downSeconds: number): Promise<number> {
  const upstream = await start('failing-upstream', {})
  const gateway = await start('protobridge', {
    UPSTREAM_PORT: String(upstream.port),
    POLICIES: JSON.stringify([{ select: '*', retry: { ...RETRY, budget: `${BUDGET * 100}%` } }]),
    UPSTREAM: JSON.stringify({ breaker: { maxRetries: 1000 } }),
  })
  try {
    const calls = loadAtRate(gateway.port, '/v1/items/1', RATE, downSeconds + 4)
    await pause(2000)
    upstream.child.send('down')
    await pause(downSeconds * 1000)
    upstream.child.send('up')
    const { latencies, failures } = await calls
    const attempts = (await attemptsOf(upstream.child)).filter((count) => count > 0)
    const most = Math.max(...attempts)
    for (const [second, count] of attempts.entries()) {
      const bar = '#'.repeat(Math.round((count / most) * 50))
      console.log(`  ${String(second).padStart(3)} s ${String(count).padStart(5)} attempts/s ${bar}`)
    }
    const total = attempts.reduce((sum, count) => sum + count, 0)
    const share = (total - (latencies.length + failures)) / (latencies.length + failures)
    console.log(
      `  ${RATE} calls/s, down for ${downSeconds} s: ${latencies.length} answered, ${failures} failed; retries ${(100 * share).toFixed(1)} % of calls (budget ${100 * BUDGET} %), most attempts in a second ${most}`,
    )
    return share > BUDGET ? 1 : 0
  } finally {
    gateway.child.kill()
    upstream.child.kill()
  }
}

/** One endpoint of four slow now and then: what hedging spares clients, and what it costs. @returns the number of failed requests */
export async function benchHedging(seconds: number): Promise<number> {
  let failed = 0
  for (const hedge of [undefined, { delay: '30ms', budget: '50%' }]) {
    const services = [200, 5, 5, 5]
    const upstreams = await start('paced-upstreams', { SERVICE_MS: services.join(), SLOTS: '100' })
    const addresses = services.map((_, at) => `127.0.0.${at + 1}:${upstreams.port}`)
    const gateway = await start('protobridge', {
      UPSTREAM_TARGET: `static:///${addresses.join()}`,
      POLICIES: JSON.stringify(hedge === undefined ? [] : [{ select: '*', hedge }]),
      UPSTREAM: JSON.stringify({ breaker: { maxRetries: 1000 } }),
    })
    try {
      await loadAtRate(gateway.port, '/v1/items/1', RATE, 0.5)
      const before = await attemptsOf(upstreams.child)
      const { latencies, failures } = await loadAtRate(gateway.port, '/v1/items/1', RATE, seconds)
      const after = await attemptsOf(upstreams.child)
      failed += failures
      const calls = latencies.length + failures
      const attempts = sum(after) - sum(before)
      const at = (share: number): string => (latencies[Math.floor(latencies.length * share)] ?? NaN).toFixed(0)
      console.log(
        `  ${(hedge === undefined ? 'one of four slow' : `hedged after ${hedge.delay}`).padEnd(20)} p50 ${at(0.5).padStart(4)} ms  p99 ${at(0.99).padStart(4)} ms  ${((100 * attempts) / calls - 100).toFixed(1)} % more calls  ${failures} failed`,
      )
    } finally {
      gateway.child.kill()
      upstreams.child.kill()
    }
  }
  return failed
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function attemptsOf(child: ChildProcess): Promise<readonly number[]> {
  return new Promise((resolve) => {
    child.once('message', ({ attempts }: { attempts: readonly number[] }) => resolve(attempts))
    child.send('attempts')
  })
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await benchPolicyCost({ seconds: 4, rounds: 5 })
  await benchOutage(10)
  await benchHedging(5)
}
