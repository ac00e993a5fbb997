import { expect, test } from '@jest/globals'
import { http2Transport } from '../../../src/upstream/transports/http2/index.js'
import { unary, until } from '../../support/calls.js'
import { heldHeap } from '../../support/held-heap.js'
import { loopback, withConnection } from '../contract/context.js'
import { goodAnswer, startRawServer, Type } from './raw-peer.js'

const BATCH = 100
const BATCHES = 1000

test('100,000 cancelled calls leave no stream open and no heap behind', async () => {
  let isAnswering = false
  // What the server allows is what a batch has: a stream left open would show as a second connection.
  const server = await startRawServer(
    (peer, id) => (isAnswering ? peer.write(goodAnswer(id)) : undefined),
    [[3, BATCH]],
  )
  await withConnection(http2Transport, loopback(server.port), {}, async (connection) => {
    let ends = 0
    const cancelBatch = async (): Promise<void> => {
      const calls = Array.from({ length: BATCH }, () =>
        connection.unary(
          { path: '/a.B/C', metadata: [], deadlineMs: Date.now() + 60_000 },
          Buffer.from('x'),
          (result) => {
            expect(result.status.code).toBe(1)
            ends += 1
          },
        ),
      )
      await until(() => server.peers[0]?.of(Type.headers).length === BATCH, 'the calls')
      for (const call of calls) call.cancel()
      await until(() => server.peers[0]!.of(Type.rst).length === BATCH, 'the resets')
      server.peers[0]!.frames.length = 0
    }
    for (let batch = 0; batch < BATCHES / 10; batch++) await cancelBatch()
    const before = heldHeap()
    for (let batch = BATCHES / 10; batch < BATCHES; batch++) await cancelBatch()
    expect(heldHeap()).toBeLessThan(before * 1.1)
    expect(ends).toBe(BATCH * BATCHES)
    isAnswering = true
    expect((await unary(connection, '/a.B/C')).status.code).toBe(0)
    expect(server.peers).toHaveLength(1)
  })
  server.close()
})
