import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServerHttp2Stream } from 'node:http2'
import { connect } from 'node:net'
import { echoConfig, encode } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { message, respond, startHostileServer, type HostileServer } from '../support/grpc-servers/hostile-server.js'
import { callRest } from '../support/rest.js'

/* `retry`, `perTryTimeout` and `breaker`, from the client's request to what servers see of it. */

type Behaviour = (stream: ServerHttp2Stream) => void

const OK: Behaviour = (stream) =>
  respond(stream, message(encode('EchoResponse', { text: 'well' })), { 'grpc-status': '0' })
const status =
  (code: number, trailers: Record<string, string> = {}): Behaviour =>
  (stream) =>
    respond(stream, undefined, { 'grpc-status': String(code), 'grpc-message': `code ${code}`, ...trailers })
const lost: Behaviour = (stream) => stream.session!.destroy()
const cut: Behaviour = (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
  stream.write(Buffer.from([0, 0, 0, 0, 50, 1, 2, 3]), () => stream.session!.destroy())
}
const html: Behaviour = (stream) => {
  stream.respond({ ':status': 502, 'content-type': 'text/html' })
  stream.end('<h1>502</h1>')
}
const silent: Behaviour = () => undefined

interface Seen {
  readonly port: number
  readonly attempts: unknown
}

/** What servers do with each call in turn, whichever gets it; the last with all that follow. */
let script: Behaviour[] = []
let seen: Seen[] = []
const servers: HostileServer[] = []
let gateway: TestGateway | undefined

beforeEach(() => {
  seen = []
})
afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
  for (const server of servers.splice(0)) server.close()
})

async function scripted(): Promise<HostileServer> {
  const server: HostileServer = await startHostileServer((stream) => {
    seen.push({ port: server.port, attempts: server.headers()['grpc-previous-rpc-attempts'] })
    const behave = script.length > 1 ? script.shift()! : script[0]!
    behave(stream)
  })
  servers.push(server)
  return server
}

const RETRY = { attempts: 3, backoff: { initial: '5ms', max: '20ms' } }

async function serve(policy: object, { count = 1, upstream = {} as object } = {}): Promise<number> {
  for (let i = 0; i < count; i++) await scripted()
  const target = `static:///${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`
  gateway = await startGateway({
    ...echoConfig({ target }, upstream),
    policies: [{ select: '*', timeout: '5s', ...policy }],
  })
  return gateway.port
}

describe('an attempt that fails is followed by another', () => {
  test.each<{ what: string; first: Behaviour; retry?: object; policy?: object }>([
    { what: 'UNAVAILABLE', first: status(14) },
    { what: 'a status of `on`', first: status(10), retry: { on: ['ABORTED'] } },
    { what: 'a connection that is lost', first: lost },
    { what: 'a connection that is lost within the answer', first: cut },
    { what: 'a 502 without a gRPC status', first: html },
    { what: 'a try that expires', first: silent, policy: { perTryTimeout: '100ms' } },
    { what: 'a pushback', first: status(14, { 'grpc-retry-pushback-ms': '1' }) },
  ])('$what', async ({ first, retry, policy }) => {
    const port = await serve({ retry: { ...RETRY, ...retry }, ...policy })
    script = [first, OK]
    const answer = await callRest(port, 'GET', '/v1/echo')
    expect([answer.status, answer.json]).toMatchObject([200, { text: 'well' }])
    expect(seen.map(({ attempts }) => attempts)).toEqual([undefined, '1'])
    expect(answer.headers.has('grpc-retry-pushback-ms')).toBe(false)
  })

  test('on another server', async () => {
    const port = await serve({ retry: { ...RETRY, attempts: 3 } }, { count: 3 })
    script = [status(14), status(14), OK]
    expect((await callRest(port, 'GET', '/v1/echo')).status).toBe(200)
    expect(new Set(seen.map((call) => call.port)).size).toBe(3)
  })
})

describe('what is not tried again', () => {
  test.each<{ what: string; method?: string; first: Behaviour; policy?: object; status: number; calls?: number }>([
    { what: 'a status that is not in `on`', first: status(5), status: 404 },
    { what: 'a method without `retry`', first: status(14), policy: {}, status: 503 },
    { what: 'attempts: 1', first: status(14), policy: { retry: { attempts: 1 } }, status: 503 },
    { what: 'a POST', method: 'POST', first: status(14), status: 503 },
    { what: 'a POST whose connection is lost', method: 'POST', first: lost, status: 503 },
    { what: 'a negative pushback', first: status(14, { 'grpc-retry-pushback-ms': '-1' }), status: 503 },
    {
      what: 'a try that expires, of a POST',
      method: 'POST',
      first: silent,
      policy: { retry: RETRY, perTryTimeout: '100ms' },
      status: 504,
    },
    { what: 'after all attempts', first: status(14), status: 503, calls: 3 },
    {
      what: 'after the deadline',
      first: status(14),
      policy: { retry: { backoff: { initial: '9s', max: '9s' } } },
      status: 503,
    },
  ])('$what', async ({ method = 'GET', first, policy = { retry: RETRY }, status: expected, calls = 1 }) => {
    const port = await serve(policy)
    script = [first]
    const answer = await callRest(port, method, '/v1/echo', method === 'POST' ? { body: {} } : {})
    expect(answer.status).toBe(expected)
    expect(seen).toHaveLength(calls)
    script = [OK]
    expect((await callRest(port, 'GET', '/v1/echo')).status).toBe(200)
  })
})

test('`unsafe` tries a POST again', async () => {
  const port = await serve({ retry: { ...RETRY, unsafe: true } })
  script = [status(14), OK]
  expect((await callRest(port, 'POST', '/v1/echo', { body: {} })).status).toBe(200)
})

