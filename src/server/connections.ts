import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Between two looks for connections that have become idle, once no new ones are taken. */
const SWEEP_MS = 100
/** Those that are idle then are left alone while requests come on others, for so many looks at most. */
const MAX_BUSY_SWEEPS = 10
/** Between two looks for those that only seem to be about to send a request. */
const LOITER_SWEEP_MS = 2000

/** Since when a connection has been answered nothing. */
interface Quiet {
  bytesWritten: number
  sinceMs: number
}

/**
 * Closes a server's connections as they become idle. Node does so for those that have had a request
 * (`closeIdleConnections`), and keeps waiting for those that never had one: browsers and load balancers open them ahead
 * of need, and a TLS handshake may have stopped half-way.
 *
 * Between two requests Node's own time-out begins anew with each byte, and empty lines before a request are passed over (RFC 9112
 * §2.2) without being the begin of one: so a client could keep a connection with a line break now and then.
 */
export class Connections {
  readonly #server: Server
  readonly #closeServer: Server['close']
  #closing: Promise<void> | undefined
  /** A request came since the last look. */
  #isBusy = false
  readonly #unused = new Set<Socket>()
  /** TLS handshakes under way, by the client's address: the socket that comes out of one is another object. */
  readonly #handshakes = new Map<string, Socket>()
  readonly #quiet = new Map<Socket, Quiet>()
  readonly #loiterSweep: NodeJS.Timeout

  /** @param maxQuietMs the longest that a client may take from one answer to the end of its next request's headers */
  constructor(server: Server, isTls: boolean, maxQuietMs: number) {
    this.#server = server
    this.#closeServer = server.close.bind(server)
    this.#loiterSweep = setInterval(() => this.#closeLoitering(maxQuietMs), LOITER_SWEEP_MS).unref()
    server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#handshakes.delete(addressOf(socket))
      this.#unused.add(socket)
      this.#quiet.set(socket, { bytesWritten: -1, sinceMs: 0 })
      socket.once('close', () => {
        this.#unused.delete(socket)
        this.#quiet.delete(socket)
      })
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
    this.#isBusy = true
    this.#unused.delete(req.socket)
  }

  /**
   * Takes no new connections; resolves when the last one has ended. Those that are idle are not closed at once, as node:http would: a
   * request may be on its way, which is answered, and told that it is the last one.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  #close(): Promise<void> {
    return new Promise((resolve) => {
      let busySweeps = 0
      this.#isBusy = true
      const sweep = setInterval(() => {
        const mayWait = this.#isBusy && ++busySweeps < MAX_BUSY_SWEEPS
        this.#isBusy = false
        if (mayWait) return
        busySweeps = MAX_BUSY_SWEEPS
        this.#server.closeIdleConnections()
        this.#closeUnused()
      }, SWEEP_MS)
      NetServer.prototype.close.call(this.#server, () => {
        clearInterval(sweep)
        clearInterval(this.#loiterSweep)
        // node:http has a timer to stop.
        this.#closeServer()
        resolve()
      })
    })
  }

  /** Cuts them all. */
  closeAll(): void {
    this.#server.closeAllConnections()
    this.#closeUnused()
  }

  #closeLoitering(maxQuietMs: number): void {
    const now = performance.now()
    for (const [socket, quiet] of this.#quiet) {
      // node:http has handed it over: it is another protocol's now.
      if ('parser' in socket && socket.parser === null) {
        this.#quiet.delete(socket)
        continue
      }
      const { bytesWritten } = socket
      if (bytesWritten !== quiet.bytesWritten || responseUnderWay(socket) !== undefined) {
        quiet.bytesWritten = bytesWritten
        quiet.sinceMs = now
      } else if (now - quiet.sinceMs > maxQuietMs) socket.destroy()
    }
  }

  #closeUnused(): void {
    for (const socket of this.#unused) socket.destroy()
    for (const socket of this.#handshakes.values()) socket.destroy()
  }
}

const addressOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress ?? ''} ${remotePort ?? 0}`

/** node:http keeps the response a socket is busy with in `_httpMessage`; the next takes its place before its `close`. */
export function responseUnderWay(socket: Duplex): ServerResponse<IncomingMessage> | undefined {
  const message: unknown = '_httpMessage' in socket ? socket._httpMessage : undefined
  return typeof message === 'object' && message !== null ? (message as ServerResponse<IncomingMessage>) : undefined
}
