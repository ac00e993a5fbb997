import { connect, type Socket } from 'node:net'

/** How a slow client sends its request, up to where it becomes slow. */
const BEGINS = {
  headers: 'GET /v1/echo/a HTTP/1.1\r\nHost: a\r\nX-Slow: ',
  body: 'POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"text":"',
  chunks:
    'POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n186A0\r\n{"text":"',
} as const
export type Slowness = keyof typeof BEGINS

/** What became of a connection of a slow client. */
export interface SlowEnd {
  readonly slowness: Slowness
  /** Of the answer; 0: there was none. */
  readonly status: number
  /** From the connection to the answer, ms; NaN: there was none. */
  readonly answeredMs: number
}

const BYTE_MS = 1000
/** The bytes of all do not go out at once. */
const SLICES = 20

interface SlowClient {
  readonly slowness: Slowness
  socket: Socket
  isOpen: boolean
  received: string
  openedMs: number
  answeredMs: number
}

/** Clients that send a byte a second, and come back when they are closed, until they are stopped. */
export class SlowClients {
  readonly ends: SlowEnd[] = []
  readonly #port: number
  readonly #clients: SlowClient[] = []
  readonly #timer: NodeJS.Timeout
  readonly #comesBack: boolean
  #slice = 0
  #isStopped = false
  #open = 0
  #opened = 0

  constructor(port: number, count: number, { comesBack = true } = {}) {
    this.#port = port
    this.#comesBack = comesBack
    const kinds = Object.keys(BEGINS) as Slowness[]
    for (let i = 0; i < count; i++) {
      const slowness = kinds[i % kinds.length]!
      const client: SlowClient = {
        slowness,
        socket: undefined!,
        isOpen: false,
        received: '',
        openedMs: 0,
        answeredMs: NaN,
      }
      this.#clients.push(client)
      this.#connect(client)
    }
    this.#timer = setInterval(() => {
      // Behind what has come: where this process is late, the server has answered, waited and gone, and to write first would
      // fail, and lose the answer.
      setImmediate(() => this.#sendBytes())
    }, BYTE_MS / SLICES)
  }

  /** Connections that are open. */
  get open(): number {
    return this.#open
  }

  /** Connections that have been opened, those that have ended too. */
  get opened(): number {
    return this.#opened
  }

  stop(): void {
    this.#isStopped = true
    clearInterval(this.#timer)
    for (const { socket } of this.#clients) socket.destroy()
  }

  #connect(client: SlowClient): void {
    client.received = ''
    client.answeredMs = NaN
    const socket = connect(this.#port, '127.0.0.1', () => {
      this.#open += 1
      this.#opened += 1
      client.isOpen = true
      client.openedMs = performance.now()
      socket.write(BEGINS[client.slowness])
    })
    client.socket = socket
    socket.on('data', (chunk) => {
      if (client.received === '') client.answeredMs = performance.now() - client.openedMs
      client.received += chunk.toString('latin1')
    })
    socket.on('error', () => undefined)
    socket.on('close', () => this.#onClose(client))
  }

  #onClose(client: SlowClient): void {
    if (client.isOpen) this.#open -= 1
    client.isOpen = false
    if (this.#isStopped) return
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(client.received)?.[1] ?? 0)
    this.ends.push({ slowness: client.slowness, status, answeredMs: client.answeredMs })
    if (this.#comesBack) this.#connect(client)
  }

  #sendBytes(): void {
    for (let i = this.#slice; i < this.#clients.length; i += SLICES) {
      const { socket, received } = this.#clients[i]!
      if (socket.writable && !socket.connecting && received === '') socket.write('x')
    }
    this.#slice = (this.#slice + 1) % SLICES
  }
}
