import { connect } from 'node:net'
import type { ServerHttp2Stream } from 'node:http2'
import { afterEach, describe, expect, test } from '@jest/globals'
import { echoConfig, encode } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { message, respond, startHostileServer, type HostileServer } from '../support/grpc-servers/hostile-server.js'
import { callRest } from '../support/rest.js'

/* `concurrency`: so many requests of a caller at one time. */

let held: ServerHttp2Stream[] = []
let server: HostileServer | undefined
let gateway: TestGateway | undefined
afterEach(async () => {
  server?.close()
  await gateway?.stop()
  held = []
})

async function serve(concurrency: object): Promise<number> {
  server = await startHostileServer((stream) => held.push(stream))
  gateway = await startGateway({
    ...echoConfig({ target: `static:///127.0.0.1:${server.port}` }),
    policies: [{ select: '*', timeout: '10s', concurrency }],
  })
  return gateway.port
}

const release = (): void => {
  for (const stream of held.splice(0)) {
    respond(stream, message(encode('EchoResponse', {})), { 'grpc-status': '0' })
  }
}
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('of 60 at once exactly 20 go, the others are refused, and room is made as they end', async () => {
  const port = await serve({ max: 20, by: 'global' })
  let refused = 0
  const all = Array.from({ length: 60 }, async (_, i) => {
    // Over all methods of the entry.
    const answer = await callRest(
      port,
      i % 2 === 0 ? 'GET' : 'PUT',
      i % 2 === 0 ? '/v1/echo' : '/v1/number',
      i % 2 === 0 ? {} : { body: '1' },
    )
    if (answer.status === 429) {
      refused++
      expect(answer.json).toMatchObject({ code: 8, details: [{ reason: 'TOO_MANY_CONCURRENT' }] })
    } else expect(answer.status).toBe(200)
  })
  await until(() => held.length === 20 && refused === 40)
  release()
  await Promise.all(all)
  const next = callRest(port, 'GET', '/v1/echo')
  await until(() => held.length === 1)
  release()
  expect((await next).status).toBe(200)
})

describe('callers are told apart', () => {
  test.each([
    { by: 'header:X-User', first: ['x-user: ann'], other: ['x-user: bob'], isApart: true },
    { by: 'header:X-User', first: ['x-user: ann'], other: ['X-USER: ann'], isApart: false },
    { by: 'header:X-User', first: [], other: ['x-other: 1'], isApart: false },
    { by: 'header:X-User', first: [], other: ['x-user:'], isApart: true },
    { by: 'address', first: ['x-user: ann'], other: ['x-forwarded-for: 1.1.1.1'], isApart: false },
    { by: 'identity', first: [], other: ['x-user: ann'], isApart: false },
    { by: 'claim:tenant', first: [], other: [], isApart: false },
  ])('by $by: $first and $other: $isApart', async ({ by, first, other, isApart }) => {
    const port = await serve({ max: 1, by })
    const one = callRest(port, 'GET', '/v1/echo', { headers: first })
    await until(() => held.length === 1)
    const two = callRest(port, 'GET', '/v1/echo', { headers: other })
    if (isApart) await until(() => held.length === 2)
    else expect((await two).status).toBe(429)
    release()
    expect((await one).status).toBe(200)
    if (isApart) expect((await two).status).toBe(200)
  })
})

test('a client that leaves makes room', async () => {
  const port = await serve({ max: 1, by: 'global' })
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /v1/echo HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => held.length === 1)
  socket.destroy()
  await until(() => held[0]!.closed)
  const next = callRest(port, 'GET', '/v1/echo')
  await until(() => held.length === 2)
  held.shift()
  release()
  expect((await next).status).toBe(200)
})

test('one that leaves while it is found out who calls makes room too', async () => {
  const { Issuer } = await import('../support/issuer.js')
  const issuer = await Issuer.start()
  server = await startHostileServer((stream) => held.push(stream))
  let isAsked = false
  issuer.introspect = () => {
    isAsked = true
    return { active: true, sub: 'ann' }
  }
  issuer.delayMs = 200
  gateway = await startGateway({
    ...echoConfig({ target: `static:///127.0.0.1:${server.port}` }),
    auth: {
      providers: {
        oauth: {
          introspection: { endpoint: `${issuer.url}/introspect`, clientId: 'a', clientSecret: 'b', cacheFor: '0s' },
        },
      },
    },
    policies: [{ select: '*', auth: {}, concurrency: { max: 1, by: 'global' } }],
  })
  try {
    const socket = connect(gateway.port, '127.0.0.1')
    socket.write('GET /v1/echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer t\r\n\r\n')
    await until(() => isAsked)
    socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 400))
    const next = callRest(gateway.port, 'GET', '/v1/echo', { headers: ['Authorization: Bearer t'] })
    await until(() => held.length === 1)
    release()
    expect((await next).status).toBe(200)
  } finally {
    issuer.close()
  }
})

test.each([
  { concurrency: { max: 0 }, error: 'policies[0].concurrency.max' },
  { concurrency: {}, error: '"max" is missing' },
  { concurrency: { max: 1, by: 'cookie:a' }, error: '"cookie:a" is nothing to tell callers apart by' },
  { concurrency: { max: 1, by: 'field:text' }, error: '"field:text" is nothing to tell callers apart by' },
])('$error', async ({ concurrency, error }) => {
  await expect(serve(concurrency)).rejects.toThrow(error)
})
