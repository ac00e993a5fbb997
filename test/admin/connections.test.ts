import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { poll } from '../support/consul-agent.js'
import { startExampleGateway, type TestGateway } from '../support/gateway.js'
import { RawConnection } from '../support/raw-http.js'

/* How many connections the admin port takes, and which make room. */

const MOST = 128

let gateway: TestGateway
let port: number
const connections: RawConnection[] = []

beforeEach(async () => {
  gateway = await startExampleGateway({ admin: { host: '127.0.0.1', port: 0 } })
  port = Number(new URL(gateway.admin).port)
})
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.destroy()
  await gateway.stop()
})

function open(): RawConnection {
  const connection = new RawConnection(port)
  connections.push(connection)
  return connection
}

const ask = (connection: RawConnection): ReturnType<RawConnection['response']> =>
  connection.write('GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n').response()

test('connections beyond those that there may be are told so, and closed; others go on', async () => {
  const first = open()
  expect((await ask(first)).status).toBe(200)
  for (let i = 1; i < MOST; i++) open()
  const beyond = open()
  const { status, headers, body } = await ask(beyond)
  expect({ status, connection: headers.get('connection'), retry: headers.get('retry-after') }).toEqual({
    status: 503,
    connection: 'close',
    retry: '1',
  })
  expect(JSON.parse(body)).toEqual({ error: 'too many connections to the admin port: try again soon' })
  await beyond.closed()
  expect((await ask(first)).status).toBe(200)
  // What one leaves another has.
  connections[1]!.destroy()
  await poll('room', async () => (await ask(open())).status === 200)
})

test('those that say nothing make room', async () => {
  for (let i = 0; i < MOST; i++) open()
  expect((await ask(open())).status).toBe(503)
  await poll('room', async () => (await ask(open())).status === 200, { timeoutMs: 30_000, everyMs: 250 })
}, 40_000)
