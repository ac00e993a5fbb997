import { once } from 'node:events'
import { connect, Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { until } from '../support/calls.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { heldHeap } from '../support/held-heap.js'
import { callRest } from '../support/rest.js'

/* Clients that leave while their call is under way: nothing of it stays, neither here nor on the upstream. */

const isLong = Number(process.env['TRANSCODE_RUNS'] ?? 0) >= 40_000
const CALLS = isLong ? 100_000 : 3000
const WARM_UP = 1000
const CLIENTS = 32

let upstream: EchoUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await startEchoUpstream()
  gateway = await startGateway(echoConfig(upstream))
})
afterAll(async () => {
  await gateway.stop()
  upstream.close()
})

const REQUEST = 'GET /v1/echo?answer.hang=true HTTP/1.1\r\nHost: a\r\n\r\n'
const POST = ['POST /v1/echo HTTP/1.1', 'Host: a', 'Content-Type: application/json', 'Content-Length: 25', '', ''].join(
  '\r\n',
)

/** Ways to leave, each in its turn. */
const WAYS: ((socket: Socket) => Promise<void>)[] = [
  // The upstream has the call.
  async (socket) => {
    const { calls } = upstream
    socket.write(REQUEST)
    await until(() => upstream.calls > calls, 'a call arrives')
    socket.resetAndDestroy()
  },
  // At once: the call is on its way, or not even read.
  async (socket) => {
    await new Promise<void>((written) => socket.write(REQUEST, () => written()))
    socket.resetAndDestroy()
  },
  // In order, as a browser that stops loading.
  async (socket) => {
    socket.write(REQUEST)
    await new Promise((resolve) => setTimeout(resolve, 2))
    socket.destroy()
  },
  // In the middle of the body.
  async (socket) => {
    await new Promise<void>((written) => socket.write(`${POST}{"answer": {"hang"`, () => written()))
    socket.resetAndDestroy()
  },
]

/** So many calls, a number of them at a time, each left by its client. */
async function leave(calls: number): Promise<void> {
  let left = calls
  const client = async (): Promise<void> => {
    while (left > 0) {
      const way = WAYS[(left -= 1) % WAYS.length]!
      const socket = connect({ port: gateway.port, host: '127.0.0.1', noDelay: true })
      socket.on('error', () => undefined)
      await once(socket, 'connect')
      await way(socket)
      if (!socket.closed) await once(socket, 'close')
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  const [echo] = gateway.gateway.snapshot.upstreams
  await until(() => echo!.endpoints().every(({ inFlight }) => inFlight === 0), 'no call is in flight')
  await until(() => upstream.cancelled === upstream.calls, 'the upstream has seen each of them end')
}

/** Sockets of the gateway: its clients', and those to the upstream. The test's own ends of them do not count. */
function sockets(): { clients: number; upstream: number } {
  // Undocumented, and the one way to see what is open by its port.
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles(): unknown[] }
  const open = handles.call(process).filter((handle): handle is Socket => handle instanceof Socket)
  return {
    clients: open.filter(({ localPort }) => localPort === gateway.port).length,
    upstream: open.filter(({ remotePort }) => remotePort === upstream.port).length,
  }
}

/**
 * Waits until clients' sockets are gone, and all but one to the upstream: Node's servers end a connection on which more
 * than 1,000 calls were cancelled at more than 33 a second, so there were several.
 */
async function settled(): Promise<void> {
  await until(() => {
    const { clients, upstream } = sockets()
    return clients === 0 && upstream <= 1
  }, 'the sockets are closed')
}

test(
  `${CALLS} calls that clients left: nothing stays open, the heap within 10 %`,
  async () => {
    await leave(WARM_UP)
    await settled()
    const before = { heap: heldHeap(), calls: upstream.calls }
    await leave(CALLS)
    await settled()
    const after = { heap: heldHeap(), calls: upstream.calls }
    // Three of four ways reach the upstream, as a rule.
    expect(after.calls - before.calls).toBeGreaterThan(CALLS / 3)
    expect(after.heap / before.heap).toBeLessThan(1.1)
    expect((await callRest(gateway.port, 'GET', '/v1/echo/alive')).json).toMatchObject({ text: 'alive' })
    console.log(
      `${CALLS} calls left, ${after.calls - before.calls} of them on the upstream; heap ${(after.heap / before.heap).toFixed(3)} of what it was`,
    )
  },
  isLong ? 600_000 : 60_000,
)
