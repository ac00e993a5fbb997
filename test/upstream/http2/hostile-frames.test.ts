import { describe, expect, test } from '@jest/globals'
import { http2Transport } from '../../../src/upstream/transports/http2/index.js'
import { RecordedStream, unary, until } from '../../support/calls.js'
import { frame, message } from '../../support/grpc-servers/hostile-server.js'
import { loopback, withConnection } from '../contract/context.js'
import {
  goodAnswer,
  GRPC_HEADERS,
  literal,
  OK_TRAILERS,
  startRawServer,
  Type,
  uint32,
  type RawPeer,
} from './raw-peer.js'

const PROTOCOL_ERROR = 1
const FLOW_CONTROL_ERROR = 3
const STREAM_CLOSED = 5
const FRAME_SIZE_ERROR = 6
const COMPRESSION_ERROR = 9
const ENHANCE_YOUR_CALM = 11

interface Row {
  readonly row: string
  readonly write: (peer: RawPeer, id: number) => void
  /** The error of our GOAWAY. */
  readonly goaway: number
}

const headers = (id: number, block: Uint8Array = GRPC_HEADERS, flags = 4): Buffer =>
  frame(Type.headers, flags, id, block)
const times = (count: number, bytes: Uint8Array): Buffer => Buffer.concat(Array.from({ length: count }, () => bytes))
/** A field of 4,000 octets that goes into the table, then a block of references to it. */
const bomb = Buffer.concat([
  Buffer.from([0x40, 1, 0x61, 0x7f, 0xa1, 0x1e]),
  Buffer.alloc(4000, 0x78),
  Buffer.alloc(12_000, 0xbe),
])

