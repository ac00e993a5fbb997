import { describe, expect, test } from '@jest/globals'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Transport } from '../../../src/upstream/index.js'
import { RecordedStream, unary } from '../../support/calls.js'
import {
  frame,
  message,
  rawHttp2,
  respond,
  respondOnly,
  startHostileServer,
  startTcpServer,
  type Answer,
} from '../../support/grpc-servers/hostile-server.js'
import { loopback, withConnection } from './context.js'

interface RawRow {
  readonly row: string
  readonly answer: (socket: Socket, streamId: number) => void
  readonly code: number
  readonly text: RegExp
  readonly isUnprocessed: boolean
}

interface Row {
  readonly row: string
  readonly answer: Answer
  readonly code: number
  readonly text: RegExp
}

const html =
  (status: number): Answer =>
  (stream) => {
    stream.respond({ ':status': status, 'content-type': 'text/html' })
    stream.end('<html><body>no gRPC here</body></html>')
  }
const OK = { 'grpc-status': '0' }
const NO_STATUS = /without a gRPC status/

const rows: readonly Row[] = [
  { row: 'HTML on a 200', answer: html(200), code: 13, text: /answered without a gRPC status/ },
  { row: 'HTTP 429', answer: html(429), code: 14, text: /HTTP 429 without a gRPC status/ },
  { row: 'HTTP 502 with HTML', answer: html(502), code: 14, text: /HTTP 502 without a gRPC status/ },
  { row: 'HTTP 503', answer: html(503), code: 14, text: /HTTP 503/ },
  { row: 'HTTP 504', answer: html(504), code: 14, text: /HTTP 504/ },
  { row: 'HTTP 404', answer: html(404), code: 13, text: /HTTP 404/ },
  { row: 'HTTP 401', answer: html(401), code: 13, text: /HTTP 401/ },
  { row: 'HTTP 500', answer: html(500), code: 13, text: /HTTP 500/ },
  {
    row: 'HTTP 503 as Trailers-Only of gRPC, without a status',
    answer: (stream) => respondOnly(stream, { ':status': 503 }),
    code: 14,
    text: /HTTP 503/,
  },
  {
    row: 'HTTP 500 with gRPC headers, a body and no status',
    answer: (stream) => {
      stream.respond({ ':status': 500, 'content-type': 'application/grpc' })
      stream.end(message('x'))
    },
    code: 13,
    text: /HTTP 500/,
  },
  {
    row: 'no content type at all',
    answer: (stream) => {
      stream.respond({ ':status': 200 })
      stream.end(message('x'))
    },
    code: 13,
    text: NO_STATUS,
  },
  {
    row: 'gRPC-Web content type',
    answer: (stream) => respond(stream, message('x'), OK, { 'content-type': 'application/grpc-web' }),
    code: 13,
    text: NO_STATUS,
  },
  {
    row: 'a body that ends without trailers',
    answer: (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
      stream.end(message('x'))
    },
    code: 13,
    text: NO_STATUS,
  },
  {
    row: 'trailers without grpc-status',
    answer: (s) => respond(s, message('x'), { a: 'b' }),
    code: 13,
    text: NO_STATUS,
  },
  { row: 'Trailers-Only without grpc-status', answer: (s) => respondOnly(s, {}), code: 13, text: NO_STATUS },
  { row: 'OK without a message', answer: (s) => respond(s, undefined, OK), code: 13, text: /no message/ },
  { row: 'OK as Trailers-Only', answer: (s) => respondOnly(s, OK), code: 13, text: /no message/ },
  {
    row: 'two messages',
    answer: (s) => respond(s, Buffer.concat([message('a'), message('b')]), OK),
    code: 13,
    text: /more than one message/,
  },
  {
    row: 'a message cut short',
    answer: (s) => respond(s, message('abc', 0, 10), OK),
    code: 13,
    text: /within a message/,
  },
  { row: 'half a prefix', answer: (s) => respond(s, Buffer.from([0, 0, 0]), OK), code: 13, text: /within a message/ },
  { row: 'an unknown flag', answer: (s) => respond(s, message('abc', 2), OK), code: 13, text: /compression flag/ },
  {
    row: 'flag 1 without grpc-encoding',
    answer: (s) => respond(s, message(gzipSync('abc'), 1), OK),
    code: 13,
    text: /without naming its encoding/,
  },
  {
    row: 'flag 1 with grpc-encoding identity',
    answer: (s) => respond(s, message('abc', 1), OK, { 'grpc-encoding': 'identity' }),
    code: 13,
    text: /without naming its encoding/,
  },
  {
    row: 'an encoding we do not know',
    answer: (s) => respond(s, message('abc', 1), OK, { 'grpc-encoding': 'snappy' }),
    code: 13,
    text: /unsupported encoding/,
  },
  {
    row: 'gzip that is none',
    answer: (s) => respond(s, message('abc', 1), OK, { 'grpc-encoding': 'gzip' }),
    code: 13,
    text: /does not decompress/,
  },
  {
    row: 'a decompression bomb',
    answer: (s) => respond(s, message(gzipSync(Buffer.alloc(1_000_000)), 1), OK, { 'grpc-encoding': 'gzip' }),
    code: 13,
    text: /larger than 65536 bytes/,
  },
  {
    row: 'a message over the limit',
    answer: (s) => respond(s, message(Buffer.alloc(70_000)), OK),
    code: 13,
    text: /larger than 65536 bytes/,
  },
  {
    row: 'a message that claims 4 GiB and sends nothing more',
    answer: (s) => {
      s.respond({ ':status': 200, 'content-type': 'application/grpc' })
      s.write(message('', 0, 0xffffffff))
    },
    code: 13,
    text: /larger than 65536 bytes/,
  },
  {
    row: 'a connection cut within a message',
    answer: (s) => {
      s.respond({ ':status': 200, 'content-type': 'application/grpc' })
      s.write(message('abc', 0, 1000), () => s.session?.destroy())
    },
    code: 14,
    text: /connection to the upstream was lost/,
  },
]

