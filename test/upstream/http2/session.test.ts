import { describe, expect, jest, test } from '@jest/globals'
import type { UnaryResult } from '../../../src/upstream/index.js'
import { http2Transport } from '../../../src/upstream/transports/http2/index.js'
import { HpackDecoder } from '../../../src/upstream/transports/http2/hpack/decoder.js'
import { RecordedStream, unary, until } from '../../support/calls.js'
import { frame, message, startTcpServer } from '../../support/grpc-servers/hostile-server.js'
import { loopback, withConnection } from '../contract/context.js'
import { goodAnswer, GRPC_HEADERS, OK_TRAILERS, startRawServer, Type, uint32 } from './raw-peer.js'

const MAX_CONCURRENT = 3
const INITIAL_WINDOW = 4
const goaway = (lastId: number, code = 0, text = ''): Buffer =>
  frame(Type.goaway, 0, 0, Buffer.concat([uint32(lastId), uint32(code), Buffer.from(text)]))

describe('what the client sends', () => {
  test('the preface, SETTINGS without push, and a window for the connection; acknowledges SETTINGS; answers PING', async () => {
    const server = await startRawServer((peer, id) =>
      peer.write(frame(Type.ping, 0, 0, Buffer.from('12345678')), goodAnswer(id)),
    )
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      expect((await unary(connection, '/a.B/C')).status.code).toBe(0)
      const [peer] = server.peers
      const answer = await peer!.sees(Type.ping)
      expect({ flags: answer.flags, payload: answer.payload.toString() }).toEqual({ flags: 1, payload: '12345678' })
      const [first, second] = peer!.frames
      expect(first).toMatchObject({ type: Type.settings, flags: 0, streamId: 0 })
      expect(first!.payload.subarray(0, 6)).toEqual(Buffer.from([0, 2, 0, 0, 0, 0]))
      expect(second).toMatchObject({ type: Type.window, streamId: 0 })
      expect(peer!.of(Type.settings).map(({ flags }) => flags)).toEqual([0, 1])
    })
    server.close()
  })

  test('a block over 16 KiB goes in CONTINUATIONs; secrets are never indexed', async () => {
    const server = await startRawServer(() => undefined)
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      const metadata = ['authorization', 'Bearer x', 'x-large', 'y'.repeat(40_000), 'x-last', 'z']
      const call = connection.unary(
        { path: '/a.B/C', metadata, deadlineMs: Infinity },
        Buffer.from('m'),
        () => undefined,
      )
      await until(() => server.peers[0]?.of(Type.data).length === 1, 'the request')
      const [peer] = server.peers
      const parts = [...peer!.of(Type.headers), ...peer!.of(Type.continuation)]
      expect(parts.map(({ flags }) => flags)).toEqual([0, 0, 4])
      expect(parts.every(({ payload }) => payload.length <= 16_384)).toBe(true)
      const block = Buffer.concat(parts.map(({ payload }) => payload))
      const { fields } = new HpackDecoder(100_000).decode(block, 0, block.length)
      expect(fields.slice(-6)).toEqual(metadata)
      expect(fields.slice(0, 8)).toEqual([
        ':method',
        'POST',
        ':scheme',
        'http',
        ':authority',
        `127.0.0.1:${server.port}`,
        ':path',
        '/a.B/C',
      ])
      expect(block[block.indexOf('authorization') - 2]).toBe(0x10)
      call.cancel()
    })
    server.close()
  })

  test('the time-out comes right after the pseudo-header fields', async () => {
    const server = await startRawServer((peer, id) => peer.write(goodAnswer(id)))
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      await unary(connection, '/a.B/C', '', { metadata: ['x-a', 'b'] })
      const { payload } = server.peers[0]!.of(Type.headers)[0]!
      const { fields } = new HpackDecoder(100_000).decode(payload, 0, payload.length)
      const names = fields.filter((_, index) => index % 2 === 0)
      expect(names.slice(3, 6)).toEqual([':path', 'grpc-timeout', 'te'])
      expect(names.at(-1)).toBe('x-a')
    })
    server.close()
  })

  test('a peer that makes its header table smaller is answered with an empty one, once', async () => {
    const server = await startRawServer((peer, id) => peer.write(goodAnswer(id)), [[1, 100]])
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      await unary(connection, '/a.B/C')
      await unary(connection, '/a.B/C')
      expect(server.peers[0]!.of(Type.headers).map(({ payload }) => payload[0])).toEqual([0x20, 0x83])
    })
    server.close()
  })

  test('a status before we have ended the stream: RST_STREAM(NO_ERROR)', async () => {
    const server = await startRawServer((peer, id) => peer.write(goodAnswer(id)))
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      const stream = new RecordedStream(connection, '/a.B/C')
      expect((await stream.ended).code).toBe(0)
      expect((await server.peers[0]!.sees(Type.rst)).payload).toEqual(uint32(0))
    })
    server.close()
  })

  test('what a cancelled call is sent late is no fault; what it could not be is', async () => {
    const server = await startRawServer(() => undefined)
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      const stream = new RecordedStream(connection, '/a.B/C')
      await until(() => server.peers[0]?.of(Type.headers).length === 1, 'the call')
      const [peer] = server.peers
      stream.call.cancel()
      await peer!.sees(Type.rst)
      peer!.write(frame(Type.headers, 4, 1, GRPC_HEADERS))
      for (let sent = 0; sent < 8; sent++) peer!.write(frame(Type.data, 0, 1, Buffer.alloc(16_384)))
      peer!.write(frame(Type.ping, 0, 0, Buffer.alloc(8)))
      await peer!.sees(Type.ping)
      peer!.write(frame(Type.data, 0, 1, Buffer.alloc(1)))
      await until(() => peer!.goaway === 5, 'STREAM_CLOSED')
    })
    server.close()
  })
})

