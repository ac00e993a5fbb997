import type { ServerHttp2Stream } from 'node:http2'
import { afterEach, describe, expect, test } from '@jest/globals'
import { echoConfig, startEchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import {
  frame,
  message,
  rawHttp2,
  respond,
  respondOnly,
  startHostileServer,
  startTcpServer,
} from '../support/grpc-servers/hostile-server.js'
import { callRest, type JsonAnswer } from '../support/rest.js'

/* Rulings: "Errors", what concerns upstreams that are away, or answer with what is not gRPC. */

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function gatewayTo(port: number, options: object = {}): Promise<TestGateway> {
  const gateway = await startGateway(echoConfig({ target: `static:///127.0.0.1:${port}` }, options))
  closers.push(gateway.stop)
  return gateway
}

/** What the client is told, and that it is told nothing it should not know. */
function check(answer: JsonAnswer, status: number, reason: string): void {
  expect(answer).toMatchObject({
    status,
    json: { code: status === 503 ? 14 : 13, details: [{ reason, domain: 'protobridge' }] },
  })
  expect(answer.headers.get('connection')).toBe('keep-alive')
  expect(answer.body).not.toMatch(/127\.0\.0\.1|ECONN|localhost|\.[jt]s\b|<|at \w+ \(/)
  expect((answer.json as { message: string }).message).not.toBe('')
}

const UNAVAILABLE = { status: 503, reason: 'UPSTREAM_UNAVAILABLE' } as const
const PROTOCOL = { status: 502, reason: 'UPSTREAM_PROTOCOL_ERROR' } as const

const html =
  (status: number) =>
  (stream: ServerHttp2Stream): void => {
    stream.respond({ ':status': status, 'content-type': 'text/html' })
    stream.end('<h1>It works!</h1>')
  }
const OK = { 'grpc-status': '0' }

describe('an upstream that answers with what is not gRPC', () => {
  test.each([
    { name: 'HTML, HTTP 200', answer: html(200), ...PROTOCOL },
    { name: 'HTML, HTTP 404', answer: html(404), ...PROTOCOL },
    { name: 'HTML, HTTP 401', answer: html(401), ...PROTOCOL },
    { name: 'HTML, HTTP 500', answer: html(500), ...PROTOCOL },
    { name: 'HTML, HTTP 429', answer: html(429), ...UNAVAILABLE },
    { name: 'HTML, HTTP 502', answer: html(502), ...UNAVAILABLE },
    { name: 'HTML, HTTP 503', answer: html(503), ...UNAVAILABLE },
    { name: 'HTML, HTTP 504', answer: html(504), ...UNAVAILABLE },
    {
      name: 'trailers without grpc-status',
      answer: (stream: ServerHttp2Stream) => respond(stream, message(''), {}),
      ...PROTOCOL,
    },
    {
      name: 'OK without a message',
      answer: (stream: ServerHttp2Stream) => respond(stream, undefined, OK),
      ...PROTOCOL,
    },
    {
      name: 'OK without a message, headers only',
      answer: (stream: ServerHttp2Stream) => respondOnly(stream, OK),
      ...PROTOCOL,
    },
    {
      name: 'two messages',
      answer: (stream: ServerHttp2Stream) => respond(stream, Buffer.concat([message('a'), message('b')]), OK),
      ...PROTOCOL,
    },
    {
      name: 'half a message',
      answer: (stream: ServerHttp2Stream) => respond(stream, message('abc', 0, 10), OK),
      ...PROTOCOL,
    },
    {
      name: 'a flag nobody knows',
      answer: (stream: ServerHttp2Stream) => respond(stream, message('', 7), OK),
      ...PROTOCOL,
    },
    {
      name: 'a compressed message without a coding',
      answer: (stream: ServerHttp2Stream) => respond(stream, message('abc', 1), OK),
      ...PROTOCOL,
    },
    {
      name: 'a message over maxResponseBytes',
      answer: (stream: ServerHttp2Stream) => respond(stream, message('x'.repeat(2000)), OK),
      ...PROTOCOL,
    },
    {
      name: 'a message that says it is over it',
      answer: (stream: ServerHttp2Stream) => respond(stream, message('x', 0, 2 ** 31), OK),
      ...PROTOCOL,
    },
    { name: 'a reset', answer: (stream: ServerHttp2Stream) => stream.close(2), ...PROTOCOL },
    { name: 'a refusal', answer: (stream: ServerHttp2Stream) => stream.close(7), ...UNAVAILABLE },
    {
      name: 'a connection cut in the middle',
      answer: (stream: ServerHttp2Stream) => stream.session?.destroy(),
      ...UNAVAILABLE,
    },
  ])('$name: $status', async ({ answer, status, reason }) => {
    const server = await startHostileServer(answer)
    closers.push(server.close)
    const gateway = await gatewayTo(server.port, { maxResponseBytes: '1KiB' })
    check(await callRest(gateway.port, 'GET', '/v1/echo'), status, reason)
    check(await callRest(gateway.port, 'GET', '/v1/echo'), status, reason)
    expect(gateway.log.filter((line) => line.includes('a fault of ours'))).toEqual([])
  })

  test.each([
    { name: 'a frame of a forbidden size', send: (id: number) => frame(3, 0, id, Buffer.alloc(3)), ...PROTOCOL },
    {
      name: 'a header block that does not decompress',
      send: (id: number) => frame(1, 4, id, Buffer.from([0x80])),
      ...PROTOCOL,
    },
  ])('$name: $status, and the connection is dropped', async ({ send, status, reason }) => {
    const server = await startTcpServer(rawHttp2((socket, id) => void socket.write(send(id))))
    closers.push(server.close)
    const gateway = await gatewayTo(server.port)
    check(await callRest(gateway.port, 'GET', '/v1/echo'), status, reason)
    check(await callRest(gateway.port, 'GET', '/v1/echo'), status, reason)
    expect(server.calls()).toBeGreaterThan(1)
  })
})

describe('an upstream that takes less than what is sent', () => {
  test('more header fields than it says it takes: 431, it is not called, and the connection stays', async () => {
    const server = await startHostileServer((stream) => respond(stream, message(''), OK), { maxHeaderListSize: 4096 })
    closers.push(server.close)
    const gateway = await gatewayTo(server.port)
    const large = await callRest(gateway.port, 'GET', '/v1/echo', { headers: [`x-large: ${'x'.repeat(5000)}`] })
    expect(large).toMatchObject({
      status: 431,
      json: { code: 3, details: [{ reason: 'UPSTREAM_HEADERS_TOO_LARGE', domain: 'protobridge' }] },
    })
    expect(large.headers.get('connection')).toBe('keep-alive')
    expect(server.calls()).toBe(0)
    const small = await callRest(gateway.port, 'GET', '/v1/echo', { headers: [`x-large: ${'x'.repeat(2000)}`] })
    expect(small.status).toBe(200)
  })

  test.each(['http2', 'grpc-js'])('%s: RST_STREAM(ENHANCE_YOUR_CALM): 429', async (transport) => {
    const server = await startHostileServer((stream) => stream.close(11))
    closers.push(server.close)
    const gateway = await gatewayTo(server.port, { transport })
    expect(await callRest(gateway.port, 'GET', '/v1/echo')).toMatchObject({
      status: 429,
      json: { code: 8, details: [{ reason: 'UPSTREAM_EXHAUSTED', domain: 'protobridge' }] },
    })
  })
})

describe('an upstream that is away', () => {
  test('nobody listens: 503', async () => {
    const upstream = await startEchoUpstream()
    upstream.close()
    const gateway = await gatewayTo(upstream.port)
    check(await callRest(gateway.port, 'GET', '/v1/echo'), 503, 'UPSTREAM_UNAVAILABLE')
  })

  test('it closes every connection: 503', async () => {
    const server = await startTcpServer((socket) => socket.destroy())
    closers.push(server.close)
    const gateway = await gatewayTo(server.port)
    check(await callRest(gateway.port, 'GET', '/v1/echo'), 503, 'UPSTREAM_UNAVAILABLE')
  })

  test('it never says anything: 503 after connectTimeout', async () => {
    const server = await startTcpServer(() => undefined)
    closers.push(server.close)
    const gateway = await gatewayTo(server.port, { connections: { connectTimeout: '300ms' } })
    const answer = await callRest(gateway.port, 'GET', '/v1/echo')
    check(answer, 503, 'UPSTREAM_UNAVAILABLE')
  })

  test('a name that does not resolve: 503', async () => {
    const config = { ...echoConfig({ target: 'dns:///no-such-host.invalid:1' }) }
    const gateway = await startGateway(config)
    closers.push(gateway.stop)
    check(await callRest(gateway.port, 'GET', '/v1/echo'), 503, 'UPSTREAM_UNAVAILABLE')
  })

  test('it dies in the middle of a call: 503; when it is back: 200', async () => {
    const first = await startEchoUpstream()
    const gateway = await gatewayTo(first.port)
    expect((await callRest(gateway.port, 'GET', '/v1/echo')).status).toBe(200)
    check(await callRest(gateway.port, 'GET', '/v1/echo?answer.cut=true'), 503, 'UPSTREAM_UNAVAILABLE')
    first.close()
    const second = await startEchoUpstream(first.port)
    closers.push(second.close)
    let answer = await callRest(gateway.port, 'GET', '/v1/echo')
    for (let tries = 0; answer.status === 503 && tries < 30; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      answer = await callRest(gateway.port, 'GET', '/v1/echo')
    }
    expect(answer.status).toBe(200)
  })

  test('an upstream’s own UNAVAILABLE and INTERNAL are passed on as they are', async () => {
    const upstream = await startEchoUpstream()
    closers.push(upstream.close)
    const gateway = await gatewayTo(upstream.port)
    for (const [code, status] of [
      [14, 503],
      [13, 500],
    ] as const) {
      const answer = await callRest(gateway.port, 'GET', `/v1/echo?answer.code=${code}&answer.message=mine`)
      expect({ status: answer.status, json: answer.json }).toEqual({
        status,
        json: { code, message: 'mine', details: [] },
      })
    }
  })
})
