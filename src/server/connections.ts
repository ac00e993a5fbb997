import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

/** Between two looks for connections that have become idle. */
const SWEEP_MS = 100

/**
 * Closes a server's connections as they become idle. Node does so for those that have had a request
 * (`closeIdleConnections`), and keeps waiting for those that never had one: browsers and load balancers open them ahead
 * of need, and a TLS handshake may have stopped half-way.
 */
export class Connections {
  readonly #server: Server
  readonly #unused = new Set<Socket>()
  /** TLS handshakes under way, by the client's address: the socket that comes out of one is another object. */
  readonly #handshakes = new Map<string, Socket>()

  constructor(server: Server, isTls: boolean) {
    this.#server = server
    server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#handshakes.delete(addressOf(socket))
      this.#unused.add(socket)
      socket.once('close', () => this.#unused.delete(socket))
    })
    if (!isTls) return
    server.on('connection', (socket: Socket) => {
      const address = addressOf(socket)
      this.#handshakes.set(address, socket)
      socket.once('close', () => {
        if (this.#handshakes.get(address) === socket) this.#handshakes.delete(address)
      })
    })
  }

  /** To be told of every request. */
  onRequest(req: IncomingMessage): void {
    this.#unused.delete(req.socket)
  }

  /** Takes no new connections; resolves when the last one has ended. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      const sweep = setInterval(() => {
        this.#server.closeIdleConnections()
        this.#closeUnused()
      }, SWEEP_MS)
      this.#server.close(() => {
        clearInterval(sweep)
        resolve()
      })
      this.#server.closeIdleConnections()
    })
  }

  /** Cuts them all. */
  closeAll(): void {
    this.#server.closeAllConnections()
    this.#closeUnused()
  }

  #closeUnused(): void {
    for (const socket of this.#unused) socket.destroy()
    for (const socket of this.#handshakes.values()) socket.destroy()
  }
}

const addressOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress ?? ''} ${remotePort ?? 0}`
