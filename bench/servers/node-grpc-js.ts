import { Client, credentials } from '@grpc/grpc-js'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answer, messageFor, pathFor } from './by-hand.js'
import { beMeasured } from './measured.js'

/** What node:http and grpc-js cost by hand, bytes both ways that nobody looks into. */
const client = new Client(`127.0.0.1:${process.env['UPSTREAM_PORT'] ?? ''}`, credentials.createInsecure(), {
  'grpc.enable_retries': 0,
})
const pass = (bytes: Buffer): Buffer => bytes

const server = createServer((req, res) => {
  const chunks: Buffer[] = []
  req
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => {
      const message = messageFor(req, chunks)
      client.makeUnaryRequest(pathFor(req), pass, pass, message, { deadline: Date.now() + 15_000 }, (error) =>
        answer(res, error === null),
      )
    })
})

server.listen(0, '127.0.0.1', () => beMeasured((server.address() as AddressInfo).port))
