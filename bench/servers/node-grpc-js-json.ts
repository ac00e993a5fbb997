import { credentials, loadPackageDefinition, type Client } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beMeasured } from './measured.js'
import { benchProto, protoRoots } from './proto.js'

/** What a list costs by hand: node:http, a generated-style grpc-js client, and JSON.stringify. */

type Unary = (request: unknown, done: (error: Error | null, response: unknown) => void) => void
type EchoConstructor = new (
  address: string,
  creds: ReturnType<typeof credentials.createInsecure>,
) => Client & { readonly ListItems: Unary }

const loaded = loadPackageDefinition(loadSync(benchProto, { includeDirs: protoRoots, longs: String, defaults: false }))
const { EchoService } = (loaded['bench'] as unknown as { v1: { EchoService: EchoConstructor } }).v1
const client = new EchoService(`127.0.0.1:${process.env['UPSTREAM_PORT'] ?? ''}`, credentials.createInsecure())

const server = createServer((_req, res) => {
  client.ListItems({}, (error, list) => {
    const body = Buffer.from(JSON.stringify(error === null ? list : { message: error.message }))
    res.writeHead(error === null ? 200 : 500, { 'content-type': 'application/json', 'content-length': body.length })
    res.end(body)
  })
})
server.listen(0, '127.0.0.1', () => beMeasured((server.address() as AddressInfo).port))
