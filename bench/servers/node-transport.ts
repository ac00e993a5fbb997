import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createUpstream, transports, type TransportName } from '../../src/upstream/index.js'
import { answer, messageFor, pathFor } from './by-hand.js'
import { beMeasured } from './measured.js'

/** What node:http and a transport of ours cost by hand: what the gateway costs beyond this is not the transport's. */
const upstream = createUpstream({
  name: 'echo',
  target: `static:///127.0.0.1:${process.env['UPSTREAM_PORT'] ?? ''}`,
  connection: {
    tls: undefined,
    authority: undefined,
    connectTimeoutMs: 5000,
    idleTimeoutMs: 60_000,
    keepalive: undefined,
    maxResponseBytes: 4 * 1024 * 1024,
    userAgent: 'bench',
  },
  eager: true,
  transport: transports[(process.env['TRANSPORT'] ?? 'http2') as TransportName],
})

const server = createServer((req, res) => {
  const chunks: Buffer[] = []
  req
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => {
      const options = { path: pathFor(req), metadata: [], deadlineMs: Date.now() + 15_000 }
      upstream.unary(options, messageFor(req, chunks), ({ status }) => answer(res, status.code === 0))
    })
})
server.listen(0, '127.0.0.1', () => beMeasured((server.address() as AddressInfo).port))
