import { createServer, type AddressInfo, type Socket } from 'node:net'
import { FrameReader, type FrameSink } from '../../src/upstream/transports/http2/frame-reader.js'
import { FrameWriter } from '../../src/upstream/transports/http2/frame-writer.js'
import { Flag, FrameType, Setting } from '../../src/upstream/transports/http2/frames.js'
import { HpackDecoder } from '../../src/upstream/transports/http2/hpack/decoder.js'
import { echoService, ITEM } from './echo.js'

/*
 * The gRPC server behind the gateways whose cost is measured: just enough HTTP/2 to answer at once, at a tenth of what a gRPC
 * library costs. With a slower one the gateway would wait for it, a few calls at a time, and waking up would be measured.
 * Tells its port by IPC; told `hold` and `release`, it leaves calls unanswered meanwhile, and tells how many there are when asked
 * for `held`.
 */

const PREFACE_BYTES = 24
const WINDOW = 2 ** 30
const STATUS_200 = 0x88
const CONTENT_TYPE = 31
/** Literals that go into the client's table with a connection's first answer, and what is said of them in all later ones. */
const FIRST_HEADERS = Buffer.concat([
  Buffer.from([STATUS_200, 0x40 | CONTENT_TYPE, 16]),
  Buffer.from('application/grpc'),
])
const FIRST_TRAILERS = Buffer.concat([Buffer.from([0x40, 11]), Buffer.from('grpc-status'), Buffer.from([1, 0x30])])
const HEADERS = Buffer.from([STATUS_200, 0x80 | 63])
const TRAILERS = Buffer.from([0x80 | 62])

const item = echoService['GetItem']!.responseSerialize({ ...ITEM, id: '1' })

class Connection implements FrameSink {
  readonly reader = new FrameReader(this)
  private readonly socket: Socket
  private readonly writer = new FrameWriter()
  private readonly hpack = new HpackDecoder(64 * 1024)
  /** What has come of the calls' messages, by stream; undefined: of a call that is not answered with its own. */
  private readonly bodies = new Map<number, Buffer[] | undefined>()
  private streamId = 0
  private received = 0
  private hasAnswered = false

  constructor(socket: Socket) {
    this.socket = socket
    this.writer.settings([Setting.InitialWindowSize, WINDOW, Setting.MaxConcurrentStreams, 100_000])
    this.writer.windowUpdate(0, WINDOW)
  }

  onDataStart(streamId: number, length: number): void {
    this.streamId = streamId
    this.received += length
    if (this.received < WINDOW / 2) return
    this.writer.windowUpdate(0, this.received)
    this.received = 0
  }

  onDataBytes(bytes: Buffer, from: number, to: number): void {
    this.bodies.get(this.streamId)?.push(Buffer.from(bytes.subarray(from, to)))
  }

  onDataEnd(flags: number): void {
    if ((flags & Flag.EndStream) !== 0) this.answer(this.streamId)
  }

  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, from: number, to: number): void {
    if (type === FrameType.Headers) {
      const { fields } = this.hpack.decode(bytes, (flags & Flag.Priority) === 0 ? from : from + 5, to)
      this.bodies.set(streamId, fields[fields.indexOf(':path') + 1]!.endsWith('CreateItem') ? [] : undefined)
    } else if (type === FrameType.Settings && (flags & Flag.Ack) === 0) {
      this.writer.settingsAck()
    } else if (type === FrameType.Ping && (flags & Flag.Ack) === 0) {
      this.writer.ping(bytes, from)
    } else if (type === FrameType.RstStream) {
      this.bodies.delete(streamId)
    }
  }

  /** All that one chunk brought is answered in one write. */
  flush(): void {
    const chunks: Buffer[] = []
    this.writer.take(chunks)
    for (const chunk of chunks) this.socket.write(chunk)
  }

  private answer(streamId: number): void {
    if (isHolding) return void held.push([this, streamId])
    this.write(streamId)
  }

  /** Answers what was held. */
  release(streamId: number): void {
    this.write(streamId)
    this.flush()
  }

  private write(streamId: number): void {
    const echoed = this.bodies.get(streamId)
    this.bodies.delete(streamId)
    const message = echoed === undefined ? item : Buffer.concat(echoed).subarray(5)
    this.block(streamId, this.hasAnswered ? HEADERS : FIRST_HEADERS, Flag.EndHeaders)
    const at = this.writer.dataHeader(streamId, 5 + message.length, false)
    this.writer.message(at, message, 0, 5 + message.length)
    this.block(streamId, this.hasAnswered ? TRAILERS : FIRST_TRAILERS, Flag.EndHeaders | Flag.EndStream)
    this.hasAnswered = true
  }

  private block(streamId: number, block: Buffer, flags: number): void {
    const header = Buffer.from([0, 0, block.length, FrameType.Headers, flags, 0, 0, 0, 0])
    header.writeUInt32BE(streamId, 5)
    this.writer.bytes(header)
    this.writer.bytes(block)
  }
}

let isHolding = false
let held: [Connection, number][] = []
process.on('message', (message) => {
  if (message === 'held') return void process.send?.({ held: held.length })
  isHolding = message === 'hold'
  const released = held
  held = []
  for (const [connection, streamId] of released) connection.release(streamId)
})

const server = createServer({ noDelay: true }, (socket) => {
  const connection = new Connection(socket)
  let preface = PREFACE_BYTES
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    const skip = Math.min(preface, chunk.length)
    preface -= skip
    connection.reader.push(chunk, skip, chunk.length)
    connection.flush()
  })
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit())
