import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A TCP proxy before a server that keeps what clients sent, so that a test can tell what a browser really asks. */
export class RecordingProxy {
  readonly port: number
  readonly #server: Server
  readonly #sockets: Set<Socket>
  readonly #sent: string[]

  private constructor(server: Server, sockets: Set<Socket>, sent: string[]) {
    this.port = (server.address() as AddressInfo).port
    this.#server = server
    this.#sockets = sockets
    this.#sent = sent
  }

  static async start(target: number): Promise<RecordingProxy> {
    const sockets = new Set<Socket>()
    const sent: string[] = []
    const server = createServer((client) => {
      const upstream = connect(target, '127.0.0.1')
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(socket)
        socket.on('error', () => other.destroy()).on('close', () => other.destroy())
        socket.pipe(other)
      }
      const at = sent.push('') - 1
      client.on('data', (chunk) => (sent[at] += chunk.toString('latin1')))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new RecordingProxy(server, sockets, sent)
  }

  /** Heads of the requests of one method, as sent. */
  heads(method: string): string[] {
    return this.#sent.flatMap((text) => text.match(new RegExp(`^${method} /[^]*?\r\n\r\n`, 'gm')) ?? [])
  }

  forget(): void {
    this.#sent.fill('')
  }

  stop(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}
