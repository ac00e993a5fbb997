import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { until } from '../support/calls.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { RawConnection, request, type RawResponse } from '../support/raw-http.js'
import { watchWarnings } from '../support/warnings.js'

/* HTTP/1.1 as RFC 9112 has it, over raw sockets: framing, pipelining, Expect, targets, connections that live or end. */

const MIB = 1024 * 1024
const JSON_TYPE = 'Content-Type: application/json'
const SLOW = '/v1/echo?answer.delay_ms=150&text=slow'

let upstream: EchoUpstream
let gateway: TestGateway
let connection: RawConnection

beforeAll(async () => {
  upstream = await startEchoUpstream()
  gateway = await startGateway({
    ...echoConfig(upstream, { hosts: ['a', 'b.example'], maxResponseBytes: '64MiB' }),
    client: { bodyTimeout: '1s' },
    policies: [{ select: 'echo.v1.EchoService.Whole', maxRequestBytes: '32MiB' }],
  })
})
beforeEach(() => {
  connection = new RawConnection(gateway.port)
  upstream.calls = 0
  upstream.cancelled = 0
})
afterEach(() => connection.destroy())
afterAll(async () => {
  const { wasCut } = await gateway.gateway.close()
  expect(wasCut).toBe(false)
  upstream.close()
})

const textOf = (body: string): unknown => (JSON.parse(body) as { text: unknown }).text
const get = (text: string): string => request('GET', `/v1/echo?text=${text}`)
const chunked = (...chunks: string[]): string =>
  chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('') + '0\r\n\r\n'
const post = (...headers: string[]): string =>
  ['POST /v1/echo HTTP/1.1', 'Host: a', JSON_TYPE, ...headers, '', ''].join('\r\n')

