import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Connection, Transport } from '../../../src/upstream/index.js'
import { RecordedStream, until } from '../../support/calls.js'
import type { EchoServer } from '../../support/grpc-servers/echo-server.js'
import { message, respond, startHostileServer } from '../../support/grpc-servers/hostile-server.js'
import { CONNECTION, loopback, withConnection } from './context.js'

/** @param start a server of the methods in echo-server.ts */
export function describeStreams(transport: Transport, start: () => Promise<EchoServer>): void {
  describe('streams', () => {
    let server: EchoServer
    let connection: Connection
    beforeAll(async () => {
      server = await start()
      connection = transport.open(loopback(server.port), CONNECTION)
    })
    afterAll(() => {
      connection.close()
      server.close()
    })

    /** A server-streaming call. */
    function count(request: { count: number; size: number; code?: number }): RecordedStream {
      const stream = new RecordedStream(connection, '/test.Echo/Count')
      stream.call.send(Buffer.from(JSON.stringify(request)))
      stream.call.halfClose()
      return stream
    }

    test.each([0, 1, 3, 500])('server streaming: %d messages, in order, then OK', async (messages) => {
      const stream = count({ count: messages, size: 10 })
      expect(await stream.ended).toMatchObject({ code: 0, origin: 'peer' })
      expect(stream.messages.map((bytes) => bytes[0])).toEqual(
        Array.from({ length: messages }, (_, n) => (n + 1) & 255),
      )
      expect(stream.ends).toBe(1)
    })

    test('server streaming: all messages before an error are delivered before it', async () => {
      const hostile = await startHostileServer((stream) =>
        respond(stream, Buffer.concat(Array.from({ length: 50 }, (_, n) => message(`m${n}`))), { 'grpc-status': '5' }),
      )
      await withConnection(transport, loopback(hostile.port), {}, async (own) => {
        const stream = new RecordedStream(own, '/a.B/C')
        stream.call.halfClose()
        expect(await stream.ended).toMatchObject({ code: 5, origin: 'peer' })
        expect(stream.messages).toHaveLength(50)
      })
      hostile.close()
      const counted = count({ count: 20, size: 10, code: 9 })
      expect(await counted.ended).toMatchObject({ code: 9, origin: 'peer' })
    })

    test('client streaming: what is sent arrives, whole and in order', async () => {
      const stream = new RecordedStream(connection, '/test.Echo/Collect')
      for (let n = 0; n < 100; n++) stream.call.send(Buffer.alloc(1000, n))
      stream.call.halfClose()
      expect(await stream.ended).toMatchObject({ code: 0 })
      expect(String(stream.messages[0])).toBe('{"count":100,"bytes":100000}')
    })

    test('bidirectional: ping-pong', async () => {
      const stream = new RecordedStream(connection, '/test.Echo/Chat')
      for (const word of ['one', 'two', '', 'four']) {
        const before = stream.messages.length
        stream.call.send(Buffer.from(word))
        await stream.received(before + 1)
      }
      stream.call.halfClose()
      expect(await stream.ended).toMatchObject({ code: 0 })
      expect(stream.messages.map(String)).toEqual(['one', 'two', '', 'four'])
    })

    test('headers come before the first message, though nothing was sent', async () => {
      const hostile = await startHostileServer((stream) =>
        stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'x-early': '1' }),
      )
      await withConnection(transport, loopback(hostile.port), {}, async (own) => {
        const stream = new RecordedStream(own, '/a.B/C')
        await until(() => stream.headers !== undefined, 'headers')
        expect(stream.headers).toContain('x-early')
        stream.call.cancel()
        expect(await stream.ended).toMatchObject({ code: 1, origin: 'local' })
      })
      hostile.close()
    })

    test('the server ends the call before we do: its status, and sending on is harmless', async () => {
      const hostile = await startHostileServer((stream) => respond(stream, message('enough'), { 'grpc-status': '0' }))
      await withConnection(transport, loopback(hostile.port), {}, async (own) => {
        const stream = new RecordedStream(own, '/a.B/C')
        stream.call.send(Buffer.from('a'))
        expect(await stream.ended).toMatchObject({ code: 0, origin: 'peer' })
        expect(stream.call.send(Buffer.from('b'))).toBe(true)
        stream.call.halfClose()
        stream.call.cancel()
        stream.call.resume()
        expect(stream.ends).toBe(1)
      })
      hostile.close()
    })

    test('pause stops messages, a bounded number is held, resume goes on', async () => {
      const total = 400
      const stream = count({ count: total, size: 10_000 })
      await stream.received(1)
      stream.call.pause()
      const seen = stream.messages.length
      await new Promise((resolve) => setTimeout(resolve, 150))
      expect(stream.messages.length).toBe(seen)
      // 4 MB were sent; what is held here is within HTTP/2's window.
      stream.call.resume()
      expect(await stream.ended).toMatchObject({ code: 0 })
      expect(stream.messages).toHaveLength(total)
    })

    test('pause and resume before anything has come', async () => {
      const stream = new RecordedStream(connection, '/test.Echo/Chat')
      stream.call.pause()
      stream.call.resume()
      stream.call.send(Buffer.from('early'))
      await stream.received(1)
      stream.call.pause()
      stream.call.send(Buffer.from('late'))
      await new Promise((resolve) => setTimeout(resolve, 30))
      stream.call.resume()
      await stream.received(2)
      stream.call.halfClose()
      expect(await stream.ended).toMatchObject({ code: 0 })
    })

    test('paused from the start, nothing comes until resume', async () => {
      const stream = count({ count: 5, size: 10 })
      stream.call.pause()
      await until(() => stream.headers !== undefined, 'headers')
      await new Promise((resolve) => setTimeout(resolve, 30))
      expect(stream.messages).toEqual([])
      stream.call.resume()
      expect(await stream.ended).toMatchObject({ code: 0 })
      expect(stream.messages).toHaveLength(5)
    })

    test('pausing within onMessage hands over one message at a time', async () => {
      let inFlight = 0
      const sizes: number[] = []
      await new Promise<void>((resolve) => {
        const call = connection.stream(
          { path: '/test.Echo/Count', metadata: [], deadlineMs: Date.now() + 10_000 },
          {
            onHeaders: () => undefined,
            onDrain: () => undefined,
            onMessage: (bytes) => {
              inFlight += 1
              expect(inFlight).toBe(1)
              sizes.push(bytes.length)
              call.pause()
              setImmediate(() => {
                inFlight -= 1
                call.resume()
              })
            },
            onEnd: () => resolve(),
          },
        )
        call.send(Buffer.from(JSON.stringify({ count: 50, size: 3 })))
        call.halfClose()
      })
      expect(sizes).toHaveLength(50)
    })

    test('send says when to wait, and onDrain when to go on', async () => {
      let reading: (() => void) | undefined
      const hostile = await startHostileServer((stream) => {
        let bytes = 0
        reading = () => {
          stream.on('data', (chunk: Buffer) => (bytes += chunk.length))
          stream.on('end', () => respond(stream, message(String(bytes)), { 'grpc-status': '0' }))
        }
      })
      await withConnection(transport, loopback(hostile.port), {}, async (own) => {
        const stream = new RecordedStream(own, '/a.B/C')
        let sent = 0
        while (stream.call.send(Buffer.alloc(10_000))) {
          sent += 1
          expect(sent).toBeLessThan(100)
          if (sent % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
        }
        // At once: the transport may take more again while the call is still on its way.
        const drained = stream.drained()
        await until(() => reading !== undefined, 'the call arrived')
        reading!()
        await drained
        stream.call.halfClose()
        expect(await stream.ended).toMatchObject({ code: 0 })
        expect(Number(String(stream.messages[0]))).toBe((sent + 1) * 10_005)
      })
      hostile.close()
    })

    test('cancel in the middle is seen by the server, and nothing comes after onEnd', async () => {
      const stream = count({ count: 100_000, size: 1000 })
      await stream.received(3)
      stream.call.cancel()
      expect(await stream.ended).toMatchObject({ code: 1, origin: 'local' })
      const seen = stream.messages.length
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(stream.messages.length).toBe(seen)
      expect(stream.ends).toBe(1)
    })

    test('cancel within onMessage and within onHeaders ends the call once', async () => {
      for (const event of ['onMessage', 'onHeaders'] as const) {
        const ends: number[] = []
        await new Promise<void>((resolve) => {
          const call = connection.stream(
            { path: '/test.Echo/Count', metadata: [], deadlineMs: Date.now() + 10_000 },
            {
              onHeaders: () => (event === 'onHeaders' ? call.cancel() : undefined),
              onMessage: () => call.cancel(),
              onDrain: () => undefined,
              onEnd: ({ code }) => {
                ends.push(code)
                setTimeout(resolve, 20)
              },
            },
          )
          call.send(Buffer.from(JSON.stringify({ count: 100, size: 3 })))
          call.halfClose()
        })
        expect(ends).toEqual([1])
      }
    })

    test('the deadline ends a stream in the middle', async () => {
      const stream = new RecordedStream(connection, '/test.Echo/Chat', { deadlineMs: Date.now() + 1000 })
      stream.call.send(Buffer.from('x'))
      await stream.received(1)
      expect(await stream.ended).toMatchObject({ code: 4, origin: 'local' })
    })
  })
}
