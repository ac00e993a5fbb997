import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { benchProto, protoRoots } from './proto.js'

/** The gRPC server behind every gateway of the benchmark, in a process of its own. Tells its port by IPC. */

interface Item {
  readonly id: string
}

const ITEM = {
  title: 'A title of usual length',
  revision: '42',
  tags: ['a', 'b'],
  isPublic: true,
  labels: { shelf: 'fiction' },
}

const definition = loadSync(benchProto, { includeDirs: protoRoots, longs: String })
const service = definition['bench.v1.EchoService'] as unknown as ServiceDefinition
loadPackageDefinition(definition)

const server = new Server()
server.addService(service, {
  GetItem: (call: ServerUnaryCall<Item, unknown>, done: sendUnaryData<unknown>) =>
    done(null, { ...ITEM, id: call.request.id }),
  CreateItem: (call: ServerUnaryCall<Item, unknown>, done: sendUnaryData<unknown>) => done(null, call.request),
})
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error
  process.send?.({ port })
})
process.on('disconnect', () => process.exit())
