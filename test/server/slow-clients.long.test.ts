import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { until } from '../support/calls.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { GatewayProcess, type Memory } from '../support/gateway-process.js'
import { SlowClients } from '../support/slow-clients.js'
import { timedLoad, type LoadTimes } from '../support/timed-load.js'

/* Four thousand clients that send a byte a second, before a gateway that is a process of its own. */

const CLIENTS = 4000
const TIMEOUT_MS = 5000
/** The time-outs are kept within two seconds; the rest is for machines that are busy, with this process too. */
const KEPT_WITHIN_MS = 2000 + 6000
const ROUNDS = 3
const ROUND_MS = 10_000
const MIB = 2 ** 20
/** What a slow client may hold: a connection, a parser, and the beginning of a request. */
const MAX_BYTES_EACH = 16 * 1024

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
  try {
    await until(() => slow.open >= CLIENTS * 0.95, 'the slow clients', 20_000)
    for (let round = 0; round < ROUNDS; round++) {
      loads.push(await good(ROUND_MS))
      memory.push(await gateway.memory())
    }
  } finally {
    slow.stop()
  }
  // What was theirs is let go of with them, but for what lingers a moment.
  let after = await gateway.memory()
  await until(
    () => {
      void gateway.memory().then((now) => (after = now))
      return after.held < before.held + 8 * MIB
    },
    'what they held',
    20_000,
  )

  const byStatus = new Map<number, number>()
  for (const { status } of slow.ends) byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
  const slowest = Math.max(...slow.ends.map(({ answeredMs }) => answeredMs))
  console.log(
    [
      `without slow clients: ${told(without)}`,
      ...loads.map((load) => `with ${CLIENTS}: ${told(load)}`),
      `slow requests: ${[...byStatus].map(([status, count]) => `${count} × ${status}`).join(', ')}, the last after ${(slowest / 1000).toFixed(1)} s`,
      `memory held: ${[before, ...memory, after].map(inMib).join(', ')}`,
    ].join('\n'),
  )
  for (const load of [without, ...loads]) expect([load.others, load.answers > 100]).toEqual([0, true])
  expect([...byStatus.keys()]).toEqual([408])
  // Each has come back several times.
  expect(slow.ends.length).toBeGreaterThan(CLIENTS * 2)
  expect(slowest).toBeLessThan(TIMEOUT_MS + KEPT_WITHIN_MS)
  for (const { held } of memory) expect(held).toBeLessThan(before.held + CLIENTS * MAX_BYTES_EACH)
}, 180_000)