const bytes = (value: number, length: number): Buffer => {
  const buffer = Buffer.alloc(length)
  buffer.writeUIntBE(value, 0, length)
  return buffer
}

const goaway = (code: number, lastStreamId: number, data = ''): Buffer =>
  frame(7, 0, 0, Buffer.concat([bytes(lastStreamId, 4), bytes(code, 4), Buffer.from(data)]))
/** HPACK: `:status: 200` by index, then `content-type: application/grpc` as a literal without indexing. */
const GRPC_HEADERS = Buffer.concat([Buffer.from([0x88, 0x0f, 0x10, 16]), Buffer.from('application/grpc')])

const connectionRows: readonly RawRow[] = [
  {
    row: 'the connection is cut before any answer',
    answer: (socket) => socket.destroy(),
    code: 14,
    text: /connection to the upstream was lost/,
    isUnprocessed: false,
  },
  {
    row: 'the connection is reset before any answer',
    answer: (socket) => socket.resetAndDestroy(),
    code: 14,
    text: /connection to the upstream was lost/,
    isUnprocessed: false,
  },
  {
    row: 'the connection is ended before any answer',
    answer: (socket) => socket.end(),
    code: 14,
    text: /connection to the upstream was lost/,
    isUnprocessed: false,
  },
  {
    row: 'the connection is cut after headers and half a message',
    answer: (socket, id) => {
      socket.write(Buffer.concat([frame(1, 4, id, GRPC_HEADERS), frame(0, 0, id, message('abc', 0, 1000))]), () =>
        socket.destroy(),
      )
    },
    code: 14,
    text: /connection to the upstream was lost/,
    isUnprocessed: false,
  },
  {
    row: 'GOAWAY(NO_ERROR) leaves the call out',
    answer: (socket) => socket.write(goaway(0, 0)),
    code: 14,
    text: /refused the call before processing/,
    isUnprocessed: true,
  },
  {
    row: 'GOAWAY(ENHANCE_YOUR_CALM) leaves the call out',
    answer: (socket) => socket.write(goaway(11, 0, 'too_many_pings')),
    code: 14,
    text: /refused the call before processing/,
    isUnprocessed: true,
  },
  {
    row: 'GOAWAY(INTERNAL_ERROR) with the call among the processed',
    answer: (socket, id) => socket.write(goaway(2, id)),
    code: 14,
    text: /connection to the upstream was lost/,
    isUnprocessed: false,
  },
  {
    row: 'GOAWAY(NO_ERROR) with the call among the processed, then a cut',
    answer: (socket, id) => socket.write(goaway(0, id), () => socket.destroy()),
    code: 14,
    text: /connection to the upstream was lost/,
    isUnprocessed: false,
  },
]

/** PROTOCOL-HTTP2.md's table of RST_STREAM codes, brought to the codes a transport may make. */
const resets: readonly { reset: string; code: number; becomes: number; isUnprocessed?: boolean }[] = [
  { reset: 'NO_ERROR', code: 0, becomes: 13 },
  { reset: 'PROTOCOL_ERROR', code: 1, becomes: 13 },
  { reset: 'INTERNAL_ERROR', code: 2, becomes: 13 },
  { reset: 'FLOW_CONTROL_ERROR', code: 3, becomes: 13 },
  { reset: 'SETTINGS_TIMEOUT', code: 4, becomes: 13 },
  { reset: 'STREAM_CLOSED', code: 5, becomes: 13 },
  { reset: 'FRAME_SIZE_ERROR', code: 6, becomes: 13 },
  { reset: 'REFUSED_STREAM', code: 7, becomes: 14, isUnprocessed: true },
  { reset: 'CANCEL', code: 8, becomes: 13 },
  { reset: 'COMPRESSION_ERROR', code: 9, becomes: 13 },
  { reset: 'CONNECT_ERROR', code: 10, becomes: 13 },
  { reset: 'ENHANCE_YOUR_CALM', code: 11, becomes: 8 },
  { reset: 'INADEQUATE_SECURITY', code: 12, becomes: 13 },
  { reset: 'HTTP_1_1_REQUIRED', code: 13, becomes: 13 },
]