const rows: readonly Row[] = [
  {
    row: 'a frame larger than allowed',
    write: (peer, id) => peer.write(frame(Type.data, 0, id, Buffer.alloc(16_385))),
    goaway: FRAME_SIZE_ERROR,
  },
  {
    row: 'an unknown frame larger than allowed',
    write: (peer) => peer.write(Buffer.from([1, 0, 0, 0xee, 0, 0, 0, 0, 0])),
    goaway: FRAME_SIZE_ERROR,
  },
  {
    row: 'padding as long as its DATA',
    write: (peer, id) => peer.write(headers(id), frame(Type.data, 8, id, Buffer.from([3, 1, 2]))),
    goaway: PROTOCOL_ERROR,
  },
  {
    row: 'padded DATA without the length of the padding',
    write: (peer, id) => peer.write(headers(id), frame(Type.data, 8, id)),
    goaway: FRAME_SIZE_ERROR,
  },
  {
    row: 'padding longer than its HEADERS',
    write: (peer, id) => peer.write(headers(id, Buffer.from([200, 0x88]), 12)),
    goaway: PROTOCOL_ERROR,
  },
  {
    row: 'HEADERS too short for its priority',
    write: (peer, id) => peer.write(headers(id, Buffer.from([0, 0, 0]), 0x24)),
    goaway: PROTOCOL_ERROR,
  },
  {
    row: 'a header block that is not HPACK',
    write: (peer, id) => peer.write(headers(id, Buffer.from([0x80]))),
    goaway: COMPRESSION_ERROR,
  },
  {
    row: 'a header block of a stream that has ended, not HPACK',
    write: (peer, id) => peer.write(goodAnswer(id), headers(id, Buffer.from([0xfe]))),
    goaway: COMPRESSION_ERROR,
  },
  {
    row: 'a size update above the table we have',
    write: (peer, id) => peer.write(headers(id, Buffer.from([0x3f, 0xe2, 0x1f]))),
    goaway: COMPRESSION_ERROR,
  },
  {
    row: 'CONTINUATION without end',
    write: (peer, id) =>
      peer.write(headers(id, GRPC_HEADERS, 0), times(200, frame(Type.continuation, 0, id, Buffer.alloc(0)))),
    goaway: ENHANCE_YOUR_CALM,
  },
  {
    row: 'CONTINUATION of megabytes',
    write: (peer, id) =>
      peer.write(headers(id, GRPC_HEADERS, 0), times(5, frame(Type.continuation, 0, id, Buffer.alloc(16_000)))),
    goaway: ENHANCE_YOUR_CALM,
  },
  {
    row: 'CONTINUATION of another stream',
    write: (peer, id) => peer.write(headers(id, GRPC_HEADERS, 0), frame(Type.continuation, 4, id + 2)),
    goaway: PROTOCOL_ERROR,
  },
  {
    row: 'CONTINUATION after a whole block',
    write: (peer, id) => peer.write(headers(id), frame(Type.continuation, 4, id)),
    goaway: PROTOCOL_ERROR,
  },
  {
    row: 'DATA within a header block',
    write: (peer, id) => peer.write(headers(id, GRPC_HEADERS, 0), frame(Type.data, 0, id)),
    goaway: PROTOCOL_ERROR,
  },
  {
    row: 'PING within a header block',
    write: (peer, id) => peer.write(headers(id, GRPC_HEADERS, 0), frame(Type.ping, 0, 0, Buffer.alloc(8))),
    goaway: PROTOCOL_ERROR,
  },
  {
    row: 'a flood of PING',
    write: (peer) => peer.write(times(5000, frame(Type.ping, 0, 0, Buffer.alloc(8)))),
    goaway: ENHANCE_YOUR_CALM,
  },
  {
    row: 'a flood of SETTINGS',
    write: (peer) => peer.write(times(5000, frame(Type.settings, 0, 0))),
    goaway: ENHANCE_YOUR_CALM,
  },
  {
    row: 'a flood of RST_STREAM on a stream that has ended',
    write: (peer, id) => peer.write(goodAnswer(id), times(5000, frame(Type.rst, 0, id, uint32(0)))),
    goaway: ENHANCE_YOUR_CALM,
  },
  {
    row: 'a flood of empty DATA',
    write: (peer, id) => peer.write(headers(id), times(5000, frame(Type.data, 0, id))),
    goaway: ENHANCE_YOUR_CALM,
  },
  {
    row: 'a flood of WINDOW_UPDATE',
    write: (peer) => peer.write(times(5000, frame(Type.window, 0, 0, uint32(1)))),
    goaway: ENHANCE_YOUR_CALM,
  },
  {
    row: 'a flood of PRIORITY',
    write: (peer, id) => peer.write(times(5000, frame(Type.priority, 0, id, Buffer.alloc(5)))),
    goaway: ENHANCE_YOUR_CALM,
  },
  {
    row: 'a flood of frames of a type nobody knows',
    write: (peer) => peer.write(times(5000, frame(0xee, 0, 0))),
    goaway: ENHANCE_YOUR_CALM,
  },
  {
    row: 'a flood of informational header blocks',
    write: (peer, id) => peer.write(times(5000, headers(id, literal(':status', '103')))),
    goaway: ENHANCE_YOUR_CALM,
  },
  {
    row: 'DATA on a stream that has ended',
    write: (peer, id) => peer.write(goodAnswer(id), frame(Type.data, 0, id, Buffer.alloc(1))),
    goaway: STREAM_CLOSED,
  },
  {
    row: 'DATA on a stream that never was',
    write: (peer, id) => peer.write(frame(Type.data, 0, id + 2, Buffer.alloc(1))),
    goaway: PROTOCOL_ERROR,
  },
  {
    row: 'HEADERS on a stream that never was',
    write: (peer, id) => peer.write(headers(id + 2)),
    goaway: PROTOCOL_ERROR,
  },
  { row: 'HEADERS on a stream of the server', write: (peer) => peer.write(headers(2)), goaway: PROTOCOL_ERROR },
  {
    row: 'RST_STREAM on a stream that never was',
    write: (peer, id) => peer.write(frame(Type.rst, 0, id + 2, uint32(8))),
    goaway: PROTOCOL_ERROR,
  },
  {
    row: 'a connection window over the maximum',
    write: (peer) => peer.write(frame(Type.window, 0, 0, uint32(0x7fffffff))),
    goaway: FLOW_CONTROL_ERROR,
  },
  {
    row: 'a stream window over the maximum',
    write: (peer, id) => peer.write(frame(Type.window, 0, id, uint32(0x7fffffff))),
    goaway: FLOW_CONTROL_ERROR,
  },
  {
    row: 'an initial window that lifts a stream’s over the maximum',
    write: (peer, id) =>
      peer.write(
        frame(Type.window, 0, id, uint32(0x7fffffff - 65_535 + 6)),
        frame(Type.settings, 0, 0, Buffer.concat([Buffer.from([0, 4]), uint32(0x7fffffff)])),
      ),
    goaway: FLOW_CONTROL_ERROR,
  },
  {
    row: 'WINDOW_UPDATE by 0',
    write: (peer) => peer.write(frame(Type.window, 0, 0, uint32(0))),
    goaway: PROTOCOL_ERROR,
  },
  {
    row: 'WINDOW_UPDATE of 3 octets',
    write: (peer) => peer.write(frame(Type.window, 0, 0, Buffer.alloc(3))),
    goaway: FRAME_SIZE_ERROR,
  },
  {
    row: 'PING of 7 octets',
    write: (peer) => peer.write(frame(Type.ping, 0, 0, Buffer.alloc(7))),
    goaway: FRAME_SIZE_ERROR,
  },
  {
    row: 'PING on a stream',
    write: (peer, id) => peer.write(frame(Type.ping, 0, id, Buffer.alloc(8))),
    goaway: PROTOCOL_ERROR,
  },
  {
    row: 'SETTINGS of 5 octets',
    write: (peer) => peer.write(frame(Type.settings, 0, 0, Buffer.alloc(5))),
    goaway: FRAME_SIZE_ERROR,
  },
  {
    row: 'SETTINGS on a stream',
    write: (peer, id) => peer.write(frame(Type.settings, 0, id)),
    goaway: PROTOCOL_ERROR,
  },
  {
    row: 'an acknowledgement of SETTINGS with settings',
    write: (peer) => peer.write(frame(Type.settings, 1, 0, Buffer.alloc(6))),
    goaway: FRAME_SIZE_ERROR,
  },
  {
    row: 'SETTINGS that switch on push',
    write: (peer) => peer.write(frame(Type.settings, 0, 0, Buffer.from([0, 2, 0, 0, 0, 1]))),
    goaway: PROTOCOL_ERROR,
  },
  {
    row: 'SETTINGS with frames smaller than may be',
    write: (peer) => peer.write(frame(Type.settings, 0, 0, Buffer.from([0, 5, 0, 0, 0, 1]))),
    goaway: PROTOCOL_ERROR,
  },
  {
    row: 'SETTINGS with a window larger than may be',
    write: (peer) => peer.write(frame(Type.settings, 0, 0, Buffer.from([0, 4, 0x80, 0, 0, 0]))),
    goaway: FLOW_CONTROL_ERROR,
  },
  {
    row: 'PUSH_PROMISE',
    write: (peer, id) => peer.write(frame(Type.push, 4, id, Buffer.from([0, 0, 0, 2, 0x88]))),
    goaway: PROTOCOL_ERROR,
  },
  {
    row: 'GOAWAY of 7 octets',
    write: (peer) => peer.write(frame(Type.goaway, 0, 0, Buffer.alloc(7))),
    goaway: FRAME_SIZE_ERROR,
  },
  {
    row: 'GOAWAY on a stream',
    write: (peer, id) => peer.write(frame(Type.goaway, 0, id, Buffer.alloc(8))),
    goaway: PROTOCOL_ERROR,
  },
  {
    row: 'RST_STREAM of 5 octets',
    write: (peer, id) => peer.write(frame(Type.rst, 0, id, Buffer.alloc(5))),
    goaway: FRAME_SIZE_ERROR,
  },
  {
    row: 'PRIORITY of 4 octets',
    write: (peer, id) => peer.write(frame(Type.priority, 0, id, Buffer.alloc(4))),
    goaway: FRAME_SIZE_ERROR,
  },
]

