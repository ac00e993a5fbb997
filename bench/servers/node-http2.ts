import { connect, constants } from 'node:http2'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answer, messageFor, pathFor } from './by-hand.js'
import { beMeasured } from './measured.js'

/** What node:http and node:http2 cost by hand: one gRPC call per request, bytes that nobody looks into. */
const session = connect(`http://127.0.0.1:${process.env['UPSTREAM_PORT'] ?? ''}`)

const server = createServer((req, res) => {
  const chunks: Buffer[] = []
  req
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => {
      const stream = session.request({
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: pathFor(req),
        te: 'trailers',
        'content-type': 'application/grpc',
        'grpc-timeout': '15000m',
      })
      let status = ''
      stream.on('trailers', (trailers) => (status = String(trailers['grpc-status'])))
      stream.on('data', () => undefined)
      stream.on('close', () => answer(res, status === '0'))
      const message = messageFor(req, chunks)
      const prefix = Buffer.alloc(5)
      prefix.writeUInt32BE(message.length, 1)
      stream.end(Buffer.concat([prefix, message]))
    })
})
server.listen(0, '127.0.0.1', () => beMeasured((server.address() as AddressInfo).port))
