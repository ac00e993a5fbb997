import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A TCP proxy that can go silent without closing anything, as a network that drops packets does. */
export interface PausingProxy {
  readonly port: number
  /** Connections that came in so far. */
  readonly connections: () => number
  /** From now on nothing passes, in either direction. */
  pause(): void
  resume(): void
  close(): void
}

export async function startPausingProxy(targetPort: number): Promise<PausingProxy> {
  const sockets = new Set<Socket>()
  let isPaused = false
  let connections = 0
  const server = createServer((inbound) => {
    connections += 1
    const outbound = connect(targetPort, '127.0.0.1')
    for (const [from, to] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on('data', (chunk: Buffer) => to.write(chunk))
      if (isPaused) from.pause()
    }
  })
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  )
  return {
    port,
    connections: () => connections,
    pause: () => {
      isPaused = true
      for (const socket of sockets) socket.pause()
    },
    resume: () => {
      isPaused = false
      for (const socket of sockets) socket.resume()
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