describe('pipelining', () => {
  test('answers come in the order of the requests, however long each takes', async () => {
    connection.write(request('GET', SLOW) + get('2') + request('GET', '/nowhere') + get('4'))
    const answers: RawResponse[] = []
    for (let i = 0; i < 4; i++) answers.push(await connection.response())
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 200])
    expect([0, 1, 3].map((i) => textOf(answers[i]!.body))).toEqual(['slow', '2', '4'])
  })

  test('requests with and without a body take turns on one connection, in one piece or byte by byte', async () => {
    const body = '{"text":"post"}'
    const length = `Content-Length: ${body.length}`
    const all = [
      get('a'),
      post(length) + body,
      post('Content-Length: 0'),
      request('GET', '/v1/echo?text=b', ['Content-Length: 0']),
      post('Transfer-Encoding: chunked') + chunked('{"text":', '"chunks"}'),
      get('c'),
      request('GET', '/nowhere'),
      post(length) + body,
      get('d'),
    ].join('')
    const expected = ['a', 'post', '', 'b', 'chunks', 'c', undefined, 'post', 'd']
    for (const size of [all.length, 1, 50]) {
      for (let at = 0; at < all.length; at += size) {
        connection.write(all.slice(at, at + size))
        if (size === 1 && at % 16 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      const texts: unknown[] = []
      for (let i = 0; i < expected.length; i++) {
        const { status, body: answer } = await connection.response()
        texts.push(status === 200 ? (textOf(answer) ?? '') : undefined)
      }
      expect(texts).toEqual(expected)
    }
  })

  test('one call at a time goes upstream', async () => {
    connection.write(request('GET', SLOW) + get('2') + get('3'))
    await until(() => upstream.calls === 1, 'the first call arrives')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(upstream.calls).toBe(1)
    for (let i = 0; i < 3; i++) await connection.response()
    expect(upstream.calls).toBe(3)
  })

  test('bodies of requests that wait are read when it is their turn', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(100_000) })
    connection.write(request('GET', SLOW) + request('POST', '/v1/echo', [JSON_TYPE], body).repeat(3) + get('5'))
    const sizes = []
    for (let i = 0; i < 5; i++) sizes.push(String(textOf((await connection.response()).body)).length)
    expect(sizes).toEqual([4, 100_000, 100_000, 100_000, 1])
  })

  test('hundreds at once are all answered, and no listeners pile up', async () => {
    const { warnings, stop } = watchWarnings()
    const texts = Array.from({ length: 500 }, (_, i) => String(i))
    connection.write(texts.map(get).join(''))
    for (const text of texts) expect(textOf((await connection.response()).body)).toBe(text)
    stop()
    expect(warnings).toEqual([])
  })

  test('a client that sends on without end is not read beyond what it may have waiting', async () => {
    // Of its own: what it has sent may be read for a while after it has left.
    const own = await startEchoUpstream()
    const one = await startGateway(echoConfig(own, { hosts: ['a'] }))
    const endless = new RawConnection(one.port)
    try {
      // While it is not read, its leaving is not seen: the call ends by its deadline.
      endless.write(request('GET', '/v1/echo?answer.hang=true', ['Grpc-Timeout: 1S']))
      endless.write(get('x').repeat(800_000))
      await until(() => own.calls === 1, 'the first call arrives')
      await new Promise((resolve) => setTimeout(resolve, 300))
      // What the two kernels buffer is out of our hands.
      expect(endless.socket.writableLength).toBeGreaterThan(10 * MIB)
      expect(own.calls).toBe(1)
      endless.destroy()
      await until(() => own.cancelled === 1, 'the call is over')
      // By the first answers that cannot be delivered it shows that the client is gone: no more calls come.
      let seen: number
      do {
        seen = own.calls
        await new Promise((resolve) => setTimeout(resolve, 250))
      } while (own.calls > seen)
      expect(own.calls).toBeLessThan(10)
    } finally {
      endless.destroy()
      await one.stop()
      own.close()
    }
  })

  test('a client that leaves takes what waits with it', async () => {
    connection.write(request('GET', '/v1/echo?answer.hang=true') + get('2') + request('POST', '/v1/echo', [], '{}'))
    await until(() => upstream.calls === 1, 'the first call arrives')
    connection.destroy()
    await until(() => upstream.cancelled === 1, 'the call is cancelled', 1000)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(upstream.calls).toBe(1)
  })

  test.each([
    { name: 'what is no request', bytes: 'nonsense\r\n\r\n', status: 400 },
    { name: 'CONNECT', bytes: 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', status: 405 },
    {
      name: 'a header block that is too large',
      bytes: get('x').replace('Host', `${'y'.repeat(17_000)}: z\r\nHost`),
      status: 431,
    },
  ])('$name is answered behind what came before it', async ({ bytes, status }) => {
    connection.write(request('GET', SLOW) + get('2') + bytes)
    expect(textOf((await connection.response()).body)).toBe('slow')
    expect(textOf((await connection.response()).body)).toBe('2')
    expect((await connection.response()).status).toBe(status)
    await connection.closed()
    expect(connection.rest).toBe('')
  })

  test.each([
    { behind: 'what follows Connection: close', last: ['Connection: close'], rest: get('nobody') },
    { behind: 'what is no HTTP', last: [], rest: 'nonsense\r\n\r\n' },
  ])('$behind takes no answer with it, where a body that nobody reads went before', async ({ last, rest }) => {
    const unread = `POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody`
    connection.write(unread + get('2') + request('GET', '/v1/echo?text=3', last) + rest)
    expect((await connection.response()).status).toBe(404)
    expect(textOf((await connection.response()).body)).toBe('2')
    expect(textOf((await connection.response()).body)).toBe('3')
  })

  test('what is no HTTP is answered once, however much of it comes', async () => {
    const { warnings, stop } = watchWarnings()
    connection.write(request('GET', SLOW))
    for (let i = 0; i < 20; i++) {
      connection.write('nonsense\r\n\r\n')
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect((await connection.response()).status).toBe(200)
    expect((await connection.response()).status).toBe(400)
    await connection.closed()
    stop()
    expect({ rest: connection.rest, warnings }).toEqual({ rest: '', warnings: [] })
  })

  test('what follows Connection: close is not served', async () => {
    connection.write(request('GET', SLOW, ['Connection: close']) + get('2'))
    expect(textOf((await connection.response()).body)).toBe('slow')
    await connection.closed()
    expect(connection.rest).toBe('')
    expect(upstream.calls).toBe(1)
  })
})

