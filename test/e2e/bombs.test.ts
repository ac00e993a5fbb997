import { Readable } from 'node:stream'
import {
  brotliCompressSync,
  BrotliDecompress,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  Gunzip,
  Inflate,
  InflateRaw,
} from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { sendRaw, type RawResponse } from '../support/raw-http.js'

/*
 * Bodies that are small until they are decompressed. What it costs is counted, not timed: every byte that comes out of a
 * decompressor of this process, which is the gateway's too.
 */

const MIB = 2 ** 20
const LIMIT = MIB
/** A decompressor gives so much at a time, and stops after the piece that passes the limit. */
const PIECE = 64 * 1024
/** Small bodies are decompressed at once, up to so much, before that goes on elsewhere from the start. */
const AT_ONCE = 128 * 1024

let upstream: EchoUpstream
let gateway: TestGateway
let inflated = 0
const push = Readable.prototype.push
beforeAll(async () => {
  const engines = [Gunzip, Inflate, InflateRaw, BrotliDecompress] as unknown as (new () => object)[]
  jest.spyOn(Readable.prototype, 'push').mockImplementation(function (this: Readable, chunk: unknown, ...rest) {
    if (Buffer.isBuffer(chunk) && engines.some((engine) => this instanceof engine)) inflated += chunk.length
    return push.call(this, chunk, ...rest)
  })
  upstream = await startEchoUpstream()
  gateway = await startGateway({ ...echoConfig(upstream), policies: [{ select: '*', maxRequestBytes: '1MiB' }] })
})
beforeEach(() => {
  inflated = 0
  upstream.calls = 0
})
afterAll(async () => {
  jest.restoreAllMocks()
  await gateway.stop()
  upstream.close()
})

const coders = {
  gzip: (bytes: Buffer) => gzipSync(bytes, { level: 9 }),
  deflate: (bytes: Buffer) => deflateSync(bytes, { level: 9 }),
  br: (bytes: Buffer) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
}

function coded(codings: string, plain: Buffer): Buffer {
  return codings.split(', ').reduce((bytes, coding) => coders[coding as keyof typeof coders](bytes), plain)
}

/** @param isChunked its length is not told */
function post(codings: string, body: Buffer, isChunked = false): Promise<RawResponse> {
  const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`
  const head = `POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Encoding: ${codings}\r\n${framing}\r\n\r\n`
  const parts = isChunked ? [`${body.length.toString(16)}\r\n`, body, '\r\n0\r\n\r\n'] : [body]
  return sendRaw(gateway.port, Buffer.concat([head, ...parts].map((part) => Buffer.from(part))))
}

const reasonOf = ({ body }: RawResponse): unknown =>
  (JSON.parse(body) as { details: { reason: unknown }[] }).details[0]!.reason

test('what is counted: all of a body that is taken', async () => {
  const plain = Buffer.from(`{"text":"${'a'.repeat(LIMIT / 2)}"}`)
  const answer = await post('gzip', coded('gzip', plain))
  expect([answer.status, upstream.calls]).toEqual([200, 1])
  expect(inflated).toBe(plain.length)
})

describe('a bomb is no further decompressed than to the limit', () => {
  const zeros = Buffer.alloc(32 * MIB)
  test.each([
    { codings: 'gzip' },
    { codings: 'deflate' },
    { codings: 'br' },
    { codings: 'gzip, gzip' },
    { codings: 'br, gzip' },
    { codings: 'gzip, br' },
    { codings: 'gzip, gzip, gzip' },
    { codings: 'deflate, br, gzip' },
    { codings: 'br, br, br' },
  ])('$codings', async ({ codings }) => {
    const bomb = coded(codings, zeros)
    expect(bomb.length).toBeLessThan(100_000)
    for (const isChunked of [false, true]) {
      inflated = 0
      const answer = await post(codings, bomb, isChunked)
      expect([answer.status, reasonOf(answer), upstream.calls]).toEqual([413, 'BODY_TOO_LARGE', 0])
      // Of the innermost alone: those round it are small.
      expect(inflated).toBeLessThanOrEqual(LIMIT + PIECE + AT_ONCE)
    }
  })

  test('deflate without its header', async () => {
    const answer = await post('deflate', deflateRawSync(zeros, { level: 9 }))
    expect([answer.status, inflated <= LIMIT + PIECE]).toEqual([413, true])
  })

  test('one in one in one, each of the layers over the limit', async () => {
    // What is stored does not shrink: the second layer is as large as what it holds.
    const stored = gzipSync(Buffer.alloc(2 * MIB), { level: 0 })
    const answer = await post('gzip, gzip, br', coded('gzip, br', stored))
    expect([answer.status, reasonOf(answer)]).toEqual([413, 'BODY_TOO_LARGE'])
    expect(inflated).toBeLessThanOrEqual(LIMIT + PIECE + AT_ONCE)
  })

  test('thirty at once: thirty times the limit at most', async () => {
    const bomb = coded('gzip, gzip', zeros)
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().arrayBuffers)), 1)
    const answers = await Promise.all(Array.from({ length: 30 }, () => post('gzip, gzip', bomb)))
    clearInterval(timer)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([413]))
    expect(inflated).toBeLessThanOrEqual(30 * (LIMIT + PIECE + AT_ONCE))
    // With what has not been collected yet.
    expect(most - before).toBeLessThan(30 * LIMIT + 48 * MIB)
    expect((await post('gzip', coded('gzip', Buffer.from('{"text":"a"}')))).status).toBe(200)
  })
})

test.each([
  { what: 'four codings in a row', codings: 'gzip, gzip, gzip, gzip', status: 415, reason: 'UNSUPPORTED_ENCODING' },
  { what: 'a coding that is none', codings: 'zip', status: 415, reason: 'UNSUPPORTED_ENCODING' },
  { what: 'another bomb behind the end of the first', codings: 'gzip', status: 413, reason: 'BODY_TOO_LARGE' },
])('$what: $status', async ({ codings, status, reason }) => {
  const bomb = gzipSync(Buffer.alloc(8 * MIB))
  const answer = await post(codings, Buffer.concat([bomb, bomb]))
  expect([answer.status, reasonOf(answer)]).toEqual([status, reason])
  expect(inflated).toBeLessThanOrEqual(status === 415 ? 0 : LIMIT + PIECE + AT_ONCE)
})

test('an archive is not what its coding says', async () => {
  const zip = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(1000)])
  for (const coding of ['gzip', 'deflate', 'br']) {
    const answer = await post(coding, zip)
    expect([coding, answer.status, reasonOf(answer)]).toEqual([coding, 400, 'MALFORMED_ENCODING'])
  }
  expect(inflated).toBeLessThanOrEqual(PIECE)
})
