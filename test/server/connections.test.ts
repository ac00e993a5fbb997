import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { connect, type Socket } from 'node:net'
import { until } from '../support/calls.js'
import { echoProject, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import type { Project } from '../support/project.js'

let upstream: EchoUpstream
let project: Project
let gateway: TestGateway

beforeAll(async () => {
  upstream = await startEchoUpstream()
  project = echoProject(upstream.target)
})
afterEach(async () => {
  upstream.release()
  await gateway.stop()
})
afterAll(() => {
  upstream.stop()
  project.remove()
})

async function start(more: object): Promise<void> {
  gateway = await startGateway({
    schema: [{ protos: ['echo/*.proto'], roots: [`${project.path}/protos`] }],
    upstreams: { echo: { target: upstream.target, services: ['echo.v1.*'] } },
    ...more,
  })
}

/** A connection with all it received. */
interface Client {
  readonly socket: Socket
  received: string
  isClosed: boolean
}

function open(): Promise<Client> {
  return new Promise((resolve) => {
    const socket = connect(gateway.port, '127.0.0.1', () => resolve(client))
    const client: Client = { socket, received: '', isClosed: false }
    socket.on('data', (chunk: Buffer) => (client.received += chunk.toString()))
    socket.on('error', () => undefined)
    socket.on('close', () => (client.isClosed = true))
  })
}

const GET = 'GET /v1/echo/a HTTP/1.1\r\nHost: a\r\n\r\n'
const answers = ({ received }: Client): number => received.split('HTTP/1.1 200').length - 1

describe('connections', () => {
  test('several requests on one', async () => {
    await start({})
    const client = await open()
    for (const count of [1, 2, 3]) {
      client.socket.write(GET)
      await until(() => answers(client) === count, 'the answer')
    }
    client.socket.destroy()
  })

  test('client.keepAliveTimeout: an idle one is closed, and said so', async () => {
    await start({ client: { keepAliveTimeout: '1s' } })
    const client = await open()
    client.socket.write(GET)
    await until(() => client.received.toLowerCase().includes('keep-alive: timeout=1'), 'the answer')
    await until(() => client.isClosed, 'the end', 4000)
  })

  test('nor does an empty line now and then keep it', async () => {
    await start({ client: { keepAliveTimeout: '1s', headerTimeout: '1s' } })
    const client = await open()
    client.socket.write(GET)
    await until(() => answers(client) === 1, 'the answer')
    const timer = setInterval(() => client.socket.write('\r\n'), 100)
    await until(() => client.isClosed, 'the end', 15_000).finally(() => clearInterval(timer))
  })

  test('one whose answer takes long is not idle', async () => {
    await start({ client: { keepAliveTimeout: '1s', headerTimeout: '1s' } })
    const client = await open()
    client.socket.write(GET)
    await until(() => answers(client) === 1, 'the answer')
    client.socket.write('GET /v1/hold HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => upstream.held() === 1, 'the call')
    // Longer than an idle one is kept, and the look for such.
    await new Promise((resolve) => setTimeout(resolve, 5000))
    expect(client.isClosed).toBe(false)
    upstream.release()
    await until(() => answers(client) === 2, 'the second answer')
    client.socket.destroy()
  })

  test('client.maxConnections: one more is closed, and taken again when there is room', async () => {
    await start({ client: { maxConnections: 2 } })
    const [first, second] = [await open(), await open()]
    for (const client of [first, second]) client.socket.write(GET)
    await until(() => answers(first) + answers(second) === 2, 'the answers')
    const third = await open()
    await until(() => third.isClosed, 'the refusal')
    first.socket.destroy()
    let fourth = await open()
    await until(() => {
      if (fourth.isClosed) void open().then((next) => (fourth = next))
      else fourth.socket.write(GET)
      return answers(fourth) > 0
    }, 'room')
    second.socket.destroy()
    fourth.socket.destroy()
  })

  test('a client that resets its connection after CONNECT', async () => {
    await start({})
    const client = await open()
    client.socket.write('CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => client.received.includes('405'), 'the refusal')
    client.socket.resetAndDestroy()
    const next = await open()
    next.socket.write(GET)
    await until(() => answers(next) === 1, 'the answer')
    next.socket.destroy()
  })

  test('a client that asks for a tunnel while it waits for an answer, and resets its connection', async () => {
    await start({})
    const client = await open()
    client.socket.write('GET /v1/hold HTTP/1.1\r\nHost: a\r\n\r\nCONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => upstream.held() === 1, 'the call')
    client.socket.resetAndDestroy()
    await until(() => upstream.held() === 0, 'the call to be cancelled')
    const next = await open()
    next.socket.write(GET)
    await until(() => answers(next) === 1, 'the answer')
    next.socket.destroy()
  })

  test('closing: what is under way is answered, with Connection: close', async () => {
    await start({})
    const client = await open()
    client.socket.write('GET /v1/hold HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => upstream.held() === 1, 'the call')
    const closed = gateway.gateway.close()
    upstream.release()
    await until(() => client.isClosed, 'the end')
    expect(answers(client)).toBe(1)
    expect(client.received.toLowerCase()).toContain('connection: close')
    expect(await closed).toEqual({ wasCut: false })
  })

  test('closing: a slow reader gets all of its answer', async () => {
    await start({ drain: '5s' })
    const client = await open()
    client.socket.pause()
    const text = 'x'.repeat(2_000_000)
    const body = JSON.stringify({ text })
    client.socket.write(
      `POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    await new Promise((resolve) => setTimeout(resolve, 300))
    const closed = gateway.gateway.close()
    await new Promise((resolve) => setTimeout(resolve, 300))
    client.socket.resume()
    expect(await closed).toEqual({ wasCut: false })
    await until(() => client.isClosed, 'the end')
    expect(client.received.endsWith(`{"text":"${text}"}`)).toBe(true)
  })
})
