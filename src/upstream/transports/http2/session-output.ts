import type { Socket } from 'node:net'
import { FrameWriter } from './frame-writer.js'
import type { ErrorCode } from './frames.js'

/** What may gather within a turn before it is written all the same. */
const EARLY_BYTES = 64 * 1024
/** What the socket may hold unsent: beyond it nothing but answers to the peer's own frames is added. */
const CONGESTED_BYTES = 256 * 1024
/** A peer that reads nothing, though it has to answer: what it is owed at most (acknowledgements and resets). */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024
/** How long the last frames may take to leave. */
const FAREWELL_MS = 1000

/**
 * The way out of a session: the frames of one turn of the event loop go in one write. (A write costs several times what
 * a call's frames cost to encode, and a gateway under load has many calls in a turn.)
 */
export class SessionOutput {
  readonly writer = new FrameWriter()
  /** The socket takes nothing more for now. */
  isCongested = false
  /** The newest stream whose HEADERS have been written, and given to the socket. */
  lastIdWritten = 0
  lastIdSent = 0

  private readonly socket: Socket
  private readonly chunks: Buffer[] = []
  private isScheduled = false
  private isStopped = false
  private readonly onTurn = (): void => {
    this.isScheduled = false
    this.flush()
  }

  constructor(socket: Socket, onDrain: () => void) {
    this.socket = socket
    socket.on('drain', () => {
      this.isCongested = false
      onDrain()
    })
  }

  /** Something has been written: it goes at the end of this turn. */
  schedule(): void {
    if (this.writer.pendingBytes >= EARLY_BYTES) {
      this.flush()
    } else if (!this.isScheduled) {
      this.isScheduled = true
      setImmediate(this.onTurn)
    }
  }

  flush(): void {
    const { chunks, socket, writer } = this
    if (writer.pendingBytes === 0 || this.isStopped) return
    writer.take(chunks)
    this.lastIdSent = this.lastIdWritten
    if (chunks.length > 1) socket.cork()
    for (const chunk of chunks) socket.write(chunk)
    if (chunks.length > 1) socket.uncork()
    chunks.length = 0
    if (socket.writableLength === 0) writer.reuse()
    this.isCongested = socket.writableLength > CONGESTED_BYTES
    if (socket.writableLength > MAX_UNSENT_BYTES) socket.destroy(new Error('the upstream does not read'))
  }

  /** Says GOAWAY instead of what was not sent yet, and closes. */
  end(code: ErrorCode): void {
    const { chunks, socket, writer } = this
    writer.take(chunks)
    chunks.length = 0
    writer.goaway(code)
    this.lastIdWritten = this.lastIdSent
    this.flush()
    this.isStopped = true
    socket.destroySoon()
    const timer = setTimeout(() => socket.destroy(), FAREWELL_MS)
    timer.unref()
    socket.once('close', () => clearTimeout(timer))
  }

  destroy(): void {
    this.isStopped = true
    this.socket.destroy()
  }

  /** Writes nothing more. */
  stop(): void {
    this.isStopped = true
  }
}
