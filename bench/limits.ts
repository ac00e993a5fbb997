import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { benchCosts, type CostRun } from './costs.js'
import { BENCH_ISSUER, createIdentity } from './identity.js'
import { loadAtRate } from './load-at-rate.js'
import { benchPolicyParts } from './policy-parts.js'
import { start, type Started } from './processes.js'
import { startRedis } from './redis.js'

/* What it costs to count requests, and to let pages of other origins call. */

const CORS = { origins: ['https://app.example'], expose: ['etag'], credentials: true }
const ORIGIN = 'origin: https://app.example\r\n'
const limited = (by: string) => [{ name: 'many', rate: '100000000/h', by }]

/** Prints CPU per request without and with each, in units of the bare responder. @returns the number of failed requests */
export async function benchLimits(length: CostRun): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'protobridge-bench-'))
  try {
    const { jwks, token } = await createIdentity(folder)
    const auth = { providers: { idp: { jwt: { issuer: BENCH_ISSUER, jwks } } } }
    const headers = `${ORIGIN}authorization: Bearer ${token}\r\n`
    const server = 'protobridge'
    return await benchCosts(
      [
        { name: 'bare', server: 'bare', headers },
        { name: 'no policy', server, headers },
        { name: 'memory limit', server, policies: [{ select: '*', limits: limited('address') }], headers },
        { name: 'CORS', server, policies: [{ select: '*', cors: CORS }], headers },
        {
          name: 'cached JWT, memory limit, CORS',
          server,
          auth,
          policies: [{ select: '*', auth: {}, limits: limited('identity'), cors: CORS }],
          headers,
        },
      ],
      length,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const PER_SECOND = 300
const TURNS = 4

/**
 * Prints what a limit in Redis adds to the latency of requests that come at a steady rate, against the same limit in memory: both
 * gateways are up, and take turns.
 *
 * @returns the number of failed requests
 */
export async function benchRedisLimit(seconds: number): Promise<number> {
  const redis = await startRedis()
  if (redis === undefined) {
    console.log('  skipped: no redis binary')
    return 0
  }
  const upstream = await start('upstream', {})
  const policies = JSON.stringify([{ select: '*', limits: limited('address') }])
  const servers: Started[] = []
  let failed = 0
  try {
    for (const store of ['memory', redis.url]) {
      const limits = JSON.stringify({ store, timeout: '5s' })
      servers.push(
        await start('protobridge', { UPSTREAM_PORT: String(upstream.port), POLICIES: policies, LIMITS: limits }),
      )
    }
    const latencies: [number[], number[]] = [[], []]
    for (const { port } of servers) await loadAtRate(port, '/v1/items/1', PER_SECOND, 0.5)
    for (let turn = 0; turn < TURNS; turn++) {
      for (const [at, { port }] of servers.entries()) {
        const result = await loadAtRate(port, '/v1/items/1', PER_SECOND, seconds / TURNS)
        latencies[at]!.push(...result.latencies)
        failed += result.failures
      }
    }
    const [memory, shared] = latencies.map((all) => all.sort((a, b) => a - b)) as [number[], number[]]
    const added = (share: number): string => (percentile(shared, share) - percentile(memory, share)).toFixed(2)
    const of = `of ${percentile(memory, 0.5).toFixed(2)} and ${percentile(memory, 0.99).toFixed(2)} ms`
    console.log(`  limit in Redis, ${PER_SECOND} a second: adds p50 ${added(0.5)} ms, p99 ${added(0.99)} ms (${of})`)
  } finally {
    for (const { child } of [...servers, upstream, redis]) child.kill()
  }
  return failed
}

function percentile(ascending: readonly number[], share: number): number {
  return ascending[Math.floor(ascending.length * share)] ?? NaN
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await benchLimits({ seconds: 3, rounds: 5 })
  benchPolicyParts(false)
  await benchRedisLimit(10)
}
