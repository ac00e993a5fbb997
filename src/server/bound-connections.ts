import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { ServerLimits } from './types.js'

/** Keeps the number of connections within `maxConnections`, or this process's share of them: those beyond are closed. */
export function boundConnections(server: Server, { maxConnections, processes = 1 }: ServerLimits): void {
  if (processes === 1) {
    server.maxConnections = maxConnections
    return
  }
  // Node's own bound, in a worker, hands a connection back to the primary, which offers it to the next, and so on for as
  // long as all are full.
  const most = Math.max(1, Math.ceil(maxConnections / processes))
  let open = 0
  server.on('connection', (socket: Socket) => {
    open++
    socket.once('close', () => open--)
    if (open > most) socket.destroy()
  })
}
