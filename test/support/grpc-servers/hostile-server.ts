import {
  createServer,
  type IncomingHttpHeaders,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** What a hostile server does with a call, once it has arrived. */
export type Answer = (stream: ServerHttp2Stream) => void

export interface HostileServer {
  readonly port: number
  /** Calls that have arrived. */
  readonly calls: () => number
  /** The request headers of the last call. */
  readonly headers: () => Readonly<Record<string, string | string[] | undefined>>
  close(): void
}

function portOf(server: Server | Http2Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))
}

/** An HTTP/2 server that answers every call in one way, however wrong. */
export async function startHostileServer(answer: Answer, settings: Settings = {}): Promise<HostileServer> {
  const server = createServer({ settings })
  const sessions = new Set<ServerHttp2Session>()
  let calls = 0
  let headers: IncomingHttpHeaders = {}
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => undefined)
    session.on('close', () => sessions.delete(session))
  })
  server.on('stream', (stream, received) => {
    calls += 1
    headers = received
    stream.on('error', () => undefined)
    answer(stream)
  })
  server.on('sessionError', () => undefined)
  return {
    port: await portOf(server),
    calls: () => calls,
    headers: () => headers,
    close: () => {
      for (const session of sessions) session.destroy()
      server.close()
    },
  }
}

/** A TCP server that is given each connection; it does not speak anything by itself. */
export async function startTcpServer(
  onConnection: (socket: Socket) => void,
): Promise<HostileServer & { readonly sockets: ReadonlySet<Socket> }> {
  const sockets = new Set<Socket>()
  let calls = 0
  const server = createTcpServer((socket) => {
    calls += 1
    socket.setNoDelay()
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  return {
    port: await portOf(server),
    sockets,
    calls: () => calls,
    headers: () => ({}),
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** An HTTP/2 frame (RFC 9113 §4.1). */
export function frame(type: number, flags: number, streamId: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const bytes = Buffer.alloc(9 + payload.length)
  bytes.writeUIntBE(payload.length, 0, 3)
  bytes[3] = type
  bytes[4] = flags
  bytes.writeUInt32BE(streamId, 5)
  bytes.set(payload, 9)
  return bytes
}

const SETTINGS = 4
const HEADERS = 1
const PREFACE_BYTES = 24

/**
 * Speaks just enough HTTP/2 to be taken for a server, and gives each call's stream id to `onCall`, which may write any
 * bytes it likes.
 */
export function rawHttp2(onCall: (socket: Socket, streamId: number) => void): (socket: Socket) => void {
  return (socket) => {
    let received = Buffer.alloc(0)
    let isPrefaceRead = false
    socket.write(frame(SETTINGS, 0, 0))
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (!isPrefaceRead && received.length >= PREFACE_BYTES) {
        isPrefaceRead = true
        received = received.subarray(PREFACE_BYTES)
      }
      while (isPrefaceRead && received.length >= 9) {
        const length = received.readUIntBE(0, 3)
        if (received.length < 9 + length) return
        const type = received[3]!
        const flags = received[4]!
        const streamId = received.readUInt32BE(5) & 0x7fffffff
        received = received.subarray(9 + length)
        if (type === SETTINGS && (flags & 1) === 0) socket.write(frame(SETTINGS, 1, 0))
        if (type === HEADERS) onCall(socket, streamId)
      }
    })
  }
}

/** A gRPC message with its prefix; flag and length may lie. */
export function message(payload: Uint8Array | string, flag = 0, length = Buffer.byteLength(payload)): Buffer {
  const bytes = Buffer.from(payload)
  const prefix = Buffer.alloc(5)
  prefix[0] = flag
  prefix.writeUInt32BE(length, 1)
  return Buffer.concat([prefix, bytes])
}

const GRPC = { ':status': 200, 'content-type': 'application/grpc' } as const

/** Answers as gRPC does: headers, a body, trailers. */
export function respond(
  stream: ServerHttp2Stream,
  body: Uint8Array | undefined,
  trailers: Record<string, string | string[]>,
  headers: Record<string, string | string[] | number> = {},
): void {
  stream.respond({ ...GRPC, ...headers }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  if (body === undefined) stream.end()
  else stream.end(body)
}

/** Trailers-Only: one block, with END_STREAM. */
export function respondOnly(stream: ServerHttp2Stream, headers: Record<string, string | string[] | number>): void {
  stream.respond({ ...GRPC, ...headers }, { endStream: true })
}
