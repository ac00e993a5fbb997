import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface LoadResult {
  readonly requests: number
  readonly failures: number
  readonly seconds: number
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LENGTH = Buffer.from('content-length: ')

/** How many connections are being opened at a time: more than a listener's backlog would be refused for a second. */
const CONNECTING = 256

/** Opens a connection to a server on loopback. */
export type Open = (port: number) => Promise<Socket>

/** Opens keep-alive connections to a server on loopback. */
export async function openConnections(port: number, count: number, open: Open = openPlain): Promise<Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const opening = Array.from({ length: Math.min(CONNECTING, count - sockets.length) }, () => open(port))
    sockets.push(...(await Promise.all(opening)))
  }
  return sockets
}

const openPlain: Open = (port) => opened((onOpen) => connect(port, '127.0.0.1', onOpen))

/** Whoever signed for it: it is our own server. */
export const openSecure: Open = (port) =>
  opened((onOpen) => connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, onOpen))

function opened(begin: (onOpen: () => void) => Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = begin(() => resolve(socket))
    socket.setNoDelay(true)
    socket.once('error', reject)
  })
}

/**
 * Sends the same request over keep-alive connections, one at a time on each, for a while. Cheap on purpose: it shares
 * the machine with what it measures. Answers need a Content-Length, which every server here sends.
 * @param onOpen waited for once the connections are open, before any request
 */
export async function load(
  port: number,
  request: Buffer,
  connections: number,
  seconds: number,
  onOpen?: () => Promise<void>,
): Promise<LoadResult> {
  const clients = await Clients.open(port, request, connections)
  try {
    await onOpen?.()
    return await clients.run(seconds)
  } finally {
    clients.close()
  }
}

/** Clients that keep their connections from one turn under load to the next, where the server lets them. */
export class Clients {
  private readonly open: () => Promise<Socket>
  private readonly clients: readonly Client[]

  private constructor(open: () => Promise<Socket>, clients: readonly Client[]) {
    this.open = open
    this.clients = clients
  }

  static async open(port: number, request: Buffer, connections: number, open = openPlain): Promise<Clients> {
    const sockets = await openConnections(port, connections, open)
    return new Clients(
      () => open(port),
      sockets.map((socket) => new Client(socket, request)),
    )
  }

  /** Opens connections again that the server closed while they were idle. */
  async reopen(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.reopen(this.open)))
  }

  /**
   * Every client sends a request again and again, until the time is over and all are answered.
   * @param request default: the one it was opened with
   */
  async run(seconds: number, request?: Buffer): Promise<LoadResult> {
    const started = performance.now()
    const deadline = started + seconds * 1000
    const counts = await Promise.all(this.clients.map((client) => client.run(deadline, request)))
    return {
      requests: counts.reduce((sum, { requests }) => sum + requests, 0),
      failures: counts.reduce((sum, { failures }) => sum + failures, 0),
      seconds: (performance.now() - started) / 1000,
    }
  }

  close(): void {
    for (const client of this.clients) client.close()
  }
}

interface Counts {
  requests: number
  failures: number
}

class Client {
  private socket: Socket
  private readonly usual: Buffer
  private request: Buffer
  private pending: Buffer = Buffer.alloc(0)
  private counts: Counts = { requests: 0, failures: 0 }
  private deadline = 0
  private resolve: ((counts: Counts) => void) | undefined

  constructor(socket: Socket, request: Buffer) {
    this.usual = request
    this.request = request
    this.socket = socket
    this.attach()
  }

  async reopen(open: () => Promise<Socket>): Promise<void> {
    if (this.socket.readyState === 'open') return
    this.close()
    this.socket = await open()
    this.attach()
  }

  run(deadline: number, request = this.usual): Promise<Counts> {
    this.request = request
    this.counts = { requests: 0, failures: 0 }
    this.pending = Buffer.alloc(0)
    this.deadline = deadline
    return new Promise((resolve) => {
      this.resolve = resolve
      if (this.socket.readyState === 'open') this.socket.write(this.request)
      else this.fail()
    })
  }

  close(): void {
    this.socket.destroy()
  }

  private attach(): void {
    this.socket.on('data', (chunk) => this.onData(chunk))
    this.socket.on('error', () => this.fail())
    this.socket.on('close', () => this.fail())
  }

  private onData(chunk: Buffer): void {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk])
    const end = responseEnd(this.pending)
    if (end < 0) return
    if (this.pending.toString('latin1', 9, 12) !== '200') this.counts.failures++
    this.counts.requests++
    this.pending = this.pending.subarray(end)
    if (performance.now() < this.deadline) this.socket.write(this.request)
    else this.end()
  }

  /** A connection lost with a request under way; between turns, nothing is. */
  private fail(): void {
    if (this.resolve === undefined) return
    this.counts.failures++
    this.end()
  }

  private end(): void {
    this.resolve?.(this.counts)
    this.resolve = undefined
  }
}

/** Where the first response in the buffer ends, or -1 while it has not all come. */
export function responseEnd(buffer: Buffer): number {
  const headEnd = buffer.indexOf(HEAD_END)
  if (headEnd < 0) return -1
  const head = Buffer.from(buffer.toString('latin1', 0, headEnd).toLowerCase(), 'latin1')
  const at = head.indexOf(LENGTH)
  if (at < 0) throw new Error('an answer without Content-Length')
  const end = headEnd + 4 + parseInt(head.toString('latin1', at + LENGTH.length), 10)
  return buffer.length >= end ? end : -1
}