/** What costs the call alone: the connection goes on. */
const malformed: readonly { row: string; write: (peer: RawPeer, id: number) => void; reset: number }[] = [
  { row: 'an upper-case name', write: (p, id) => p.write(headers(id, block('X-A', '1'))), reset: PROTOCOL_ERROR },
  { row: 'a header of the connection', write: (p, id) => p.write(headers(id, block('connection', 'close'))), reset: 1 },
  { row: 'te other than trailers', write: (p, id) => p.write(headers(id, block('te', 'gzip'))), reset: 1 },
  { row: 'a line break in a value', write: (p, id) => p.write(headers(id, block('x-a', 'a\nb'))), reset: 1 },
  { row: 'an empty name', write: (p, id) => p.write(headers(id, block('', 'a'))), reset: 1 },
  { row: 'a pseudo-field of requests', write: (p, id) => p.write(headers(id, block(':path', '/'))), reset: 1 },
  { row: 'two :status', write: (p, id) => p.write(headers(id, block(':status', '200'))), reset: 1 },
  { row: 'no :status', write: (p, id) => p.write(headers(id, literal('content-type', 'application/grpc'))), reset: 1 },
  { row: ':status of letters', write: (p, id) => p.write(headers(id, literal(':status', 'abc'))), reset: 1 },
  {
    row: 'a pseudo-field in trailers',
    write: (p, id) => p.write(headers(id), headers(id, Buffer.concat([literal(':status', '200'), OK_TRAILERS]), 5)),
    reset: 1,
  },
  {
    row: 'trailers that do not end the stream',
    write: (p, id) => p.write(headers(id), headers(id, OK_TRAILERS)),
    reset: 1,
  },
  { row: 'DATA before headers', write: (p, id) => p.write(frame(Type.data, 0, id, message('x'))), reset: 1 },
  {
    row: 'an informational block that ends the stream',
    write: (p, id) => p.write(headers(id, literal(':status', '100'), 5)),
    reset: 1,
  },
  { row: 'a header list over 16 KiB', write: (p, id) => p.write(headers(id, bomb)), reset: 8 },
]

