import { Code } from '../../../status/index.js'
import { isOurDeadline, localStatus, NO_METADATA } from '../../protocol/call-status.js'
import type { CallOptions, CallStatus, Metadata, StreamCall, StreamHandler } from '../../types.js'
import type { DeadlineWheel, WheelEntry } from './deadline-wheel.js'
import type { FrameWriter } from './frame-writer.js'
import * as framesModule from './frames.js'
import { ErrorCode } from './frames.js'
import { ResponseReader } from './response-reader.js'
import type { Http2Session } from './session.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { MAX_FRAME_BYTES } = framesModule

/** What a call tells the connection it belongs to. */
export interface CallOwner {
  readonly wheel: DeadlineWheel
  /** Its stream has ended while the caller has not taken all of it. */
  onLingering(call: Http2Call): void
  onDone(call: Http2Call): void
}

const PREFIX_BYTES = 5
/** What a call holds unsent until its caller is told to wait, and until it is told to go on. */
const FULL_BYTES = 64 * 1024
const DRAINED_BYTES = 16 * 1024

/** One call: waits for a session, then is a stream of it. Its sending half is here. */
export class Http2Call extends ResponseReader implements StreamCall, WheelEntry {
  readonly options: CallOptions
  readonly deadlineMs: number
  wheelNext: WheelEntry | undefined
  wheelPrevious: WheelEntry | undefined
  wheelSlot = -1

  /** The session while the stream is open. */
  session: Http2Session | undefined
  /** 0: not opened yet. */
  id = 0
  sendWindow = 0
  receiveWindow = 0
  /** What has been taken, and not been given back to the window. */
  takenBytes = 0
  /** What the session had read when the stream was opened. */
  framesAtStart = 0
  /** Messages and prefixes that have not been sent. */
  queuedBytes = 0

  private readonly owner: CallOwner
  private readonly queue: Uint8Array[] = []
  /** How much of the first message, with its prefix, has been sent. */
  private sentOfFirst = 0
  private isHalfClosed = false
  private hasSentEnd = false
  private isWaitingForDrain = false

  constructor(options: CallOptions, handler: StreamHandler, maxBytes: number, owner: CallOwner) {
    super(handler, maxBytes)
    this.options = options
    this.deadlineMs = options.deadlineMs
    this.owner = owner
  }

  /** True where there is something to send, be it END_STREAM alone. */
  get hasToSend(): boolean {
    return this.session !== undefined && (this.queuedBytes > 0 || (this.isHalfClosed && !this.hasSentEnd))
  }

  send(message: Uint8Array): boolean {
    if (this.isDone || this.isHalfClosed) return true
    this.queue.push(message)
    this.queuedBytes += PREFIX_BYTES + message.length
    this.session?.pump(this)
    this.isWaitingForDrain = this.queuedBytes >= FULL_BYTES
    return !this.isWaitingForDrain
  }

  halfClose(): void {
    if (this.isHalfClosed) return
    this.isHalfClosed = true
    this.session?.pump(this)
  }

  cancel(): void {
    this.failWith(localStatus(Code.Cancelled, 'the call was cancelled', this.id === 0), ErrorCode.Cancel)
  }

  onDeadline(): void {
    this.session?.onExpired(this)
    this.failWith(deadlineStatus(this.id === 0), ErrorCode.Cancel)
  }

  /** It is a stream now. */
  attach(session: Http2Session, id: number, sendWindow: number, receiveWindow: number): void {
    this.session = session
    this.id = id
    this.sendWindow = sendWindow
    this.receiveWindow = receiveWindow
    this.framesAtStart = session.framesRead
  }

  /**
   * Writes one DATA frame of what is queued.
   * @param connectionWindow what the connection takes, more than 0 where anything is queued
   * @returns how much of the windows it took; -1: its own window takes nothing
   */
  sendData(writer: FrameWriter, connectionWindow: number): number {
    const length = Math.min(this.queuedBytes, MAX_FRAME_BYTES, connectionWindow, this.sendWindow)
    // DATA without a payload needs no window (RFC 9113 §6.9.1).
    if (length <= 0 && this.queuedBytes > 0) return -1
    const isLast = this.isHalfClosed && length === this.queuedBytes
    let at = writer.dataHeader(this.id, length, isLast)
    for (let missing = length; missing > 0;) {
      const message = this.queue[0]!
      const rest = PREFIX_BYTES + message.length - this.sentOfFirst
      const take = Math.min(missing, rest)
      writer.message(at, message, this.sentOfFirst, take)
      at += take
      missing -= take
      this.sentOfFirst += take
      if (take === rest) {
        this.queue.shift()
        this.sentOfFirst = 0
      }
    }
    this.queuedBytes -= length
    this.sendWindow -= length
    if (isLast) this.hasSentEnd = true
    if (this.isWaitingForDrain && this.queuedBytes <= DRAINED_BYTES) {
      this.isWaitingForDrain = false
      this.handler.onDrain()
    }
    return length
  }

  giveBack(): void {
    if (!this.isHeld) this.session?.giveBack(this)
  }

  /** Ends a call that is on no session. */
  refuse(status: CallStatus): void {
    this.failWith(status, ErrorCode.Cancel)
  }

  protected failWith(status: CallStatus, code: ErrorCode): void {
    if (this.isDone) return
    this.settle(code)
    process.nextTick(tellEnd, this.handler, status)
  }

  override onReset(code: number): void {
    if (code === ErrorCode.Cancel && isOurDeadline(Code.Cancelled, this.deadlineMs)) this.onDeadline()
    else super.onReset(code)
  }

  protected complete(status: CallStatus, trailers: Metadata): void {
    if (isOurDeadline(status.code, this.deadlineMs)) return this.onDeadline()
    this.settle(ErrorCode.NoError)
    this.handler.onEnd(status, trailers)
  }

  protected endStream(): void {
    this.session?.release(this, this.hasSentEnd)
  }

  protected linger(): void {
    this.owner.onLingering(this)
  }

  private settle(code: ErrorCode): void {
    this.isDone = true
    this.owner.wheel.remove(this)
    this.session?.reset(this, code)
    if (this.queue.length > 0) this.queue.length = 0
    this.queuedBytes = 0
    this.owner.onDone(this)
  }
}

export function deadlineStatus(isUnprocessed: boolean): CallStatus {
  return localStatus(Code.DeadlineExceeded, 'the deadline of the call has passed', isUnprocessed)
}

function tellEnd(handler: StreamHandler, status: CallStatus): void {
  handler.onEnd(status, NO_METADATA)
}
