import { describe, expect, jest, test } from '@jest/globals'
import type { ServerHttp2Stream } from 'node:http2'
import { gzipSync, deflateSync } from 'node:zlib'
import type { Transport, UnaryResult } from '../../../src/upstream/index.js'
import { RecordedStream, unary, valuesOf } from '../../support/calls.js'
import { message, respond, respondOnly, startHostileServer } from '../../support/grpc-servers/hostile-server.js'
import type { Answer } from '../../support/grpc-servers/hostile-server.js'
import { loopback, withConnection } from './context.js'

/** A unary call to a server that answers so. */
async function answered(transport: Transport, answer: Answer): Promise<UnaryResult> {
  const server = await startHostileServer(answer)
  try {
    return await withConnection(transport, loopback(server.port), {}, (connection) => unary(connection, '/a.B/C', 'x'))
  } finally {
    server.close()
  }
}

export function describeAnswers(transport: Transport): void {
  describe('what the server sees', () => {
    async function seen(metadata: string[], deadlineMs: number): Promise<Readonly<Record<string, unknown>>> {
      const server = await startHostileServer((stream) => respond(stream, message('x'), { 'grpc-status': '0' }))
      const options = { authority: 'books.example:443' }
      const result = await withConnection(transport, loopback(server.port), options, (connection) =>
        unary(connection, '/a.B/C', 'x', { metadata, deadlineMs }),
      )
      server.close()
      expect(result.status.code).toBe(0)
      return server.headers()
    }

    test('the call definition of gRPC', async () => {
      const headers = await seen([], Date.now() + 5000)
      expect(headers).toMatchObject({
        ':method': 'POST',
        ':scheme': 'http',
        ':path': '/a.B/C',
        ':authority': 'books.example:443',
        te: 'trailers',
        'content-type': 'application/grpc',
      })
      expect(headers['grpc-timeout']).toMatch(/^[0-9]{1,8}m$/)
      expect(Number.parseInt(headers['grpc-timeout'] as string)).toBeGreaterThan(4000)
      expect(Number.parseInt(headers['grpc-timeout'] as string)).toBeLessThanOrEqual(5000)
      expect(headers['user-agent']).toMatch(/^protobridge-test/)
      expect(headers['grpc-accept-encoding']).toMatch(/gzip/)
    })

    test('no grpc-timeout without a deadline; hours for one far away', async () => {
      expect((await seen([], Infinity))['grpc-timeout']).toBeUndefined()
      const far = (await seen([], Date.now() + 1000 * 3600 * 24 * 365 * 1000))['grpc-timeout']
      expect(far).toMatch(/^[0-9]{1,8}[MH]$/)
    })

    test('metadata cannot replace what the transport sends, nor what HTTP/2 forbids', async () => {
      const metadata = ['te', 'gzip', 'content-type', 'text/html', 'user-agent', 'evil', 'grpc-timeout', '1H']
      const forbidden = ['connection', 'close', 'upgrade', 'h2c', 'host', 'evil', 'content-length', '7']
      const headers = await seen([...metadata, ...forbidden, 'x-good', ' yes '], Infinity)
      expect(headers).toMatchObject({ te: 'trailers', 'content-type': 'application/grpc', 'x-good': 'yes' })
      expect(headers['user-agent']).not.toMatch(/evil/)
      for (const name of ['grpc-timeout', 'connection', 'upgrade', 'host', 'content-length']) {
        expect(headers[name]).toBeUndefined()
      }
    })

    test('binary metadata unpadded, repeated single headers joined, odd names left alone', async () => {
      const headers = await seen(
        ['x-a-bin', 'AAE=', 'referer', 'a', 'referer', 'b', '__proto__', 'p', 'constructor', 'c', 'x-latin', 'caf\xe9'],
        Infinity,
      )
      expect(headers['x-a-bin']).toBe('AAE')
      expect(headers['referer']).toBe('a, b')
      expect(Object.getOwnPropertyDescriptor(headers, '__proto__')?.value).toBe('p')
      expect(headers['constructor']).toBe('c')
      expect(headers['x-latin']).toBe('caf\xe9')
    })
  })

  describe('a server that says how much of header fields it takes', () => {
    const MAX_BYTES = 2000
    /** A field of so many bytes, counted as RFC 9113 §6.5.2 does. */
    const fieldOf = (bytes: number): string[] => ['x-filler', 'f'.repeat(bytes - 'x-filler'.length - 32)]

    test('what is more is not sent, and the status says why; what is less is, on the same connection', async () => {
      const server = await startHostileServer((stream) => respond(stream, message('x'), { 'grpc-status': '0' }), {
        maxHeaderListSize: MAX_BYTES,
      })
      await withConnection(transport, loopback(server.port), {}, async (connection) => {
        for (const metadata of [fieldOf(MAX_BYTES), Array.from({ length: 50 }, (_, n) => [`x-${n}`, 'n']).flat()]) {
          const { status } = await unary(connection, '/a.B/C', 'x', { metadata })
          expect(status).toMatchObject({ code: 8, origin: 'local', isUnprocessed: true })
          expect(status.message).toMatch(/takes no more than 2000 bytes of header fields/)
        }
        // The call-definition fields take some 600 bytes of it.
        const { status } = await unary(connection, '/a.B/C', 'x', { metadata: fieldOf(MAX_BYTES - 800) })
        expect(status).toMatchObject({ code: 0, origin: 'peer' })
        expect(server.calls()).toBe(1)
      })
      server.close()
    })
  })

  describe('statuses', () => {
    const codes = Array.from({ length: 17 }, (_, code) => code).slice(1)

    test.each(codes)('the code %d of the server is the peer’s, after a message', async (code) => {
      const { status, message: body } = await answered(transport, (stream) =>
        respond(stream, message('x'), { 'grpc-status': String(code), 'grpc-message': 'said so' }),
      )
      expect(status).toEqual({ code, message: 'said so', details: undefined, origin: 'peer', isUnprocessed: false })
      expect(body).toBeUndefined()
    })

    test.each(codes)('the code %d of the server is the peer’s, as Trailers-Only', async (code) => {
      const { status, headers, trailers } = await answered(transport, (stream) =>
        respondOnly(stream, { 'grpc-status': String(code), 'x-meta': 'm' }),
      )
      expect(status).toMatchObject({ code, message: '', origin: 'peer', isUnprocessed: false })
      expect(headers).toEqual([])
      expect(valuesOf(trailers, 'x-meta')).toEqual(['m'])
    })

    test.each([
      {
        row: 'RESOURCE_EXHAUSTED with the words of a local limit',
        code: 8,
        text: 'Received message larger than max (5 vs 4)',
      },
      { row: 'UNAVAILABLE with the words of a lost connection', code: 14, text: 'Connection dropped' },
      { row: 'UNKNOWN with the words of a missing status', code: 2, text: 'Received HTTP status code 200' },
      { row: 'INTERNAL with the words of a reset', code: 13, text: 'Received RST_STREAM with code 2' },
      { row: 'DEADLINE_EXCEEDED of its own', code: 4, text: 'Deadline exceeded after 1.000s' },
      { row: 'CANCELLED of its own', code: 1, text: 'Cancelled on client' },
    ])('the peer’s $row stays the peer’s', async ({ code, text }) => {
      const { status } = await answered(transport, (stream) =>
        respondOnly(stream, { 'grpc-status': String(code), 'grpc-message': text }),
      )
      expect(status).toMatchObject({ code, message: text, origin: 'peer' })
    })

    test.each([
      { value: 'abc', code: 2 },
      { value: '', code: 2 },
      { value: '17', code: 2 },
      { value: '-1', code: 2 },
      { value: '99999999999', code: 2 },
      { value: '5.0', code: 2 },
      { value: '05', code: 5 },
    ])('grpc-status "$value" is read as $code', async ({ value, code }) => {
      const { status } = await answered(transport, (stream) => respondOnly(stream, { 'grpc-status': value }))
      expect(status).toMatchObject({ code, origin: 'peer' })
    })

    test.each([
      { value: 'plain', text: 'plain' },
      { value: 'Gr%C3%BC%C3%9Fe %F0%9F%98%80', text: 'Grüße 😀' },
      { value: '100%', text: '100%' },
      { value: '%zz%4', text: '%zz%4' },
      { value: '%c3%bc', text: 'ü' },
      { value: '%FF', text: '\uFFFD' },
      { value: 'a%2Fb%3Fc%23d', text: 'a/b?c#d' },
      { value: '%E0%A4%A', text: '\uFFFD%A' },
    ])('grpc-message "$value" is read as "$text"', async ({ value, text }) => {
      const { status } = await answered(transport, (stream) =>
        respondOnly(stream, { 'grpc-status': '5', 'grpc-message': value }),
      )
      expect(status.message).toBe(text)
    })

    test.each([
      { row: 'padded', value: 'CAUSAWE=', bytes: [8, 5, 18, 1, 97] },
      { row: 'unpadded', value: 'CAUSAWE', bytes: [8, 5, 18, 1, 97] },
      { row: 'not base64', value: '***', bytes: undefined },
      { row: 'empty', value: '', bytes: undefined },
    ])('grpc-status-details-bin, $row', async ({ value, bytes }) => {
      const { status } = await answered(transport, (stream) =>
        respondOnly(stream, { 'grpc-status': '5', 'grpc-status-details-bin': value }),
      )
      expect(status.code).toBe(5)
      expect(status.details === undefined ? undefined : [...status.details]).toEqual(bytes)
    })

    test.each([
      { row: 'RST_STREAM(CANCEL)', tell: (stream: ServerHttp2Stream) => stream.close(8) },
      { row: 'DEADLINE_EXCEEDED', tell: (stream: ServerHttp2Stream) => respondOnly(stream, { 'grpc-status': '4' }) },
      { row: 'CANCELLED', tell: (stream: ServerHttp2Stream) => respondOnly(stream, { 'grpc-status': '1' }) },
    ])(
      '$row of a server that gives up at our deadline, before our timer has gone off: the deadline',
      async ({ tell }) => {
        const now = Date.now.bind(Date)
        let skewMs = 0
        const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + skewMs)
        try {
          const server = await startHostileServer((stream) => {
            skewMs = 60_000
            tell(stream)
          })
          await withConnection(transport, loopback(server.port), {}, async (connection) => {
            const { status } = await unary(connection, '/a.B/C', 'x', { deadlineMs: now() + 60_000 })
            expect(status).toMatchObject({ code: 4, origin: 'local', isUnprocessed: false })
          })
          server.close()
        } finally {
          clock.mockRestore()
        }
      },
    )

    test('odd metadata of the peer never throws, and joined binary values are split', async () => {
      const { status, headers, trailers } = await answered(transport, (stream) =>
        respond(
          stream,
          message('x'),
          { 'grpc-status': '0', 'x-t-bin': '%%%', 'grpc-retry-pushback-ms': '50', 'grpc-previous-rpc-attempts': '1' },
          { 'x-a-bin': 'AA,AQ==, Ag', 'x-latin': 'caf\xe9', 'x-b': ['one', 'two'], 'x-empty': '' },
        ),
      )
      expect(status.code).toBe(0)
      expect(valuesOf(headers, 'x-a-bin')).toEqual(['AA', 'AQ==', 'Ag'])
      expect(valuesOf(headers, 'x-latin')).toEqual(['caf\xe9'])
      expect(valuesOf(headers, 'x-b')).toEqual(['one', 'two'])
      expect(valuesOf(headers, 'x-empty')).toEqual([''])
      expect(trailers).toEqual(['x-t-bin', '%%%', 'grpc-retry-pushback-ms', '50'])
    })

    test.each([
      { encoding: 'gzip', packed: gzipSync('packed') },
      { encoding: 'deflate', packed: deflateSync('packed') },
    ])('a message packed with $encoding is unpacked', async ({ encoding, packed }) => {
      const result = await answered(transport, (stream) =>
        respond(stream, message(packed, 1), { 'grpc-status': '0' }, { 'grpc-encoding': encoding }),
      )
      expect(Buffer.from(result.message!).toString()).toBe('packed')
    })

    test('packed and plain messages of a stream keep their order', async () => {
      const body = Buffer.concat([message(gzipSync('a'), 1), message('b'), message(gzipSync('c'), 1), message('d')])
      const server = await startHostileServer((stream) =>
        respond(stream, body, { 'grpc-status': '9' }, { 'grpc-encoding': 'gzip' }),
      )
      await withConnection(transport, loopback(server.port), {}, async (connection) => {
        const stream = new RecordedStream(connection, '/a.B/C')
        stream.call.halfClose()
        expect(await stream.ended).toMatchObject({ code: 9, origin: 'peer' })
        expect(stream.messages.map(String)).toEqual(['a', 'b', 'c', 'd'])
      })
      server.close()
    })
  })
}
