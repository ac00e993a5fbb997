import { Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import { echoService, ITEM, type Item } from './echo.js'

/**
 * An upstream that answers UNAVAILABLE while it is told that it is down, and counts attempts: told `up` or `down` by IPC, and
 * `attempts` is answered with how many came in each second since it was last asked, from its start.
 */

let isDown = false
const attempts: number[] = []
const startedMs = performance.now()
const unavailable = { code: status.UNAVAILABLE, details: 'down' }

function answer(done: sendUnaryData<unknown>, value: object): void {
  const second = Math.floor((performance.now() - startedMs) / 1000)
  attempts[second] = (attempts[second] ?? 0) + 1
  if (isDown) done(unavailable)
  else done(null, value)
}

const server = new Server()
server.addService(echoService, {
  GetItem: (call: ServerUnaryCall<Item, unknown>, done: sendUnaryData<unknown>) =>
    answer(done, { ...ITEM, id: call.request.id }),
  CreateItem: (call: ServerUnaryCall<Item, unknown>, done: sendUnaryData<unknown>) => answer(done, call.request),
})
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error
  process.on('message', (message) => {
    if (message === 'attempts') process.send?.({ attempts: Array.from(attempts, (count) => count ?? 0) })
    else isDown = message === 'down'
  })
  process.on('disconnect', () => process.exit())
  process.send?.({ port })
})
