import { describe, expect, test } from '@jest/globals'
import type { Transport, UnaryResult } from '../../../src/upstream/index.js'
import { unary, valuesOf } from '../../support/calls.js'
import { hasInteropServer, startGoEchoServer } from '../../support/grpc-servers/interop/interop-server.js'
import { loopback, withConnection } from './context.js'
import { describeStreams } from './streams.js'
import { describeUnaryCalls } from './unary-calls.js'

/** Short enough for several of them within the contract, and long enough for each of its calls: they have 10 s of grace. */
const MAX_AGE = '2s'

/** The contract against grpc-go, of which each connection ends (GOAWAY) after 2 s. */
export function describeGoServer(transport: Transport): void {
  if (!hasInteropServer()) {
    test.skip('against grpc-go: skipped: no go-interop binary (`node scripts/get-go-server.mjs`)', () => undefined)
    return
  }

  describe('against grpc-go, connections at most 2 s old', () => {
    const start = () => startGoEchoServer('-max-age', MAX_AGE)
    describeUnaryCalls(transport, start)
    describeStreams(transport, start)

    test('each code and its message are the peer’s', async () => {
      const server = await start()
      await withConnection(transport, loopback(server.port), {}, async (connection) => {
        for (let code = 1; code <= 16; code++) {
          const request = { code, message: `nö: 100 % of ${code}` }
          const { status, trailers } = await unary(connection, '/test.Echo/Fail', JSON.stringify(request), {
            metadata: ['x-tail-a', 'b', 'x-tail-b-bin', '/w'],
          })
          expect(status).toMatchObject({ code, message: request.message, origin: 'peer', isUnprocessed: false })
          expect([valuesOf(trailers, 'x-tail-a'), valuesOf(trailers, 'x-tail-b-bin')]).toEqual([['b'], ['/w']])
        }
      })
      server.close()
    })

    test('calls without end over several connections: none fails but unprocessed', async () => {
      const server = await start()
      await withConnection(transport, loopback(server.port), {}, async (connection) => {
        const failed: UnaryResult[] = []
        let calls = 0
        const end = Date.now() + 5000
        const loop = async (): Promise<void> => {
          while (Date.now() < end) {
            const result = await unary(connection, '/test.Echo/Unary', 'x')
            calls += 1
            if (result.status.code !== 0 && !result.status.isUnprocessed) failed.push(result)
          }
        }
        await Promise.all([loop(), loop(), loop(), loop()])
        expect(failed).toEqual([])
        expect(calls).toBeGreaterThan(500)
      })
      server.close()
    })
  })
}
