import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { brotliCompressSync, brotliDecompressSync, deflateRawSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import { until } from '../support/calls.js'
import { decode, echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { RawConnection, request, sendRaw, type RawResponse } from '../support/raw-http.js'

/* Rulings: "Content-Encoding". */

const MIB = 1024 * 1024
const CHROME = 'gzip, deflate, br, zstd'

let upstream: EchoUpstream
let gateway: TestGateway
let off: TestGateway
beforeAll(async () => {
  upstream = await startEchoUpstream()
  gateway = await startGateway({ ...echoConfig(upstream), policies: [{ select: '*', maxRequestBytes: '1MiB' }] })
  off = await startGateway({ ...echoConfig(upstream), compression: 'off' })
})
afterAll(async () => {
  await gateway.stop()
  await off.stop()
  upstream.close()
})

function head(target: string, length: string, coding: string, more: readonly string[]): Buffer {
  const type = 'Content-Type: application/json'
  return Buffer.from(request('POST', target, [length, `Content-Encoding: ${coding}`, type, ...more]))
}

function post(coding: string, body: Buffer, target = '/v1/echo', port = gateway.port): Promise<RawResponse> {
  return sendRaw(port, Buffer.concat([head(target, `Content-Length: ${body.length}`, coding, []), body]))
}

/** The same, in chunks of at most 64 KiB. */
function postChunked(coding: string, body: Buffer): Promise<RawResponse> {
  const parts = [head('/v1/echo', 'Transfer-Encoding: chunked', coding, [])]
  for (let at = 0; at < body.length; at += 65_536) {
    const piece = body.subarray(at, at + 65_536)
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'))
  }
  parts.push(Buffer.from('0\r\n\r\n'))
  return sendRaw(gateway.port, Buffer.concat(parts))
}

const reasonOf = ({ body }: RawResponse): unknown =>
  (JSON.parse(body) as { details: { reason: string }[] }).details[0]!.reason

describe('requests', () => {
  const small = Buffer.from('{"text":"grüße"}')
  const large = Buffer.from(JSON.stringify({ text: 'grüße', words: Array.from({ length: 40_000 }, String) }))
  const bodies = [
    { size: 'small', body: small },
    { size: 'large', body: large },
  ]

  test.each(
    [
      { name: 'gzip', coding: 'gzip', encode: (body: Buffer) => gzipSync(body) },
      { name: 'x-gzip, the old name', coding: 'x-gzip', encode: (body: Buffer) => gzipSync(body) },
      { name: 'a name in upper case', coding: 'GZIP', encode: (body: Buffer) => gzipSync(body) },
      {
        name: 'gzip of several members (RFC 1952 §2.2)',
        coding: 'gzip',
        encode: (body: Buffer) => Buffer.concat([gzipSync(body.subarray(0, 9)), gzipSync(body.subarray(9))]),
      },
      { name: 'deflate', coding: 'deflate', encode: (body: Buffer) => deflateSync(body) },
      { name: 'deflate without its header', coding: 'deflate', encode: (body: Buffer) => deflateRawSync(body) },
      { name: 'br', coding: 'br', encode: (body: Buffer) => brotliCompressSync(body) },
      { name: 'two codings', coding: 'gzip, br', encode: (body: Buffer) => brotliCompressSync(gzipSync(body)) },
      {
        name: 'three, and identity between',
        coding: 'deflate, identity,,gzip , br',
        encode: (body: Buffer) => brotliCompressSync(gzipSync(deflateSync(body))),
      },
    ].flatMap((row) => bodies.map((sized) => ({ ...row, ...sized }))),
  )('$name, $size', async ({ coding, encode, body }) => {
    const answer = await post(coding, encode(body))
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toMatchObject(JSON.parse(body.toString()) as object)
  })

  test('the coding is not passed on', async () => {
    await post('gzip', gzipSync(small))
    expect(upstream.headers['content-encoding']).toBeUndefined()
  })

  test('an empty body has nothing to undo', async () => {
    expect((await postChunked('gzip', Buffer.alloc(0))).status).toBe(200)
  })

  test('HttpBody is decoded too', async () => {
    const answer = await post('gzip', gzipSync('raw'), '/v1/raw')
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: 'raw' })
  })

  test('compression: off is of responses', async () => {
    expect((await post('br', brotliCompressSync(small), '/v1/echo', off.port)).status).toBe(200)
  })

  test('"Expect: 100-continue" with a coding we have not is refused before the body', async () => {
    const bytes = head('/v1/echo', 'Content-Length: 5', 'zstd', ['Expect: 100-continue'])
    const connection = new RawConnection(gateway.port).write(bytes)
    expect((await connection.response()).status).toBe(415)
    connection.destroy()
  })

  test.each(['zstd', 'compress', 'gzip, zstd', 'gzip;q=1', 'gzip gzip', '*', 'gzip, gzip, gzip, gzip'])(
    '%s: 415, with what would do',
    async (coding) => {
      const before = upstream.calls
      const answer = await post(coding, gzipSync(small))
      expect({ status: answer.status, accept: answer.headers.get('accept-encoding') }).toEqual({
        status: 415,
        accept: 'gzip, deflate, br',
      })
      expect(reasonOf(answer)).toBe('UNSUPPORTED_ENCODING')
      expect(upstream.calls).toBe(before)
    },
  )

  const cut = (bytes: Buffer): Buffer => bytes.subarray(0, -1)
  const behind = (bytes: Buffer, tail: string): Buffer => Buffer.concat([bytes, Buffer.from(tail, 'latin1')])
  /** The checksum, which is last but for the length, made wrong. */
  const spoilt = (bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes)
    copy[copy.length - 8]! ^= 1
    return copy
  }
  test.each(
    [
      { name: 'plain text', coding: 'gzip', make: (body: Buffer) => body },
      { name: 'plain text', coding: 'br', make: (body: Buffer) => body },
      { name: 'plain text', coding: 'deflate', make: (body: Buffer) => body },
      { name: 'another coding', coding: 'br', make: (body: Buffer) => gzipSync(body) },
      { name: 'encoded once, said twice', coding: 'gzip, gzip', make: (body: Buffer) => gzipSync(body) },
      { name: 'cut short', coding: 'gzip', make: (body: Buffer) => cut(gzipSync(body)) },
      { name: 'cut short', coding: 'deflate', make: (body: Buffer) => cut(deflateSync(body)) },
      { name: 'cut short, without its header', coding: 'deflate', make: (body: Buffer) => cut(deflateRawSync(body)) },
      { name: 'cut short', coding: 'br', make: (body: Buffer) => cut(brotliCompressSync(body)) },
      { name: 'a wrong checksum', coding: 'gzip', make: (body: Buffer) => spoilt(gzipSync(body)) },
      { name: 'text behind', coding: 'gzip', make: (body: Buffer) => behind(gzipSync(body), 'junk') },
      { name: 'zeros behind', coding: 'gzip', make: (body: Buffer) => behind(gzipSync(body), '\0\0') },
      { name: 'half a member behind', coding: 'gzip', make: (body: Buffer) => behind(gzipSync(body), '\x1f\x8b') },
      { name: 'text behind', coding: 'deflate', make: (body: Buffer) => behind(deflateSync(body), 'junk') },
      { name: 'text behind', coding: 'br', make: (body: Buffer) => behind(brotliCompressSync(body), 'junk') },
    ].flatMap((row) => bodies.map((sized) => ({ ...row, ...sized }))),
  )('$name as $coding, $size: 400', async ({ coding, make, body }) => {
    const answer = await post(coding, make(body))
    expect({ status: answer.status, reason: reasonOf(answer) }).toEqual({ status: 400, reason: 'MALFORMED_ENCODING' })
  })

  /** JSON of exactly so many bytes. */
  const sized = (bytes: number): Buffer => Buffer.from(`{"text":"${'a'.repeat(bytes - 11)}"}`)
  test.each([
    { name: 'exactly the limit', coding: 'gzip', body: gzipSync(sized(MIB)), status: 200 },
    { name: 'a byte more, when decompressed', coding: 'gzip', body: gzipSync(sized(MIB + 1)), status: 413 },
    { name: 'a byte more', coding: 'br', body: brotliCompressSync(sized(MIB + 1)), status: 413 },
    { name: 'a byte more', coding: 'deflate', body: deflateSync(sized(MIB + 1)), status: 413 },
    { name: 'more before it is decompressed', coding: 'gzip', body: gzipSync(sized(MIB), { level: 0 }), status: 413 },
    {
      name: 'more between two codings',
      coding: 'gzip, br',
      body: brotliCompressSync(gzipSync(sized(MIB), { level: 0 })),
      status: 413,
    },
  ])('$name ($coding): $status', async ({ coding, body, status }) => {
    for (const answer of [await post(coding, body), await postChunked(coding, body)]) {
      expect(answer.status).toBe(status)
      if (status === 413) expect(reasonOf(answer)).toBe('BODY_TOO_LARGE')
    }
  })

  const zeros = gzipSync(Buffer.alloc(256 * MIB), { level: 9 })
  test.each([
    { name: 'gzip', coding: 'gzip', body: zeros },
    { name: 'gzip twice', coding: 'gzip, gzip', body: gzipSync(zeros) },
    { name: 'br', coding: 'br', body: brotliCompressSync(Buffer.alloc(256 * MIB), { params: { 1: 1 } }) },
  ])('a bomb of 256 MiB, $name: 413 at the limit, with the memory of the limit', async ({ coding, body }) => {
    const before = process.memoryUsage().rss
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(coding, body)))
    for (const answer of answers) expect(answer.status).toBe(413)
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MIB)
    expect((await post('gzip', gzipSync(small))).status).toBe(200)
  })
})

