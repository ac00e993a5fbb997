import { describe, expect, test } from '@jest/globals'
import type { Transport, UnaryResult } from '../../../src/upstream/index.js'
import { RecordedStream, unary, until, valuesOf } from '../../support/calls.js'
import { hasGrpcio, startCcoreServer } from '../../support/grpc-servers/ccore-server.js'
import type { EchoServer } from '../../support/grpc-servers/echo-server.js'
import { loopback, withConnection } from './context.js'
import { describeStreams } from './streams.js'
import { describeUnaryCalls } from './unary-calls.js'

/** The contract against C-core (PyPI grpcio), another implementation of the protocol. */
export function describeCcoreServer(transport: Transport): void {
  const isThere = hasGrpcio()
  if (!isThere) {
    if (process.env['CI'] === 'true') {
      test('grpcio is installed', () => {
        throw new Error('run `node scripts/get-grpcio.mjs` first')
      })
    } else {
      test.skip('against C-core: skipped: no grpcio (`node scripts/get-grpcio.mjs` gets it)', () => undefined)
    }
    return
  }

  /** Runs `use` with a server of these options and a connection to it. */
  async function withServer(
    options: string[],
    use: (connection: Parameters<Parameters<typeof withConnection>[3]>[0], server: EchoServer) => Promise<void>,
  ): Promise<void> {
    const server = await startCcoreServer(...options)
    try {
      await withConnection(transport, loopback(server.port), {}, (connection) => use(connection, server))
    } finally {
      server.close()
    }
  }

  describe('against C-core', () => {
    describeUnaryCalls(transport, startCcoreServer)
    describeStreams(transport, startCcoreServer)

    test('each code, its message and details, are the peer’s', async () => {
      await withServer([], async (connection) => {
        for (let code = 1; code <= 16; code++) {
          const details = Buffer.from([8, code, 18, 1, 97])
          const request = { code, message: `nö: 100 % of ${code}`, details: details.toString('base64') }
          const { status, trailers } = await unary(connection, '/test.Echo/Fail', JSON.stringify(request), {
            metadata: ['x-tail-a', 'b', 'x-tail-b-bin', '/w'],
          })
          expect(status).toMatchObject({ code, message: request.message, origin: 'peer', isUnprocessed: false })
          expect(Buffer.from(status.details!)).toEqual(details)
          expect(valuesOf(trailers, 'x-tail-a')).toEqual(['b'])
          expect(Buffer.from(valuesOf(trailers, 'x-tail-b-bin')[0]!, 'base64')).toEqual(Buffer.from([255]))
        }
      })
    })

    test('a method it does not know: UNIMPLEMENTED, the peer’s', async () => {
      await withServer([], async (connection) => {
        const { status } = await unary(connection, '/test.Echo/Nothing')
        expect(status).toMatchObject({ code: 12, origin: 'peer' })
      })
    })

    test('a request over its limit: RESOURCE_EXHAUSTED, the peer’s', async () => {
      await withServer(['--max-receive', '1000'], async (connection) => {
        const { status } = await unary(connection, '/test.Echo/Unary', Buffer.alloc(2000))
        expect(status).toMatchObject({ code: 8, origin: 'peer' })
      })
    })

    test('what it packs with gzip is unpacked, in unary calls and streams', async () => {
      await withServer(['--gzip'], async (connection) => {
        const result = await unary(connection, '/test.Echo/Unary', Buffer.alloc(20_000, 1))
        expect(Buffer.from(result.message!)).toEqual(Buffer.alloc(20_000, 1))
        const stream = new RecordedStream(connection, '/test.Echo/Count')
        stream.call.send(Buffer.from(JSON.stringify({ count: 20, size: 5000 })))
        stream.call.halfClose()
        expect(await stream.ended).toMatchObject({ code: 0 })
        expect(stream.messages.map((bytes) => bytes[0])).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
      })
    })

    test('connections that end of age (GOAWAY) fail no call', async () => {
      await withServer(['--max-age', '0.3'], async (connection) => {
        const results: UnaryResult[] = []
        const end = Date.now() + 1500
        while (Date.now() < end) results.push(await unary(connection, '/test.Echo/Unary', 'x'))
        const failed = results.filter(({ status }) => status.code !== 0 && !status.isUnprocessed)
        expect(failed.map(({ status }) => status)).toEqual([])
        expect(results.length).toBeGreaterThan(50)
      })
    })

    test('killed: the call under way ends UNAVAILABLE', async () => {
      await withServer([], async (connection, server) => {
        const hanging = unary(connection, '/test.Echo/Hang')
        await until(() => server.arrived === 1, 'the call arrived')
        server.close()
        expect((await hanging).status).toMatchObject({ code: 14, origin: 'local', isUnprocessed: false })
      })
    })
  })
}