describe('windows', () => {
  test('no more is sent than both windows take, and the rest as they open; DATA of one octet where one is free', async () => {
    const server = await startRawServer(() => undefined, [[INITIAL_WINDOW, 10]])
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      const stream = new RecordedStream(connection, '/a.B/C')
      stream.call.send(Buffer.from('0123456789'))
      stream.call.halfClose()
      await until(() => server.peers[0]?.of(Type.data).length === 1, 'the first part')
      const [peer] = server.peers
      const lengths = (): number[] => peer!.of(Type.data).map(({ payload }) => payload.length)
      expect(lengths()).toEqual([10])
      peer!.write(frame(Type.window, 0, 1, uint32(1)))
      await peer!.sees(Type.data, 2)
      // Below zero by a smaller initial window: nothing goes until it is above again (RFC 9113 §6.9.2).
      peer!.write(frame(Type.settings, 0, 0, Buffer.concat([Buffer.from([0, INITIAL_WINDOW]), uint32(5)])))
      peer!.write(frame(Type.window, 0, 1, uint32(5)), frame(Type.ping, 0, 0, Buffer.alloc(8)))
      await peer!.sees(Type.ping)
      expect(lengths()).toEqual([10, 1])
      peer!.write(frame(Type.window, 0, 1, uint32(4)))
      await peer!.sees(Type.data, 3)
      expect(lengths()).toEqual([10, 1, 4])
      expect(peer!.of(Type.data).map(({ flags }) => flags)).toEqual([0, 0, 1])
      expect(Buffer.concat(peer!.of(Type.data).map(({ payload }) => payload))).toEqual(message('0123456789'))
      stream.call.cancel()
    })
    server.close()
  })

  test('the connection’s window is shared: calls that wait for it go in turn', async () => {
    const server = await startRawServer(() => undefined, [[INITIAL_WINDOW, 1_000_000]])
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      const streams = [1, 2, 3].map(() => new RecordedStream(connection, '/a.B/C'))
      for (const stream of streams) stream.call.send(Buffer.alloc(60_000))
      const bytesOf = (id: number): number =>
        server.peers[0]!.of(Type.data, id).reduce((sum, { payload }) => sum + payload.length, 0)
      const total = (): number => (server.peers.length === 0 ? 0 : bytesOf(1) + bytesOf(3) + bytesOf(5))
      await until(() => total() === 65_535, 'the window is used up')
      server.peers[0]!.write(frame(Type.window, 0, 0, uint32(200_000)))
      await until(() => total() === 3 * 60_005, 'the rest')
      for (const stream of streams) stream.call.cancel()
    })
    server.close()
  })

  test('what a paused call has been sent is not given back to its window; what it takes is', async () => {
    const server = await startRawServer(() => undefined)
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      const stream = new RecordedStream(connection, '/a.B/C')
      await until(() => server.peers[0]?.of(Type.headers).length === 1, 'the call')
      const [peer] = server.peers
      stream.call.pause()
      peer!.write(frame(Type.headers, 4, 1, GRPC_HEADERS))
      for (let sent = 0; sent < 8; sent++) peer!.write(frame(Type.data, 0, 1, message(Buffer.alloc(16_379))))
      peer!.write(frame(Type.ping, 0, 0, Buffer.alloc(8)))
      await peer!.sees(Type.ping)
      expect(peer!.of(Type.window, 1)).toEqual([])
      stream.call.resume()
      await until(() => peer!.of(Type.window, 1).length === 1, 'the window opens')
      expect(peer!.of(Type.window, 1)[0]!.payload.readUInt32BE()).toBe(8 * 16_384)
      expect(stream.messages).toHaveLength(8)
      stream.call.cancel()
    })
    server.close()
  })
})

