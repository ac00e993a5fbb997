import { expect, test } from '@jest/globals'
import { http2Transport } from '../../../src/upstream/transports/http2/index.js'
import { RecordedStream, unary } from '../../support/calls.js'
import { hasInteropServer, startInteropServer } from '../../support/grpc-servers/interop/interop-server.js'
import { loopback, withConnection } from '../contract/context.js'

const SERVICE = '/grpc.testing.TestService'

/*
 * grpc-go with 100 calls a connection. Not in the contract: grpc-js leaves calls above the limit to node:http2's queue,
 * which after cancelled streams may not move on.
 */
const testWithGo = hasInteropServer() ? test : test.skip

testWithGo('500 calls at once, where a connection takes 100, also after cancelled and expired streams', async () => {
  const server = await startInteropServer()
  await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
    for (let round = 0; round < 5; round++) {
      const cancelled = new RecordedStream(connection, `${SERVICE}/FullDuplexCall`)
      cancelled.call.cancel()
      const expired = new RecordedStream(connection, `${SERVICE}/FullDuplexCall`, { deadlineMs: Date.now() + 20 })
      expect([(await cancelled.ended).code, (await expired.ended).code]).toEqual([1, 4])
      const results = await Promise.all(Array.from({ length: 500 }, () => unary(connection, `${SERVICE}/EmptyCall`)))
      expect(results.filter(({ status }) => status.code !== 0)).toEqual([])
    }
  })
  server.close()
})
