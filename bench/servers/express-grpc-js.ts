import { credentials, loadPackageDefinition, type Client } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import express from 'express'
import type { AddressInfo } from 'node:net'
import { beMeasured } from './measured.js'
import { benchProto, protoRoots } from './proto.js'

/** What a team writes by hand without a gateway: an Express route per method, a generated-style grpc-js client. */

type Unary = (request: unknown, done: (error: Error | null, response: unknown) => void) => void
type EchoClient = Client & { readonly GetItem: Unary; readonly CreateItem: Unary }
type EchoConstructor = new (address: string, creds: ReturnType<typeof credentials.createInsecure>) => EchoClient

const loaded = loadPackageDefinition(loadSync(benchProto, { includeDirs: protoRoots, longs: String, defaults: false }))
const { EchoService } = (loaded['bench'] as unknown as { v1: { EchoService: EchoConstructor } }).v1
const client = new EchoService(`127.0.0.1:${process.env['UPSTREAM_PORT'] ?? ''}`, credentials.createInsecure())

const app = express()
app.use(express.json())
app.get('/v1/items/:id', (req, res) => {
  client.GetItem({ id: req.params.id, pageSize: Number(req.query['page_size'] ?? 0) }, (error, item) => {
    if (error !== null) res.status(500).json({ message: error.message })
    else res.json(item)
  })
})
app.post('/v1/items', (req, res) => {
  client.CreateItem(req.body, (error, item) => {
    if (error !== null) res.status(500).json({ message: error.message })
    else res.json(item)
  })
})
const server = app.listen(0, '127.0.0.1', () => beMeasured((server.address() as AddressInfo).port))