describe('more calls than a connection takes', () => {
  test('a further connection is made when the first is full; each takes what the server allows', async () => {
    const open = new Map<object, number>()
    let most = 0
    const server = await startRawServer(
      (peer, id) => {
        open.set(peer, (open.get(peer) ?? 0) + 1)
        most = Math.max(most, open.get(peer)!)
        setTimeout(() => {
          open.set(peer, open.get(peer)! - 1)
          peer.write(goodAnswer(id))
        }, 10)
      },
      [[MAX_CONCURRENT, 5]],
    )
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      const results = await Promise.all(Array.from({ length: 200 }, () => unary(connection, '/a.B/C')))
      expect(results.filter(({ status }) => status.code !== 0)).toEqual([])
      expect(most).toBe(5)
      expect(server.peers.length).toBeGreaterThan(1)
      expect(server.peers.length).toBeLessThanOrEqual(16)
    })
    server.close()
  })

  test('a limit lowered below what is open leaves that alone, and holds the next back', async () => {
    const server = await startRawServer(() => undefined)
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      const results: UnaryResult[] = []
      const call = (): void =>
        void connection.unary({ path: '/a.B/C', metadata: [], deadlineMs: Infinity }, Buffer.alloc(0), (result) =>
          results.push(result),
        )
      call()
      call()
      await until(() => server.peers[0]?.of(Type.headers).length === 2, 'two calls')
      const [peer] = server.peers
      peer!.write(frame(Type.settings, 0, 0, Buffer.concat([Buffer.from([0, MAX_CONCURRENT]), uint32(1)])))
      await until(() => peer!.of(Type.settings).filter(({ flags }) => flags === 1).length === 2, 'the acknowledgement')
      call()
      await until(() => server.peers.length === 2, 'a further connection')
      expect(peer!.of(Type.headers)).toHaveLength(2)
      expect(results).toEqual([])
    })
    server.close()
  })

  test('a call that waits ends at its deadline, and the server never sees it', async () => {
    const server = await startRawServer(() => undefined, [[MAX_CONCURRENT, 0]])
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      const { status } = await unary(connection, '/a.B/C', '', { deadlineMs: Date.now() + 100 })
      expect(status).toMatchObject({ code: 4, origin: 'local', isUnprocessed: true })
      expect(server.peers.flatMap((peer) => peer.of(Type.headers))).toEqual([])
    })
    server.close()
  })
})

describe('GOAWAY', () => {
  test('graceful: what is under way ends well, new calls go on a new connection, the old one is closed', async () => {
    const server = await startRawServer((peer, id) => {
      if (server.peers.length > 1) peer.write(goodAnswer(id))
    })
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      const first = unary(connection, '/a.B/C')
      await until(() => server.peers[0]?.of(Type.headers).length === 1, 'the call')
      const [old] = server.peers
      old!.write(goaway(0x7fffffff))
      await until(() => connection.state === 'IDLE', 'IDLE')
      expect((await unary(connection, '/a.B/C')).status.code).toBe(0)
      old!.write(goaway(1), goodAnswer(1))
      expect((await first).status.code).toBe(0)
      await until(() => old!.isClosed, 'the old connection is closed')
      expect(connection.state).toBe('READY')
      expect(server.peers).toHaveLength(2)
    })
    server.close()
  })

  test('calls above the last id were never processed, the others go on', async () => {
    const server = await startRawServer(() => undefined)
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      const kept = unary(connection, '/a.B/C')
      const left = unary(connection, '/a.B/C')
      await until(() => server.peers[0]?.of(Type.headers).length === 2, 'both calls')
      server.peers[0]!.write(goaway(1))
      expect((await left).status).toMatchObject({ code: 14, origin: 'local', isUnprocessed: true })
      server.peers[0]!.write(goodAnswer(1))
      expect((await kept).status.code).toBe(0)
    })
    server.close()
  })

  test('too_many_pings is told, and halves the rate of new connections', async () => {
    const server = await startRawServer((peer) => peer.write(goaway(0, 11, 'too_many_pings')))
    const options = { keepalive: { timeMs: 30_000, timeoutMs: 1000 } }
    await withConnection(http2Transport, loopback(server.port), options, async (connection) => {
      expect((await unary(connection, '/a.B/C')).status).toMatchObject({ code: 14, isUnprocessed: true })
      expect(connection.lastError).toMatch(/too_many_pings.*after 60 s/)
    })
    server.close()
  })
})

