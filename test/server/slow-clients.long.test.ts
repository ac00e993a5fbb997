import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { setTimeout } from 'node:timers/promises'
import { until } from '../support/calls.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { GatewayProcess, type Memory } from '../support/gateway-process.js'
import { SlowClients } from '../support/slow-clients.js'
import { timedLoad, type LoadTimes } from '../support/timed-load.js'

/* Four thousand clients that send a byte a second, before a gateway that is a process of its own. */

const CLIENTS = 4000
const TIMEOUT_MS = 5000
/** The time-outs are kept within two seconds; the rest is this process's, which has as much to do as the gateway. */
const KEPT_WITHIN_MS = 2000 + 6000
const ROUNDS = 3
/** There are more where the machine is so busy that not every slow client has come back twice by then. */
const MAX_ROUNDS = 15
const ROUND_MS = 10_000
const MIB = 2 ** 20
const KIB = 2 ** 10
/** What a slow client may hold: a connection, a parser, and the beginning of a request. */
const MAX_BYTES_EACH = 16 * KIB
/** What may be left when they have gone, of a connection each: node:http keeps a thousand parsers for the next. */
const MAX_BYTES_LEFT = 16 * MIB

let upstream: EchoUpstream
let gateway: GatewayProcess
beforeAll(async () => {
  upstream = await startEchoUpstream()
  gateway = await GatewayProcess.start({
    listen: { host: '127.0.0.1', port: 0 },
    admin: { port: 0 },
    watch: false,
    telemetry: { accessLog: 'none' },
    client: { headerTimeout: `${TIMEOUT_MS}ms`, bodyTimeout: `${TIMEOUT_MS}ms` },
    ...echoConfig(upstream),
  })
})
afterAll(() => {
  gateway.stop()
  upstream.close()
})

const told = ({ answers, p50, p99 }: LoadTimes): string =>
  `${answers} answers, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`
const inMib = ({ held, rss }: Memory): string => `${(held / MIB).toFixed(1)} of ${Math.round(rss / MIB)} MiB`

test('good clients go on, memory is flat, and every slow one is told 408 in time', async () => {
  const good = (ms: number): Promise<LoadTimes> => timedLoad(gateway.port, '/v1/echo/a', { ms })
  await good(5000)
  const without = await good(ROUND_MS)
  const before = await gateway.memory()

  const slow = new SlowClients(gateway.port, CLIENTS)
  const loads: LoadTimes[] = []
  const memory: Memory[] = []
  const each: string[] = []
  try {
    await until(() => slow.opened >= CLIENTS, 'the slow clients', 60_000)
    while (loads.length < ROUNDS || (slow.ends.length < CLIENTS * 2 && loads.length < MAX_ROUNDS)) {
      loads.push(await good(ROUND_MS))
      const now = await gateway.memory()
      memory.push(now)
      each.push(`${((now.held - before.held) / KIB / slow.open).toFixed(1)} KiB by ${slow.open}`)
    }
  } finally {
    slow.stop()
  }
  // What was theirs is let go of with them, but for what lingers a moment.
  let after = await gateway.memory()
  const end = Date.now() + 30_000
  while (after.held > before.held + MAX_BYTES_LEFT && Date.now() < end) {
    await setTimeout(500)
    after = await gateway.memory()
  }

  const byStatus = new Map<number, number>()
  for (const { status } of slow.ends) byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
  const latest = Math.max(...slow.ends.map(({ answeredMs }) => answeredMs))
  console.log(
    [
      `without slow clients: ${told(without)}`,
      ...loads.map((load) => `with ${CLIENTS}: ${told(load)}`),
      `slow requests: ${[...byStatus].map(([status, count]) => `${count} × ${status}`).join(', ')}, the last after ${(latest / 1000).toFixed(1)} s`,
      `memory held: ${[before, ...memory, after].map(inMib).join(', ')}; each: ${each.join(', ')}`,
    ].join('\n'),
  )
  for (const { others } of [without, ...loads]) expect(others).toBe(0)
  expect([...byStatus.keys()]).toEqual([408])
  // Each has come back several times.
  expect(slow.ends.length).toBeGreaterThanOrEqual(CLIENTS * 2)
  // A machine that keeps requests waiting that nothing holds up keeps these waiting too, before they are ended and after.
  const machineMs = 2 * Math.max(...loads.map(({ slowest }) => slowest))
  expect(latest).toBeLessThan(TIMEOUT_MS + KEPT_WITHIN_MS + machineMs)
  for (const { held } of memory) expect(held).toBeLessThan(before.held + CLIENTS * MAX_BYTES_EACH)
  expect(after.held).toBeLessThan(before.held + MAX_BYTES_LEFT)
}, 400_000)
