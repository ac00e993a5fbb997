import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import { echoService, ITEM, LIST, type Item } from './echo.js'

/**
 * The gRPC server behind every gateway of the benchmark, in a process of its own. Tells its port by IPC. LISTEN_HOST
 * where it is not 127.0.0.1.
 */

const server = new Server()
server.addService(echoService, {
  GetItem: (call: ServerUnaryCall<Item, unknown>, done: sendUnaryData<unknown>) =>
    done(null, { ...ITEM, id: call.request.id }),
  ListItems: (_call: ServerUnaryCall<object, unknown>, done: sendUnaryData<unknown>) => done(null, LIST),
  CreateItem: (call: ServerUnaryCall<Item, unknown>, done: sendUnaryData<unknown>) => done(null, call.request),
})
const { LISTEN_HOST = '127.0.0.1' } = process.env
server.bindAsync(`${LISTEN_HOST}:0`, ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error
  process.send?.({ port })
})
process.on('disconnect', () => process.exit())