describe('bodies as they come', () => {
  const body = '{"text":"grüße 🎈"}'
  const bytes = Buffer.from(body)

  test.each([
    {
      name: 'one byte a packet',
      head: post(`Content-Length: ${bytes.length}`),
      parts: [...bytes].map((byte) => Buffer.of(byte)),
    },
    {
      name: 'one byte a chunk, a chunk a packet',
      head: post('Transfer-Encoding: chunked'),
      parts: [...bytes].map((byte) => Buffer.from([0x31, 13, 10, byte, 13, 10])).concat(Buffer.from('0\r\n\r\n')),
    },
    {
      name: 'chunked, one byte a packet',
      head: post('Transfer-Encoding: chunked'),
      parts: [...Buffer.from(chunked(bytes.toString('latin1')), 'latin1')].map((byte) => Buffer.of(byte)),
    },
  ])('$name', async ({ head, parts }) => {
    connection.write(head)
    for (const part of parts) {
      connection.write(part)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(textOf((await connection.response()).body)).toBe('grüße 🎈')
  })

  test.each([
    {
      name: 'chunk extensions',
      body: '2;name=value;quoted="a;b"\r\n{"\r\n9;x\r\ntext":"a"\r\n1\r\n}\r\n0;last\r\n\r\n',
    },
    { name: 'trailers', body: 'c\r\n{"text":"a"}\r\n0\r\nX-Trailer: 1\r\nHost: evil\r\n\r\n' },
    { name: 'sizes with zeros in front, in either case', body: '000A\r\n{"text":"a\r\n02\r\n"}\r\n000\r\n\r\n' },
    { name: 'Transfer-Encoding in another case', body: chunked('{"text":"a"}'), coding: 'cHuNkEd' },
  ])('$name', async ({ body, coding = 'chunked' }) => {
    connection.write(post(`Transfer-Encoding: ${coding}`) + body + get('next'))
    const first = await connection.response()
    expect(textOf(first.body)).toBe('a')
    expect(first.body).not.toContain('x-trailer')
    expect(textOf((await connection.response()).body)).toBe('next')
  })

  test('an empty chunked body is no body', async () => {
    connection.write(post('Transfer-Encoding: chunked') + '0\r\n\r\n')
    expect((await connection.response()).status).toBe(200)
  })

  test('a body that stays within bodyTimeout though it comes in pieces', async () => {
    connection.write(post('Content-Length: 12'))
    for (const piece of ['{"te', 'xt":', '"a"}']) {
      await new Promise((resolve) => setTimeout(resolve, 150))
      connection.write(piece)
    }
    expect(textOf((await connection.response()).body)).toBe('a')
  })
})

describe('Expect: 100-continue (RFC 9110 §10.1.1)', () => {
  const body = '{"text":"a"}'

  test.each(['100-continue', '100-Continue'])('%s: leave to send the body, then the answer', async (expectation) => {
    connection.write(post(`Content-Length: ${body.length}`, `Expect: ${expectation}`))
    const interim = await connection.response()
    expect({ status: interim.status, headers: interim.headers.size }).toEqual({ status: 100, headers: 0 })
    connection.write(body)
    const answer = await connection.response()
    expect({ status: answer.status, text: textOf(answer.body) }).toEqual({ status: 200, text: 'a' })
    expect(answer.headers.get('connection')).toBe('keep-alive')
    expect(textOf((await connection.write(get('next')).response()).body)).toBe('next')
  })

  test('a client that does not wait is served all the same', async () => {
    connection.write(post(`Content-Length: ${body.length}`, 'Expect: 100-continue') + body)
    expect((await connection.response()).status).toBe(100)
    expect((await connection.response()).status).toBe(200)
  })

  test('at its turn, when it is pipelined', async () => {
    connection.write(request('GET', SLOW) + post(`Content-Length: ${body.length}`, 'Expect: 100-continue'))
    expect((await connection.response()).status).toBe(200)
    expect((await connection.response()).status).toBe(100)
    expect((await connection.write(body).response()).status).toBe(200)
  })

  test.each([
    { name: 'no route', target: '/nowhere', headers: [], status: 404 },
    { name: 'another method', target: '/v1/raw/', headers: [], status: 404 },
    { name: 'an unknown media type', target: '/v1/echo', headers: ['Content-Type: text/csv'], status: 415 },
    { name: 'nothing acceptable', target: '/v1/echo', headers: ['Accept: image/png'], status: 406 },
    { name: 'a malformed Grpc-Timeout', target: '/v1/echo', headers: ['Grpc-Timeout: x'], status: 400 },
    { name: 'a malformed path', target: '/v1/../echo', headers: [], status: 400 },
  ])('$name: $status at once, no 100, and the connection closes', async ({ target, headers, status }) => {
    const head = [`POST ${target} HTTP/1.1`, 'Host: a', 'Content-Length: 12', 'Expect: 100-continue', ...headers]
    connection.write([...head, '', ''].join('\r\n'))
    const answer = await connection.response()
    expect(answer.status).toBe(status)
    expect(answer.headers.get('connection')).toBe('close')
    await connection.closed()
  })

  test('HTTP/1.0 has no expectations', async () => {
    connection.write(post(`Content-Length: ${body.length}`, 'Expect: 100-continue').replace('1.1', '1.0') + body)
    expect((await connection.response()).status).toBe(200)
  })

  test('without a body there is nothing to give leave for', async () => {
    connection.write(request('GET', '/v1/echo', ['Expect: 100-continue']))
    expect((await connection.response()).status).toBe(200)
  })
})

describe('targets and versions', () => {
  test.each([
    {
      name: 'absolute form: its authority is the host',
      target: 'http://b.example/v1/echo',
      host: 'unknown',
      status: 200,
      forwarded: 'b.example',
    },
    {
      name: 'absolute form with a port',
      target: 'http://B.example:8080/v1/echo',
      host: 'a',
      status: 200,
      forwarded: 'B.example:8080',
    },
    {
      name: 'absolute form of https',
      target: 'https://b.example/v1/echo?text=x',
      host: 'a',
      status: 200,
      forwarded: 'b.example',
    },
    {
      name: 'absolute form to a host that is not served',
      target: 'http://other/v1/echo',
      host: 'a',
      status: 404,
      forwarded: undefined,
    },
    {
      name: 'origin form to a host that is not served',
      target: '/v1/echo',
      host: 'other',
      status: 404,
      forwarded: undefined,
    },
    {
      name: 'a host in another case, with a port and a dot',
      target: '/v1/echo',
      host: 'B.Example.:80',
      status: 200,
      forwarded: 'B.Example.:80',
    },
  ])('$name: $status', async ({ target, host, status, forwarded }) => {
    const answer = await connection.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`).response()
    expect(answer.status).toBe(status)
    if (status === 200) expect(upstream.headers['x-forwarded-host']).toBe(forwarded)
  })

  test('OPTIONS * tells what the server can', async () => {
    const answer = await connection.write('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n').response()
    expect(answer.status).toBe(204)
    expect(answer.headers.get('allow')).toBe('DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT')
  })

  test.each([
    { target: '/v1/echo', allow: 'DELETE, GET, HEAD, OPTIONS, POST' },
    { target: '/v1/number', allow: 'OPTIONS, PUT' },
  ])('OPTIONS $target: 204, Allow: $allow, and no body', async ({ target, allow }) => {
    connection.write(`OPTIONS ${target} HTTP/1.1\r\nHost: a\r\n\r\n${get('next')}`)
    const answer = await connection.response()
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 204, body: '' })
    expect(answer.headers.get('allow')).toBe(allow)
    expect(answer.headers.has('content-length')).toBe(false)
    expect(answer.headers.get('x-request-id')).toBeDefined()
    expect(textOf((await connection.response()).body)).toBe('next')
  })

  test('HTTP/1.0 without Host, where the routes are of any host, ends the connection', async () => {
    const open = await startGateway(echoConfig(upstream))
    const old = new RawConnection(open.port).write('GET /v1/echo HTTP/1.0\r\n\r\n')
    expect((await old.response()).status).toBe(200)
    await old.closed()
    await open.stop()
  })

  test('HTTP/1.0 with keep-alive keeps the connection', async () => {
    connection.write('GET /v1/echo HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n')
    expect((await connection.response()).headers.get('connection')).toBe('keep-alive')
    expect((await connection.write(get('next')).response()).status).toBe(200)
  })

  test('empty lines before a request are skipped (RFC 9112 §2.2)', async () => {
    expect((await connection.write(`\r\n\r\n${get('x')}`).response()).status).toBe(200)
  })

  test('an offer to upgrade is not taken up, and not passed on', async () => {
    connection.write(
      request('GET', '/v1/echo', ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAA']),
    )
    expect((await connection.response()).status).toBe(200)
    expect(upstream.headers['upgrade'] ?? upstream.headers['http2-settings']).toBeUndefined()
  })

  const offer = ['Connection: Upgrade', 'Upgrade: h2c']
  test.each([
    { name: 'nothing follows', bytes: request('GET', '/v1/echo', offer), connection: 'keep-alive' },
    {
      name: 'nothing follows a body',
      bytes: request('POST', '/v1/echo', [JSON_TYPE, ...offer], '{}'),
      connection: 'keep-alive',
    },
    { name: 'a request follows', bytes: request('GET', '/v1/echo', offer) + get('lost'), connection: 'close' },
    {
      name: 'a request follows a body',
      bytes: request('POST', '/v1/echo', [JSON_TYPE, ...offer], '{}') + get('lost'),
      connection: 'close',
    },
    {
      name: 'half a request follows a chunked body',
      bytes: `${post('Transfer-Encoding: chunked', ...offer)}${chunked('{}')}GET /v1/`,
      connection: 'close',
    },
  ])('an offer to upgrade, $name in its packet: $connection', async ({ bytes, connection: expected }) => {
    const answer = await connection.write(bytes).response()
    expect({ status: answer.status, connection: answer.headers.get('connection') }).toEqual({
      status: 200,
      connection: expected,
    })
    if (expected === 'close') await connection.closed()
    else expect((await connection.write(get('next')).response()).status).toBe(200)
    expect(connection.rest).toBe('')
  })

  test('HEAD: the head of GET, its length too, and no body', async () => {
    const head = ['X-Request-Id: 1', 'Accept: application/json']
    const full = await connection.write(request('GET', '/v1/numbers/7', head)).response()
    connection.write(request('HEAD', '/v1/numbers/7', head) + get('next'))
    const answer = await connection.response({ isHead: true })
    const comparable = ({ headers }: typeof full) => [...headers].filter(([name]) => name !== 'date')
    expect(answer.status).toBe(200)
    expect(comparable(answer)).toEqual(comparable(full))
    expect(textOf((await connection.response()).body)).toBe('next')
  })

  const padding = `X: ${'y'.repeat(17_000)}\r\n`
  test.each([
    { name: 'what is malformed', bytes: 'HEAD / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n', status: 400 },
    { name: 'two lengths', bytes: 'HEAD / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', status: 400 },
    { name: 'a target that is none', bytes: 'HEAD /\x01 HTTP/1.1\r\nHost: a\r\n\r\n', status: 400 },
    { name: 'headers that are too large', bytes: `HEAD / HTTP/1.1\r\nHost: a\r\n${padding}\r\n`, status: 431 },
    { name: 'behind an empty line', bytes: '\r\nHEAD / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n', status: 400 },
  ])('HEAD that node:http makes no request of, $name: $status without a body', async ({ bytes, status }) => {
    connection.write(get('1') + bytes)
    expect((await connection.response()).status).toBe(200)
    const answer = await connection.response({ isHead: true })
    expect(answer.status).toBe(status)
    expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(0)
    await connection.closed()
    expect(connection.rest).toBe('')
  })

  test('HEAD whose body is malformed: 400 without a body', async () => {
    const chunk = 'Transfer-Encoding: chunked\r\n\r\nnonsense\r\n'
    connection.write(`HEAD /v1/echo HTTP/1.1\r\nHost: a\r\n${JSON_TYPE}\r\n${chunk}`)
    expect((await connection.response({ isHead: true })).status).toBe(400)
    await connection.closed()
    expect(connection.rest).toBe('')
  })

  test('HEAD of an error has no body either', async () => {
    connection.write(request('HEAD', '/v1/numbers/x') + get('next'))
    const answer = await connection.response({ isHead: true })
    expect(answer.status).toBe(400)
    expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(0)
    expect(textOf((await connection.response()).body)).toBe('next')
  })
})

describe('bodies nobody reads', () => {
  const hidden = get('hidden')

  test.each([
    { name: 'no route', head: 'POST /nowhere', type: JSON_TYPE, status: 404 },
    { name: 'another method', head: 'POST /v1/number', type: JSON_TYPE, status: 405 },
    { name: 'OPTIONS', head: 'OPTIONS /v1/echo', type: JSON_TYPE, status: 204 },
    { name: 'an unknown media type', head: 'POST /v1/echo', type: 'Content-Type: text/csv', status: 415 },
    { name: 'a body where none is bound', head: 'GET /v1/echo', type: JSON_TYPE, status: 400 },
  ])('$name: the body is not taken for the next request', async ({ head, type, status }) => {
    for (const [length, body] of [
      [`Content-Length: ${hidden.length}`, hidden],
      ['Transfer-Encoding: chunked', chunked(hidden)],
    ] as const) {
      connection.write([`${head} HTTP/1.1`, 'Host: a', type, length, '', body].join('\r\n') + get('next'))
      expect((await connection.response()).status).toBe(status)
      expect(textOf((await connection.response()).body)).toBe('next')
    }
    expect(connection.rest).toBe('')
    expect(upstream.calls).toBe(2)
  })

  test('a refused upload of some size leaves the connection usable', async () => {
    connection.write(request('POST', '/nowhere', [], 'x'.repeat(5 * MIB)) + get('next'))
    const answer = await connection.response()
    expect({ status: answer.status, connection: answer.headers.get('connection') }).toEqual({
      status: 404,
      connection: 'keep-alive',
    })
    expect(textOf((await connection.response()).body)).toBe('next')
  })

  test('a client that sends far too much sees the answer, not a reset', async () => {
    connection.write(post(`Content-Length: ${20 * MIB}`))
    connection.write(Buffer.alloc(20 * MIB))
    const answer = await connection.response()
    expect({ status: answer.status, connection: answer.headers.get('connection') }).toEqual({
      status: 413,
      connection: 'close',
    })
    await connection.closed()
  })

  test('a body without end stops at the limit, and the connection with it', async () => {
    connection.write(post('Transfer-Encoding: chunked'))
    const chunk = Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`)
    const pump = (): void => {
      while (!connection.socket.destroyed && connection.socket.write(chunk));
    }
    connection.socket.on('drain', pump)
    pump()
    expect((await connection.response()).status).toBe(413)
    await connection.closed()
    // 4 MiB are read, 8 more are dropped; the kernel may hold some.
    expect(connection.socket.bytesWritten).toBeLessThan(30 * MIB)
  })

  test('a gibibyte announced and none sent costs nothing', async () => {
    const before = process.memoryUsage().arrayBuffers
    const answer = await connection.write(post('Content-Length: 1073741824')).response()
    expect(answer.status).toBe(413)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * MIB)
  })
})

describe('slow readers', () => {
  const large = request('GET', `/v1/echo?answer.size=${16 * MIB}`)

  test('a client that takes nothing of its response is cut off after client.bodyTimeout', async () => {
    connection.socket.pause()
    connection.write(large)
    await until(() => upstream.calls === 1, 'the call arrives')
    // Time for the answer to be made on a slow machine, and for the time-out behind it.
    await new Promise((resolve) => setTimeout(resolve, 6000))
    connection.socket.resume()
    await expect(connection.response({ waitMs: 5000 })).resolves.toMatchObject({ status: 200 })
    await connection.closed()
  })

  test('a client that takes it slowly gets all of it', async () => {
    connection.write(large)
    const timer = setInterval(() => {
      connection.socket.pause()
      setTimeout(() => connection.socket.resume(), 50)
    }, 100)
    const answer = await connection.response({ waitMs: 10_000 }).finally(() => clearInterval(timer))
    expect(answer.bytes.length).toBe(Number(answer.headers.get('content-length')))
  })
})
