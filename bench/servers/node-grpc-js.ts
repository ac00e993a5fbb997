import { Client, credentials } from '@grpc/grpc-js'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beMeasured } from './measured.js'

/**
 * What no gateway on node:http and grpc-js can be without: the two by hand, bytes both ways that nobody looks into, and a
 * constant answer. What a gateway costs beyond this is its own.
 */
const BODY = Buffer.from(
  JSON.stringify({ id: '1', title: 'A title of usual length', revision: '42', tags: ['a', 'b'] }),
)
const REQUEST = Buffer.from([0x0a, 0x01, 0x31])

const client = new Client(`127.0.0.1:${process.env['UPSTREAM_PORT'] ?? ''}`, credentials.createInsecure(), {
  'grpc.enable_retries': 0,
})
const pass = (bytes: Buffer): Buffer => bytes

const server = createServer((req, res) => {
  const chunks: Buffer[] = []
  req
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => {
      const isPost = req.method === 'POST'
      const path = isPost ? '/bench.v1.EchoService/CreateItem' : '/bench.v1.EchoService/GetItem'
      const message = isPost ? asText(chunks) : REQUEST
      client.makeUnaryRequest(path, pass, pass, message, { deadline: Date.now() + 15_000 }, (error) => {
        res.writeHead(error === null ? 200 : 500, { 'content-type': 'application/json', 'content-length': BODY.length })
        res.end(BODY)
      })
    })
})

/** A message of the body's size: field 6 of the item, its text. */
function asText(chunks: readonly Buffer[]): Buffer {
  const body = Buffer.concat(chunks)
  const length = body.length < 0x80 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7]
  return Buffer.concat([Buffer.from([0x32, ...length]), body])
}

server.listen(0, '127.0.0.1', () => beMeasured((server.address() as AddressInfo).port))
