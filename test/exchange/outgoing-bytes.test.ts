import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, test } from '@jest/globals'
import { OutgoingBytes } from '../../src/exchange/outgoing-bytes.js'

test('what a client does not take stays as it was written, whatever is written to others', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const pairs: { readonly near: Socket; readonly far: Socket; expected: string }[] = []
  for (let i = 0; i < 3; i++) {
    const near = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const [far] = (await once(server, 'connection')) as [Socket]
    pairs.push({ near: near.pause(), far, expected: '' })
  }
  const outgoing = new OutgoingBytes()
  let count = 0
  const isBlocked = (): boolean => pairs.every(({ far }) => far.writableLength > 100_000)
  for (; !isBlocked(); count++) {
    const pair = pairs[count % pairs.length]!
    // Longer ones than a slab too.
    const body = String.fromCharCode(97 + (count % 26)).repeat(count % 50 === 0 ? 100_000 : 8000)
    outgoing.write(pair.far, `${count} caf\u00e9 `, Buffer.from(body))
    pair.expected += `${count} caf\u00e9 ${body}`
  }
  for (const { near, far, expected } of pairs) {
    far.end()
    const chunks: Buffer[] = []
    for await (const chunk of near) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).toString('latin1') === expected).toBe(true)
  }
  server.close()
})
