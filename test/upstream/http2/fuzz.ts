import { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { Http2Call, type CallOwner } from '../../../src/upstream/transports/http2/call.js'
import { DeadlineWheel } from '../../../src/upstream/transports/http2/deadline-wheel.js'
import { RequestBlocks } from '../../../src/upstream/transports/http2/request-block.js'
import { Http2Session, type SessionOwner } from '../../../src/upstream/transports/http2/session.js'
import type { CallStatus, StreamHandler } from '../../../src/upstream/index.js'
import { frame, message } from '../../support/grpc-servers/hostile-server.js'
import { GRPC_HEADERS, literal, OK_TRAILERS, Type, uint32 } from './raw-peer.js'

const blocks = new RequestBlocks({ isSecure: false, authority: 'a', userAgent: 'fuzz' })
const wheel = new DeadlineWheel({ now: () => 0, setTimer: () => ({ cancel: () => undefined }) })

/** A socket that swallows what it is given. */
class Sink extends Duplex {
  written = 0
  override _read(): void {
    // Bytes are given to the session directly.
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written += chunk.length
    done()
  }
  destroySoon(): void {
    this.destroy()
  }
  ref(): void {
    // Nothing to hold.
  }
  unref(): void {
    // Nothing to hold.
  }
}

/** What became of one mutated stream of server bytes. */
export interface Outcome {
  /** Ends of each call; each has to be 1. */
  readonly ends: readonly number[]
  readonly statuses: readonly CallStatus[]
  readonly written: number
}

class Recorder implements StreamHandler {
  ends = 0
  readonly statuses: CallStatus[] = []
  onHeaders(): void {
    // Not looked at.
  }
  onMessage(): void {
    // Not looked at.
  }
  onDrain(): void {
    // Not looked at.
  }
  onEnd(status: CallStatus): void {
    this.ends += 1
    this.statuses.push(status)
  }
}

/**
 * Feeds bytes, cut at these places, to a session with three calls; then the connection is lost. Whatever the bytes, each
 * call has to end exactly once, and nothing may throw.
 */
export async function feed(bytes: Buffer, cuts: readonly number[]): Promise<Outcome> {
  const sink = new Sink()
  const none = (): void => undefined
  const owner: SessionOwner & CallOwner = {
    wheel,
    onReady: none,
    onRetired: none,
    onRoom: none,
    onClosed: none,
    onTooManyPings: none,
    onLingering: none,
    onDone: none,
  }
  const session = new Http2Session(sink as unknown as Socket, owner, { blocks, keepalive: undefined })
  const recorders = [1, 2, 3].map(() => new Recorder())
  const settings = frame(Type.settings, 0, 0)
  session.read(settings, settings.length)
  recorders.forEach((recorder, index) => {
    const call = new Http2Call({ path: '/a.B/C', metadata: [], deadlineMs: Infinity }, recorder, 10_000, owner)
    call.send(Buffer.alloc(index * 40_000))
    call.halfClose()
    session.open(call, 0)
  })
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  let from = 0
  for (const place of places) {
    // As on a socket: lent, in a buffer of its own.
    const chunk = Buffer.from(bytes.subarray(from, place))
    session.read(chunk, chunk.length)
    chunk.fill(0xff)
    from = place
  }
  session.lose('the end')
  await new Promise((resolve) => setImmediate(resolve))
  return {
    ends: recorders.map(({ ends }) => ends),
    statuses: recorders.flatMap(({ statuses }) => statuses),
    written: sink.written,
  }
}

const id = fc.constantFrom(0, 1, 3, 5, 7, 2)
const flags = fc.constantFrom(0, 1, 4, 5, 8, 12, 13, 0x24, 0xff)
const payload = fc.oneof(
  fc.constantFrom(
    Buffer.alloc(0),
    GRPC_HEADERS,
    OK_TRAILERS,
    message('x'),
    message('y', 1),
    uint32(1),
    uint32(0x7fffffff),
    Buffer.alloc(8),
    Buffer.concat([uint32(1), uint32(0)]),
    Buffer.concat([Buffer.from([0, 4]), uint32(1000)]),
    Buffer.concat([Buffer.from([0, 1]), uint32(0)]),
    literal(':status', '100'),
    Buffer.from([0x40, 1, 0x61, 1, 0x62, 0xbe]),
    Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0]),
  ),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
)
const anyFrame = fc
  .tuple(fc.integer({ min: 0, max: 10 }), flags, id, payload)
  .map(([type, flag, stream, bytes]) => frame(type, flag, stream, bytes))
const goodStream = fc
  .constantFrom(1, 3, 5)
  .map((stream) =>
    Buffer.concat([
      frame(Type.headers, 4, stream, GRPC_HEADERS),
      frame(Type.data, 0, stream, message('answer')),
      frame(Type.headers, 5, stream, OK_TRAILERS),
    ]),
  )
const mutation = fc.record({
  kind: fc.constantFrom('flip', 'remove', 'repeat', 'insert'),
  at: fc.nat(1000),
  value: fc.nat(255),
})

/** What a server says that says things wrongly: frames of any kind, good answers among them, and then mutated bytes. */
export const hostileBytes = fc
  .tuple(fc.array(fc.oneof(anyFrame, goodStream), { maxLength: 10 }), fc.array(mutation, { maxLength: 4 }))
  .map(([frames, mutations]) => {
    let bytes: Buffer = Buffer.concat(frames)
    for (const { kind, at, value } of mutations) {
      const place = at % (bytes.length + 1)
      const head = bytes.subarray(0, place)
      const tail = bytes.subarray(place)
      if (kind === 'flip' && tail.length > 0) {
        bytes = Buffer.from(bytes)
        bytes[place] = bytes[place]! ^ (value | 1)
      } else if (kind === 'remove') bytes = Buffer.concat([head, tail.subarray(1 + (value % 10))])
      else if (kind === 'repeat') bytes = Buffer.concat([head, tail.subarray(0, value), tail])
      else bytes = Buffer.concat([head, Buffer.from([value]), tail])
    }
    return bytes
  })

export const cutPlaces = fc.array(fc.nat(1000), { maxLength: 5 })

/** Runs so many cases, and fails with the seed that shows it again. */
export async function fuzz(runs: number, seed: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(hostileBytes, cutPlaces, async (bytes, cuts) => {
      const { ends, statuses, written } = await feed(bytes, cuts)
      if (ends.some((count) => count !== 1)) throw new Error(`a call ended ${ends.join(', ')} times`)
      for (const { code, origin } of statuses) {
        if (origin === 'local' && ![13, 14].includes(code)) throw new Error(`a local status ${code}`)
      }
      if (written > 200_000) throw new Error(`${written} bytes were written`)
    }),
    { numRuns: runs, seed },
  )
}