describe('keepalive', () => {
  test('a PING while a call is silent, and none without calls', async () => {
    const server = await startRawServer((peer, id) => {
      setTimeout(() => peer.write(goodAnswer(id)), 250)
    })
    const options = { keepalive: { timeMs: 100, timeoutMs: 10_000 } }
    await withConnection(http2Transport, loopback(server.port), options, async (connection) => {
      expect((await unary(connection, '/a.B/C')).status.code).toBe(0)
      const [peer] = server.peers
      const pings = peer!.of(Type.ping).length
      expect(pings).toBeGreaterThan(0)
      await new Promise((resolve) => setTimeout(resolve, 300))
      expect(peer!.of(Type.ping)).toHaveLength(pings)
    })
    server.close()
  })
})

test('close from READY tells SHUTDOWN and nothing between; a draining one likewise', async () => {
  for (const end of ['close', 'drain'] as const) {
    const server = await startRawServer((peer, id) => peer.write(goodAnswer(id)))
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      await unary(connection, '/a.B/C')
      const states: string[] = []
      connection.onStateChange((state) => states.push(state))
      connection[end]()
      await until(() => server.peers[0]!.isClosed, 'closed')
      expect(states).toEqual(['SHUTDOWN'])
      expect(server.peers[0]!.goaway).toBe(0)
    })
    server.close()
  }
})

test('a server that does not speak HTTP/2 is told of in words', async () => {
  const server = await startTcpServer((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'))
  await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
    expect((await unary(connection, '/a.B/C')).status).toMatchObject({ code: 14, isUnprocessed: true })
    expect(connection.lastError).toMatch(/^the server does not speak HTTP\/2/)
  })
  server.close()
})

test('the calls of one turn go in one write', async () => {
  let chunks = 0
  const server = await startRawServer((peer, id) => peer.write(goodAnswer(id)))
  await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
    await unary(connection, '/a.B/C')
    server.peers[0]!.socket.on('data', () => (chunks += 1))
    await Promise.all(Array.from({ length: 50 }, () => unary(connection, '/a.B/C')))
    expect(server.peers[0]!.of(Type.headers)).toHaveLength(51)
    expect(chunks).toBe(1)
  })
  server.close()
})

test('an answer cut at any place is read as whole', async () => {
  const answer = Buffer.concat([
    frame(Type.headers, 4, 1, GRPC_HEADERS),
    frame(Type.data, 8, 1, Buffer.concat([Buffer.from([3]), message('padded'), Buffer.alloc(3)])),
    frame(0xee, 0, 0, Buffer.from('unknown')),
    frame(Type.headers, 5, 1, OK_TRAILERS),
  ])
  const places = Array.from({ length: answer.length - 1 }, (_, place) => place + 1)
  const server = await startRawServer((peer) => {
    const place = places[server.peers.length - 1]!
    peer.write(answer.subarray(0, place))
    setImmediate(() => peer.write(answer.subarray(place)))
  })
  for (const _ of places) {
    await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
      expect(String((await unary(connection, '/a.B/C')).message)).toBe('padded')
    })
  }
  server.close()
})

test('of a connection that is lost nothing is kept until it would have been idle for too long', async () => {
  const idleTimeoutMs = 1_234_567
  const set = jest.spyOn(globalThis, 'setTimeout')
  const cleared = jest.spyOn(globalThis, 'clearTimeout')
  const server = await startRawServer((peer) => peer.socket.destroy())
  await withConnection(http2Transport, loopback(server.port), { idleTimeoutMs }, async (connection) => {
    expect((await unary(connection, '/a.B/C')).status.code).toBe(14)
    const timers = set.mock.results.filter((_, at) => set.mock.calls[at]![1] === idleTimeoutMs)
    expect(timers).toHaveLength(1)
    await until(() => cleared.mock.calls.some(([timer]) => timer === timers[0]!.value), 'the timer is cleared')
  })
  set.mockRestore()
  cleared.mockRestore()
  server.close()
})
