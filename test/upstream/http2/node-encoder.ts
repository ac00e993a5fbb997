import { connect as connectTcp, type AddressInfo } from 'node:net'
import { createServer } from 'node:http2'
import { frame } from '../../support/grpc-servers/hostile-server.js'

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const HEADERS = 1
const CONTINUATION = 9
/** `:method GET`, `:scheme http`, `:path /`, `:authority a`. */
const REQUEST = Buffer.from([0x82, 0x86, 0x84, 0x01, 0x01, 0x61])

/**
 * The header blocks node:http2 (nghttp2) makes of lists of fields (name, value, …), one after the other on one connection:
 * as bytes, for another reader.
 */
export async function encodeBlocks(blocks: readonly (readonly string[])[]): Promise<Buffer[]> {
  const server = createServer()
  let next = 0
  server.on('stream', (stream) => {
    const fields = blocks[next++]!
    const headers: Record<string, string> = {}
    for (let at = 0; at < fields.length; at += 2) headers[fields[at]!] = fields[at + 1]!
    stream.respond(headers, { endStream: true })
  })
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  )
  const socket = connectTcp(port, '127.0.0.1')
  const encoded: Buffer[] = []
  let received = Buffer.alloc(0)
  let block: Buffer[] = []
  const ask = (): void => void socket.write(frame(HEADERS, 5, encoded.length * 2 + 1, REQUEST))
  const done = new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`the server closed after ${encoded.length} blocks`)))
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 9) {
        const length = received.readUIntBE(0, 3)
        if (received.length < 9 + length) return
        const type = received[3]!
        const isEnd = (received[4]! & 4) !== 0
        const payload = received.subarray(9, 9 + length)
        if (type === 3 || type === 7) return reject(new Error(`frame ${type} instead of block ${encoded.length}`))
        received = received.subarray(9 + length)
        if (type !== HEADERS && type !== CONTINUATION) continue
        block.push(payload)
        if (!isEnd) continue
        encoded.push(Buffer.concat(block))
        block = []
        if (encoded.length === blocks.length) return resolve()
        ask()
      }
    })
    socket.write(Buffer.concat([PREFACE, frame(4, 0, 0)]))
    ask()
  })
  try {
    await done
  } finally {
    socket.destroy()
    server.close()
  }
  return encoded
}