function block(name: string, value: string): Buffer {
  return Buffer.concat([GRPC_HEADERS, literal(name, value)])
}

/** Enough for a call to hang on, had the connection not been given up. */
const LONG_MS = 4000

describe('hostile servers, frame by frame', () => {
  test.each(rows)('$row costs the connection', async ({ write, goaway }) => {
    let calls = 0
    const server = await startRawServer((peer, id) => {
      calls += 1
      if (calls === 1) write(peer, id)
      else peer.write(goodAnswer(id))
    })
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      const stream = new RecordedStream(connection, '/a.B/C', { deadlineMs: Date.now() + LONG_MS })
      const status = await stream.ended
      // Where the call had its answer already, it keeps it.
      if (status.code !== 0) expect(status).toMatchObject({ code: 13, origin: 'local', isUnprocessed: false })
      const [first] = server.peers
      await until(() => first!.isClosed, 'the connection is closed')
      expect(first!.goaway).toBe(goaway)
      expect((await unary(connection, '/a.B/C')).status.code).toBe(0)
      expect(server.peers).toHaveLength(2)
    })
    server.close()
  })

  test.each(malformed)('$row costs the call, not the connection', async ({ write, reset }) => {
    let calls = 0
    const server = await startRawServer((peer, id) => {
      calls += 1
      if (calls === 1) write(peer, id)
      else peer.write(goodAnswer(id))
    })
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      const { status } = await unary(connection, '/a.B/C', '', { deadlineMs: Date.now() + LONG_MS })
      expect(status).toMatchObject({ code: 13, origin: 'local', isUnprocessed: false })
      expect((await unary(connection, '/a.B/C')).status.code).toBe(0)
      expect(server.peers).toHaveLength(1)
      const resets = server.peers[0]!.of(Type.rst).map(({ payload }) => payload.readUInt32BE())
      expect(resets).toEqual([reset])
    })
    server.close()
  })

  test('DATA over the window of a call that is paused costs the connection', async () => {
    const server = await startRawServer((peer, id) =>
      peer.write(headers(id), times(9, frame(Type.data, 0, id, Buffer.alloc(16_384)))),
    )
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      const stream = new RecordedStream(connection, '/a.B/C')
      stream.call.pause()
      expect(await stream.ended).toMatchObject({ code: 13, origin: 'local' })
      await until(() => server.peers[0]!.goaway === FLOW_CONTROL_ERROR, 'GOAWAY')
    })
    server.close()
  })

  test('half a frame, then silence: the call ends at its deadline, the connection is asked for a sign of life', async () => {
    let calls = 0
    const server = await startRawServer((peer, id) => {
      calls += 1
      peer.write(calls === 1 ? goodAnswer(id) : headers(id).subarray(0, 12))
    })
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      expect((await unary(connection, '/a.B/C')).status.code).toBe(0)
      const { status } = await unary(connection, '/a.B/C', '', { deadlineMs: Date.now() + 100 })
      expect(status).toMatchObject({ code: 4, origin: 'local', isUnprocessed: false })
      // Ours at the start, and the probe.
      const settings = (): number => server.peers[0]!.of(Type.settings).filter(({ flags }) => flags === 0).length
      await until(() => settings() === 2, 'the probe')
    })
    server.close()
  })

  test('a server that does not read: the calls wait in bounded memory and end at their deadline', async () => {
    const server = await startRawServer(() => undefined, [[4, 0x7fffffff]])
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      connection.connect()
      await until(() => connection.state === 'READY', 'READY')
      const [peer] = server.peers
      peer!.write(frame(Type.window, 0, 0, uint32(0x7fffffff - 65_535)))
      peer!.socket.pause()
      const stream = new RecordedStream(connection, '/a.B/C', { deadlineMs: Date.now() + 1000 })
      let sent = 0
      while (stream.status === undefined) {
        const isTaken = stream.call.send(Buffer.alloc(64 * 1024))
        sent += 64 * 1024
        if (!isTaken && sent > 64 * 1024 * 1024) break
        await new Promise((resolve) => setTimeout(resolve, isTaken ? 0 : 20))
      }
      expect(sent).toBeLessThan(32 * 1024 * 1024)
      expect((await stream.ended).code).toBe(4)
    })
    server.close()
  })
})
