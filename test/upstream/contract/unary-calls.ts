import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Connection, Transport, UnaryResult } from '../../../src/upstream/index.js'
import { RecordedStream, unary, until, valuesOf } from '../../support/calls.js'
import type { EchoServer } from '../../support/grpc-servers/echo-server.js'
import { CONNECTION, loopback } from './context.js'

/**
 * A call that reaches the server: one that a connection at its end did not take is sent again, as an upstream does (gRPC
 * proposal A6, "Transparent Retries").
 */
async function processed(
  connection: Connection,
  ...call: [string, Uint8Array | string, object?]
): Promise<UnaryResult> {
  let result = await unary(connection, ...call)
  for (let again = 0; again < 5 && result.status.code === 14 && result.status.isUnprocessed; again++) {
    result = await unary(connection, ...call)
  }
  return result
}

/** @param start a server of the methods in echo-server.ts */
export function describeUnaryCalls(transport: Transport, start: () => Promise<EchoServer>): void {
  describe('unary calls', () => {
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

    test.each([0, 1, 5, 100, 16_384, 60_000])('a message of %d bytes comes back', async (size) => {
      const bytes = Buffer.alloc(size, 7)
      const { status, message: echoed } = await processed(connection, '/test.Echo/Unary', bytes)
      expect(status).toMatchObject({ code: 0, origin: 'peer' })
      expect(Buffer.from(echoed!)).toEqual(bytes)
    })

    test('a request of 5 MiB is sent: nothing limits what we send', async () => {
      const collected = new RecordedStream(connection, '/test.Echo/Collect')
      collected.call.send(Buffer.alloc(5 * 1024 * 1024))
      collected.call.halfClose()
      expect(await collected.ended).toMatchObject({ code: 0 })
      expect(String(collected.messages[0])).toBe('{"count":1,"bytes":5242880}')
    })

    test('onEnd does not come before unary has returned, not even where the call fails at once', () => {
      let isReturned = false
      return new Promise<void>((resolve) => {
        const options = { path: '/test.Echo/Unary', metadata: ['bad name', 'x'], deadlineMs: 0 }
        connection.unary(options, Buffer.alloc(0), () => {
          expect(isReturned).toBe(true)
          resolve()
        })
        isReturned = true
      })
    })

    test('metadata goes both ways, in order, binary values as base64', async () => {
      const result = await processed(connection, '/test.Echo/Unary', 'x', {
        metadata: ['x-head-a', 'one', 'x-head-a', 'two', 'x-head-b-bin', 'AAEC/w==', 'x-tail-c', 'three'],
      })
      expect(valuesOf(result.headers, 'x-head-a').join(', ')).toBe('one, two')
      expect(valuesOf(result.headers, 'x-head-b-bin').map((value) => Buffer.from(value, 'base64'))).toEqual([
        Buffer.from([0, 1, 2, 255]),
      ])
      expect(valuesOf(result.trailers, 'x-tail-c')).toEqual(['three'])
      for (const name of ['content-type', 'grpc-status', 'grpc-message', 'grpc-accept-encoding', ':status']) {
        expect(valuesOf(result.headers, name).concat(valuesOf(result.trailers, name))).toEqual([])
      }
    })

    test('1,000 concurrent calls end, each with its own answer', async () => {
      const results = await Promise.all(
        Array.from({ length: 1000 }, (_, n) => processed(connection, '/test.Echo/Unary', `call ${n}`)),
      )
      expect(results.map((result) => Buffer.from(result.message ?? []).toString())).toEqual(
        results.map((_, n) => `call ${n}`),
      )
    })

    test('a deadline that has passed ends the call locally, and the server never sees it', async () => {
      const { status } = await unary(connection, '/test.Echo/Hang', '', { deadlineMs: Date.now() - 1 })
      expect(status).toMatchObject({ code: 4, origin: 'local' })
      expect(server.arrived).toBe(0)
    })

    test('our deadline ends a call that hangs, and the server learns of it within a second', async () => {
      const before = server.cancelled
      // A connection there is, so that the deadline is not spent on making one.
      expect((await processed(connection, '/test.Echo/Unary', '')).status.code).toBe(0)
      const started = Date.now()
      const { status } = await unary(connection, '/test.Echo/Hang', '', { deadlineMs: started + 300 })
      expect(status).toMatchObject({ code: 4, origin: 'local', isUnprocessed: false })
      expect(Date.now() - started).toBeGreaterThanOrEqual(299)
      expect(Date.now() - started).toBeLessThan(2000)
      await until(() => server.cancelled > before, 'the server saw the cancellation', 1000)
    })

    test('cancel ends the call locally, once, and the server learns of it within a second', async () => {
      const before = { arrived: server.arrived, cancelled: server.cancelled }
      const results: UnaryResult[] = []
      const options = { path: '/test.Echo/Hang', metadata: [], deadlineMs: Infinity }
      const call = connection.unary(options, Buffer.alloc(0), (result) => results.push(result))
      await until(() => server.arrived > before.arrived, 'the call arrived')
      call.cancel()
      call.cancel()
      await until(() => server.cancelled > before.cancelled, 'the server saw the cancellation', 1000)
      expect(results.map(({ status }) => [status.code, status.origin, status.isUnprocessed])).toEqual([
        [1, 'local', false],
      ])
      call.cancel()
    })

    test('cancel right after the start ends the call', async () => {
      const status = await new Promise((resolve) => {
        const options = { path: '/test.Echo/Unary', metadata: [], deadlineMs: Infinity }
        connection.unary(options, Buffer.alloc(0), (result) => resolve(result.status)).cancel()
      })
      expect(status).toMatchObject({ code: 1, origin: 'local' })
    })

    test.each([
      { row: 'a name that is none', metadata: ['no spaces', 'x'], text: /"no spaces" cannot be sent/ },
      { row: 'an upper-case name', metadata: ['X-Upper', 'x'], text: /"X-Upper" cannot be sent/ },
      { row: 'a line break in a value', metadata: ['x-a', 'b\r\nc: d'], text: /value of metadata x-a cannot be sent/ },
      {
        row: 'a line break at the end of a value',
        metadata: ['x-a', 'b\n'],
        text: /value of metadata x-a cannot be sent/,
      },
      { row: 'a NUL in a value', metadata: ['x-a', 'b\0'], text: /value of metadata x-a cannot be sent/ },
      { row: 'a character beyond latin1', metadata: ['x-a', '€'], text: /value of metadata x-a cannot be sent/ },
    ])('metadata that cannot be sent is refused: $row', async ({ metadata, text }) => {
      const { status } = await unary(connection, '/test.Echo/Unary', '', { metadata })
      expect(status).toMatchObject({ code: 13, origin: 'local' })
      expect(status.message).toMatch(text)
    })
  })
}