/** Servers below HTTP/2: each breaks the protocol itself once a call has come. */
const broken: readonly { row: string; write: (streamId: number) => Buffer }[] = [
  { row: 'DATA on stream 0', write: () => frame(0, 0, 0, Buffer.from('abc')) },
  { row: 'a frame larger than allowed', write: (id) => frame(0, 0, id, Buffer.alloc(20_000)) },
  { row: 'padding longer than the frame', write: (id) => frame(0, 8, id, Buffer.from([200, 1, 2])) },
  { row: 'a header block that is not HPACK', write: (id) => frame(1, 4, id, Buffer.from([0x80, 0x80])) },
  { row: 'WINDOW_UPDATE over the maximum', write: () => frame(8, 0, 0, bytes(0x7fffffff, 4)) },
  { row: 'CONTINUATION out of place', write: (id) => frame(9, 4, id, Buffer.from([0x88])) },
  { row: 'text', write: () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') },
]

export function describeHostileServers(transport: Transport): void {
  describe('hostile servers', () => {
    test.each(rows)('$row', async ({ answer, code, text }) => {
      const server = await startHostileServer(answer)
      const result = await withConnection(transport, loopback(server.port), {}, (connection) =>
        unary(connection, '/a.B/C', 'x'),
      )
      server.close()
      expect(result.status).toMatchObject({ code, origin: 'local', isUnprocessed: false })
      expect(result.status.message).toMatch(text)
      expect(result.status.message).not.toMatch(/127\.0\.0\.1/)
      expect(result.message).toBeUndefined()
    })

    test.each(connectionRows)('$row', async ({ answer, code, text, isUnprocessed }) => {
      const server = await startTcpServer(rawHttp2(answer))
      const result = await withConnection(transport, loopback(server.port), {}, (connection) =>
        unary(connection, '/a.B/C', 'x'),
      )
      server.close()
      expect(result.status).toMatchObject({ code, origin: 'local', isUnprocessed })
      expect(result.status.message).toMatch(text)
    })

    test.each(resets)('RST_STREAM($reset) becomes $becomes', async ({ code, becomes, isUnprocessed }) => {
      const server = await startTcpServer(
        rawHttp2((socket, streamId) => socket.write(frame(3, 0, streamId, bytes(code, 4)))),
      )
      const result = await withConnection(transport, loopback(server.port), {}, (connection) =>
        unary(connection, '/a.B/C', 'x'),
      )
      server.close()
      expect(result.status).toMatchObject({ code: becomes, origin: 'local', isUnprocessed: isUnprocessed ?? false })
    })

    test.concurrent.each(broken)('broken HTTP/2: $row becomes INTERNAL', async ({ write }) => {
      const server = await startTcpServer(rawHttp2((socket, streamId) => socket.write(write(streamId))))
      const result = await withConnection(transport, loopback(server.port), {}, (connection) =>
        unary(connection, '/a.B/C', 'x'),
      )
      server.close()
      expect(result.status).toMatchObject({ code: 13, origin: 'local', isUnprocessed: false })
    })

    test('the messages before a fault are delivered, then the fault', async () => {
      const server = await startHostileServer((stream) =>
        respond(stream, Buffer.concat([message('a'), message('b'), message('c', 7)]), OK),
      )
      await withConnection(transport, loopback(server.port), {}, async (connection) => {
        const stream = new RecordedStream(connection, '/a.B/C')
        stream.call.halfClose()
        expect(await stream.ended).toMatchObject({ code: 13, origin: 'local' })
        expect(stream.messages.map(String)).toEqual(['a', 'b'])
      })
      server.close()
    })

    test('after a hostile answer the next call on the connection is good', async () => {
      let calls = 0
      const server = await startHostileServer((stream) => {
        calls += 1
        if (calls === 1) html(200)(stream)
        else respond(stream, message('good'), OK)
      })
      await withConnection(transport, loopback(server.port), {}, async (connection) => {
        expect((await unary(connection, '/a.B/C')).status.code).toBe(13)
        expect(Buffer.from((await unary(connection, '/a.B/C')).message!).toString()).toBe('good')
      })
      server.close()
    })

    test('an answer that trickles in single bytes is read', async () => {
      const body = message('slowly')
      const server = await startHostileServer((stream) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true })
        stream.on('wantTrailers', () => stream.sendTrailers(OK))
        let at = 0
        const next = (): void => {
          if (at === body.length) stream.end()
          else stream.write(body.subarray(at, ++at), () => setImmediate(next))
        }
        next()
      })
      const result = await withConnection(transport, loopback(server.port), {}, (connection) =>
        unary(connection, '/a.B/C'),
      )
      server.close()
      expect(Buffer.from(result.message!).toString()).toBe('slowly')
    })
  })
}
