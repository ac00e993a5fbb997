import type { Socket } from 'node:net'
import { frame, message, startTcpServer, type HostileServer } from '../../support/grpc-servers/hostile-server.js'
import { until } from '../../support/calls.js'

export interface SeenFrame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
}

export const Type = {
  data: 0,
  headers: 1,
  priority: 2,
  rst: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/** `:status 200`, `content-type: application/grpc`. */
export const GRPC_HEADERS = Buffer.concat([Buffer.from([0x88, 0x0f, 0x10, 16]), Buffer.from('application/grpc')])
/** `grpc-status: 0`, as a literal. */
export const OK_TRAILERS = literal('grpc-status', '0')

/** A literal field without indexing. */
export function literal(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value, 'latin1'),
  ])
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** A good answer to a unary call. */
export function goodAnswer(streamId: number, body: Uint8Array | string = 'x'): Buffer {
  return Buffer.concat([
    frame(Type.headers, 4, streamId, GRPC_HEADERS),
    frame(Type.data, 0, streamId, message(body)),
    frame(Type.headers, 5, streamId, OK_TRAILERS),
  ])
}

/** One connection to a server that is made of frames. It answers SETTINGS, and nothing else by itself. */
export class RawPeer {
  readonly frames: SeenFrame[] = []
  readonly socket: Socket
  preface = ''
  isClosed = false
  private received: Buffer = Buffer.alloc(0)
  private readonly onCall: (peer: RawPeer, streamId: number) => void

  constructor(socket: Socket, settings: Buffer, onCall: (peer: RawPeer, streamId: number) => void) {
    this.socket = socket
    this.onCall = onCall
    socket.on('close', () => (this.isClosed = true))
    socket.on('data', (chunk: Buffer) => this.read(chunk))
    this.write(frame(Type.settings, 0, 0, settings))
  }

  write(...bytes: Uint8Array[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(bytes))
  }

  of(type: number, streamId?: number): SeenFrame[] {
    return this.frames.filter((seen) => seen.type === type && (streamId === undefined || seen.streamId === streamId))
  }

  /** The error code of the client's GOAWAY; undefined: there was none. */
  get goaway(): number | undefined {
    return this.of(Type.goaway)[0]?.payload.readUInt32BE(4)
  }

  async sees(type: number, count = 1): Promise<SeenFrame> {
    await until(() => this.of(type).length >= count, `frame ${type}, ${count} times`)
    return this.of(type)[count - 1]!
  }

  private read(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk])
    if (this.preface === '') {
      if (this.received.length < PREFACE.length) return
      this.preface = this.received.toString('latin1', 0, PREFACE.length)
      this.received = this.received.subarray(PREFACE.length)
    }
    while (this.received.length >= 9) {
      const length = this.received.readUIntBE(0, 3)
      if (this.received.length < 9 + length) return
      const seen: SeenFrame = {
        type: this.received[3]!,
        flags: this.received[4]!,
        streamId: this.received.readUInt32BE(5),
        payload: this.received.subarray(9, 9 + length),
      }
      this.received = this.received.subarray(9 + length)
      this.frames.push(seen)
      if (seen.type === Type.settings && (seen.flags & 1) === 0) this.write(frame(Type.settings, 1, 0))
      if (seen.type === Type.headers) this.onCall(this, seen.streamId)
    }
  }
}

export interface RawServer extends HostileServer {
  readonly peers: readonly RawPeer[]
}

/** @param settings the payload of its SETTINGS: pairs of identifier and value */
export async function startRawServer(
  onCall: (peer: RawPeer, streamId: number) => void,
  settings: readonly (readonly [id: number, value: number])[] = [],
): Promise<RawServer> {
  const payload = Buffer.concat(
    settings.map(([id, value]) => Buffer.concat([Buffer.from([id >> 8, id & 255]), uint32(value)])),
  )
  const peers: RawPeer[] = []
  const server = await startTcpServer((socket) => peers.push(new RawPeer(socket, payload, onCall)))
  return { ...server, peers }
}
