import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import { echoService, ITEM, type Item } from './echo.js'

/**
 * Endpoints that take their time, all in one process since they do nothing but wait: SERVICE_MS tells how long a call
 * takes on each, `10,10,100`; each works on SLOTS calls at once, and further ones wait in line. Listens on one port of
 * 127.0.0.1, 127.0.0.2 and so on, which it tells by IPC; asked for `attempts`, it tells how many calls have come.
 */

const { SERVICE_MS = '', SLOTS = '1' } = process.env
const slots = Number(SLOTS)

let attempts = 0

class PacedEndpoint {
  readonly server = new Server()
  private readonly waiting: (() => void)[] = []
  private working = 0

  constructor(serviceMs: number) {
    this.server.addService(echoService, {
      GetItem: (call: ServerUnaryCall<Item, unknown>, done: sendUnaryData<unknown>) =>
        this.take(serviceMs, () => done(null, { ...ITEM, id: call.request.id })),
      CreateItem: (call: ServerUnaryCall<Item, unknown>, done: sendUnaryData<unknown>) =>
        this.take(serviceMs, () => done(null, call.request)),
    })
  }

  private take(serviceMs: number, answer: () => void): void {
    attempts++
    const work = (): void => {
      this.working++
      setTimeout(() => {
        this.working--
        answer()
        this.waiting.shift()?.()
      }, serviceMs)
    }
    if (this.working < slots) work()
    else this.waiting.push(work)
  }
}

function listen({ server }: PacedEndpoint, address: string): Promise<number> {
  return new Promise((resolve, reject) =>
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    ),
  )
}

const endpoints = SERVICE_MS.split(',').map((serviceMs) => new PacedEndpoint(Number(serviceMs)))
let port = 0
for (const [at, endpoint] of endpoints.entries()) port = await listen(endpoint, `127.0.0.${at + 1}:${port}`)
process.on('message', (message) => {
  if (message === 'attempts') process.send?.({ attempts: [attempts] })
})
process.send?.({ port })
process.on('disconnect', () => process.exit())