test('attempts stay within the budget, whoever calls', async () => {
  const port = await serve({ retry: { ...RETRY, budget: '10%' } }, { upstream: { breaker: { maxRetries: 1000 } } })
  script = [status(14)]
  const answers = await Promise.all(Array.from({ length: 100 }, () => callRest(port, 'GET', '/v1/echo')))
  expect(answers.every((answer) => answer.status === 503)).toBe(true)
  // A tenth of the calls, and three a second.
  expect(seen.length).toBeGreaterThan(100)
  expect(seen.length).toBeLessThanOrEqual(100 + 30)
})

test('calls of methods that are not retried count for the budget of those that are', async () => {
  const retry = { ...RETRY, attempts: 2, budget: '50%' }
  const upstream = { breaker: { maxRetries: 1000 } }
  const port = await serve({ select: 'echo.v1.EchoService.Echo', retry }, { upstream })
  script = [status(5)]
  for (let i = 0; i < 30; i++) await callRest(port, 'GET', '/v1/raw')
  expect(seen).toHaveLength(30)
  script = [status(14)]
  for (let i = 0; i < 20; i++) await callRest(port, 'GET', '/v1/echo')
  // Each of the twenty is tried twice: twenty retries are within half of the thirty calls and the twenty.
  expect(seen).toHaveLength(30 + 20 + 20)
})

test('a breaker lets exactly as many calls to the upstream as it says', async () => {
  const port = await serve({}, { upstream: { breaker: { maxConcurrent: 20 } } })
  const held: ServerHttp2Stream[] = []
  script = [(stream) => void held.push(stream)]
  const statuses: number[] = []
  const call = async (): Promise<void> => void statuses.push((await callRest(port, 'GET', '/v1/echo')).status)
  const all = Promise.all(Array.from({ length: 200 }, call))
  while (held.length < 20 || statuses.length < 180) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(held).toHaveLength(20)
  expect(new Set(statuses)).toEqual(new Set([503]))
  for (const stream of held) OK(stream)
  await all
  expect(statuses.filter((status) => status === 200)).toHaveLength(20)
  script = [OK]
  const after = await callRest(port, 'GET', '/v1/echo')
  expect(after.status).toBe(200)
})

describe('hedging', () => {
  const HEDGE = { delay: '50ms', attempts: 2 }

  test('a call that is not answered for a while goes to another server too, and the first answer wins', async () => {
    const port = await serve({ hedge: HEDGE }, { count: 2 })
    let isCancelled = false
    script = [(stream) => void stream.on('close', () => (isCancelled = true)), OK]
    const answer = await callRest(port, 'GET', '/v1/echo')
    expect([answer.status, answer.json]).toMatchObject([200, { text: 'well' }])
    expect(seen.map(({ attempts }) => attempts)).toEqual([undefined, '1'])
    expect(new Set(seen.map((call) => call.port)).size).toBe(2)
    while (!isCancelled) await new Promise((resolve) => setTimeout(resolve, 5))
  })

  test('not where calling twice may do twice what the call does', async () => {
    const port = await serve({ hedge: HEDGE, timeout: '300ms' }, { count: 2 })
    script = [silent, OK]
    expect((await callRest(port, 'POST', '/v1/echo', { body: {} })).status).toBe(504)
    expect(seen).toHaveLength(1)
  })

  test('every attempt is cancelled when the client leaves', async () => {
    const port = await serve({ hedge: HEDGE }, { count: 2 })
    let cancelled = 0
    script = [(stream) => void stream.on('close', () => cancelled++)]
    const socket = connect(port, '127.0.0.1')
    socket.write('GET /v1/echo HTTP/1.1\r\nHost: a\r\n\r\n')
    while (seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    socket.destroy()
    while (cancelled < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  })
})

test('what a breaker refuses says so', async () => {
  const port = await serve({ retry: RETRY }, { upstream: { breaker: { maxPending: 0 } } })
  script = [OK]
  const answer = await callRest(port, 'GET', '/v1/echo')
  expect([answer.status, answer.json]).toMatchObject([503, { code: 14, details: [{ reason: 'UPSTREAM_OVERLOADED' }] }])
})

test('a client that leaves during a pause has nothing sent for it', async () => {
  const port = await serve({ retry: { backoff: { initial: '300ms', max: '300ms' } } })
  script = [status(14)]
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /v1/echo HTTP/1.1\r\nHost: a\r\n\r\n')
  while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(seen).toHaveLength(1)
})

describe('settings that cannot be', () => {
  test.each([
    { policy: { retry: { attempts: 0 } }, error: '0 is too small (policies[0].retry.attempts)' },
    { policy: { retry: { on: ['unavailable'] } }, error: 'policies[0].retry.on[0]' },
    { policy: { retry: { on: ['OK'] } }, error: 'policies[0].retry.on[0]' },
    { policy: { retry: { budget: '120%' } }, error: '"120%" is not a percentage (policies[0].retry.budget)' },
    { policy: { retry: { budget: 0.2 } }, error: '0.2 is not a percentage (policies[0].retry.budget)' },
    { policy: { retry: { backoff: { initial: '1s', max: '1ms' } } }, error: 'max is shorter than initial' },
    { policy: { hedge: { delay: '1s', attempts: 1 } }, error: '1 is too small (policies[0].hedge.attempts)' },
    { policy: { hedge: {} }, error: 'policies[0].hedge' },
    { policy: { perTryTimeout: '0s' }, error: '0s is too short (policies[0].perTryTimeout)' },
  ])('$error', async ({ policy, error }) => {
    await expect(serve(policy)).rejects.toThrow(error)
  })
})
