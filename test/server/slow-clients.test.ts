import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { until } from '../support/calls.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { SlowClients } from '../support/slow-clients.js'
import { timedLoad } from '../support/timed-load.js'

/* A hundred clients that send a byte a second. Four thousand: slow-clients.long.test.ts. */

const CLIENTS = 100
const TIMEOUT_MS = 1000
/** The time-outs are kept within two seconds; the rest is for machines that are busy. */
const KEPT_WITHIN_MS = 2000 + 3000

let upstream: EchoUpstream
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startEchoUpstream()
  const client = { headerTimeout: `${TIMEOUT_MS}ms`, bodyTimeout: `${TIMEOUT_MS}ms` }
  gateway = await startGateway({ ...echoConfig(upstream), client })
})
afterAll(async () => {
  await gateway.stop()
  upstream.close()
})

test('each is told 408 and closed in time, and others are served meanwhile', async () => {
  const slow = new SlowClients(gateway.port, CLIENTS, { comesBack: false })
  try {
    const good = await timedLoad(gateway.port, '/v1/echo/a', { ms: 1000, clients: 4 })
    await until(() => slow.ends.length === CLIENTS, 'the end of each', 15_000)
    expect(good.others).toBe(0)
    // Of what the slow ones sent nothing has gone upstream.
    expect(upstream.calls).toBe(good.answers)
    for (const { slowness, status, answeredMs } of slow.ends) {
      expect([slowness, status]).toEqual([slowness, 408])
      expect(answeredMs).toBeGreaterThan(TIMEOUT_MS * 0.9)
      expect(answeredMs).toBeLessThan(TIMEOUT_MS + KEPT_WITHIN_MS)
    }
  } finally {
    slow.stop()
  }
}, 30_000)