/** GET of an answer with so many bytes of filling. */
function get(
  accept: string | undefined,
  size: number,
  options: { more?: string; port?: number; method?: string } = {},
) {
  const { more = '', port = gateway.port, method = 'GET' } = options
  // The same each time, since the answer tells the headers that came.
  const id = 'X-Request-Id: same'
  const headers = accept === undefined ? [id] : [id, `Accept-Encoding: ${accept}`]
  const target = `/v1/echo?answer.size=${size}${more}`
  return sendRaw(port, request(method, target, headers), { isHead: method === 'HEAD' })
}

function plain({ headers, bytes }: RawResponse): Buffer {
  const coding = headers.get('content-encoding')
  if (coding === 'br') return brotliDecompressSync(bytes)
  return coding === 'gzip' ? gunzipSync(bytes) : bytes
}

describe('responses', () => {
  test.each([
    { accept: undefined, coding: undefined },
    { accept: '', coding: undefined },
    { accept: 'gzip', coding: 'gzip' },
    { accept: 'x-gzip', coding: 'gzip' },
    { accept: 'GZIP', coding: 'gzip' },
    { accept: 'br', coding: 'br' },
    { accept: CHROME, coding: 'br' },
    { accept: 'gzip;q=1.0, br;q=0.5', coding: 'gzip' },
    { accept: 'gzip;q=0.5, br;q=0.5', coding: 'br' },
    { accept: 'br;q=0, gzip', coding: 'gzip' },
    { accept: 'br;q=0, *', coding: 'gzip' },
    { accept: '*', coding: 'br' },
    { accept: '*;q=0', coding: undefined },
    { accept: 'gzip;q=0', coding: undefined },
    { accept: 'deflate', coding: undefined },
    { accept: 'zstd, compress', coding: undefined },
    { accept: 'identity', coding: undefined },
    { accept: 'identity, gzip;q=0.5', coding: undefined },
    { accept: 'gzip;q=0.5', coding: 'gzip' },
    { accept: 'identity;q=0', coding: undefined },
    { accept: ';;;,q=1', coding: undefined },
  ])('Accept-Encoding: $accept → $coding', async ({ accept, coding }) => {
    for (const size of [2000, 200_000]) {
      const answer = await get(accept, size)
      expect(answer.headers.get('content-encoding')).toBe(coding)
      expect(answer.headers.get('vary')).toBe('Accept, Accept-Encoding')
      expect(answer.headers.get('content-length')).toBe(String(answer.bytes.length))
      expect(JSON.parse(plain(answer).toString())).toMatchObject({ filling: 'x'.repeat(size) })
      if (coding !== undefined) expect(answer.bytes.length).toBeLessThan(size / 2)
    }
  })

  test('from 1 KiB of the plain body, and not below', async () => {
    const rest = (await get('gzip', 1)).bytes.length - 1
    const [below, at] = [await get('gzip', 1023 - rest), await get('gzip', 1024 - rest)]
    expect({ coding: below.headers.get('content-encoding'), vary: below.headers.get('vary') }).toEqual({
      coding: undefined,
      vary: 'Accept, Accept-Encoding',
    })
    expect(at.headers.get('content-encoding')).toBe('gzip')
    expect([below, at].map((answer) => plain(answer).length)).toEqual([1023, 1024])
  })

  test('identity;q=0 is honoured below that', async () => {
    expect((await get('identity;q=0, gzip', 1)).headers.get('content-encoding')).toBe('gzip')
    expect((await get('*;q=0, br', 1)).headers.get('content-encoding')).toBe('br')
  })

  test.each([100, 3000, 100_000])('HEAD has the headers of GET (%i bytes)', async (size) => {
    const [full, bare] = [await get(CHROME, size), await get(CHROME, size, { method: 'HEAD' })]
    expect(full.headers.get('content-encoding')).toBe(size === 100 ? undefined : 'br')
    expect(bare.bytes).toHaveLength(0)
    const told = ({ headers }: RawResponse) => [...headers].filter(([name]) => !/^(?:date|content-length)$/.test(name))
    expect(told(bare)).toEqual(told(full))
    // The answer tells how much of the time-out was left, which is not the same twice.
    const lengths = [full, bare].map(({ headers }) => Number(headers.get('content-length')))
    expect(Math.abs(lengths[0]! - lengths[1]!)).toBeLessThan(20)
    expect(lengths[0]).toBe(full.bytes.length)
  })

  test.each(['application/x-protobuf', 'application/json'])('%s', async (type) => {
    const target = '/v1/echo?answer.size=5000'
    const answer = await sendRaw(gateway.port, request('GET', target, ['Accept-Encoding: br', `Accept: ${type}`]))
    expect([answer.headers.get('content-type'), answer.headers.get('content-encoding')]).toEqual([type, 'br'])
    const bytes = plain(answer)
    const message =
      type === 'application/json' ? (JSON.parse(bytes.toString()) as object) : decode('EchoResponse', bytes)
    expect(message).toMatchObject({ filling: 'x'.repeat(5000) })
  })

  test.each([
    { name: 'large', message: 'm'.repeat(3000), coding: 'br' },
    { name: 'small', message: 'm', coding: undefined },
  ])('a $name error: $coding', async ({ message, coding }) => {
    const answer = await get(CHROME, 0, { more: `&answer.code=5&answer.message=${message}` })
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-encoding')).toBe(coding)
    expect(answer.headers.get('vary')).toBe('Accept, Accept-Encoding')
    expect(JSON.parse(plain(answer).toString())).toMatchObject({ code: 5, message })
  })

  test('HttpBody: never, and it does not vary', async () => {
    const body = 'a'.repeat(5000)
    const headers = ['Accept-Encoding: gzip, br, identity;q=0', 'Content-Type: text/plain']
    const answer = await sendRaw(gateway.port, request('POST', '/v1/raw', headers, body))
    expect([answer.headers.get('content-encoding'), answer.headers.get('vary')]).toEqual([undefined, undefined])
    expect(answer.body).toBe(body)
  })

  test('content-encoding and vary from the upstream are not passed on', async () => {
    const fields = [
      { name: 'content-encoding', value: 'br' },
      { name: 'vary', value: '*' },
    ]
    const body = JSON.stringify({ answer: { headers: fields, size: 3000 } })
    const answer = await sendRaw(gateway.port, request('POST', '/v1/echo', ['Accept-Encoding: gzip'], body))
    expect([answer.headers.get('content-encoding'), answer.headers.get('vary')]).toEqual([
      'gzip',
      'Accept, Accept-Encoding',
    ])
  })

  test('Cache-Control: no-transform from the upstream keeps the body as it is', async () => {
    const fields = [{ name: 'cache-control', value: 'private, no-transform' }]
    const body = JSON.stringify({ answer: { headers: fields, size: 3000 } })
    const answer = await sendRaw(gateway.port, request('POST', '/v1/echo', ['Accept-Encoding: gzip'], body))
    expect(answer.headers.get('content-encoding')).toBeUndefined()
    expect(JSON.parse(answer.body)).toMatchObject({ filling: 'x'.repeat(3000) })
  })

  test('OPTIONS has no body, and does not vary', async () => {
    const answer = await sendRaw(gateway.port, request('OPTIONS', '/v1/echo', ['Accept-Encoding: br']))
    expect([answer.status, answer.headers.get('vary')]).toEqual([204, undefined])
  })

  test('off: nothing is compressed, nor varies by what codings are accepted', async () => {
    const answer = await get('gzip, br, identity;q=0', 5000, { port: off.port })
    expect([answer.headers.get('content-encoding'), answer.headers.get('vary')]).toEqual([undefined, 'Accept'])
  })

  test('pipelined requests are answered in order, large ones among small ones', async () => {
    const sizes = [300_000, 1, 100_000, 2]
    const connection = new RawConnection(gateway.port)
    connection.write(
      sizes.map((size) => request('GET', `/v1/echo?answer.size=${size}`, ['Accept-Encoding: br'])).join(''),
    )
    for (const size of sizes) {
      const { filling } = JSON.parse(plain(await connection.response()).toString()) as { filling: string }
      expect(filling).toHaveLength(size)
    }
    connection.destroy()
  })

  test('clients that leave while their answers are compressed leave nothing behind', async () => {
    const before = upstream.calls
    const connections = Array.from({ length: 20 }, () =>
      new RawConnection(gateway.port).write(request('GET', '/v1/echo?answer.size=400000', ['Accept-Encoding: br'])),
    )
    await until(() => upstream.calls === before + 20, 'the calls')
    for (const connection of connections) connection.destroy()
    expect((await get('br', 50_000)).status).toBe(200)
    expect(gateway.log.filter((line) => line.includes('a fault of ours'))).toEqual([])
  })
})
