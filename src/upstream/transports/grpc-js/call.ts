import { constants, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2'
import type { Channel } from '@grpc/grpc-js'
import { Code } from '../../../status/index.js'
import {
  headersTooLargeStatus,
  isOurDeadline,
  localStatus,
  NO_METADATA,
  type LocalCode,
} from '../../protocol/call-status.js'
import { decompress } from '../../protocol/decompress.js'
import { peerStatusOf, readHeaderBlock, statusOfHttp, type HeaderBlock } from '../../protocol/header-block.js'
import { checkMetadata } from '../../protocol/request-headers.js'
import { frameMessage, MessageReader, type MessageFrame } from '../../protocol/message-reader.js'
import type { CallOptions, CallStatus, Metadata, StreamCall, StreamHandler } from '../../types.js'
import { RequestMetadata, type StreamOwner } from './request-metadata.js'
import { statusOfEnd } from './reset-status.js'
import { SessionWatch } from './session-watch.js'

type GrpcCall = ReturnType<Channel['createCall']>

/** setTimeout holds 31 bits of milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1
/** Before there is a connection, how much the caller may send until told to wait. */
const MAX_QUEUED_BYTES = 64 * 1024

/**
 * One call on a channel. grpc-js waits for the connection and opens the HTTP/2 stream; from then on the stream is read
 * and written here, and grpc-js's own status counts only where the stream ended without one from the server.
 */
export class GrpcJsCall implements StreamCall, StreamOwner {
  private call: GrpcCall | undefined
  private stream: ClientHttp2Stream | undefined
  private session: SessionWatch | undefined
  private eventsAtStart = 0
  private timer: NodeJS.Timeout | undefined
  private isDone = false

  private queued: Buffer[] = []
  private queuedBytes = 0
  private isHalfClosed = false
  private isWaitingForDrain = false

  private readonly reader: MessageReader
  private readonly frames: MessageFrame[] = []
  /** Frames before this one have been handed over. */
  private nextFrame = 0
  /** What broke the body; told once the messages before it are handed over. */
  private problem: string | undefined
  private headers: HeaderBlock | undefined
  private trailers: HeaderBlock | undefined
  private hasEnded = false
  private isPaused = false
  private isDecompressing = false
  private readonly options: CallOptions
  private readonly handler: StreamHandler
  private readonly maxBytes: number
  private readonly onDone: (call: GrpcJsCall) => void

  constructor(options: CallOptions, handler: StreamHandler, maxBytes: number, onDone: (call: GrpcJsCall) => void) {
    this.options = options
    this.handler = handler
    this.maxBytes = maxBytes
    this.onDone = onDone
    this.reader = new MessageReader(maxBytes)
  }

  /** Starts the call on a channel; it waits there for a connection. */
  start(channel: Channel): void {
    const { deadlineMs, metadata, path } = this.options
    const unsendable = checkMetadata(metadata)
    if (unsendable !== undefined) return this.fail(Code.Internal, unsendable, true)
    if (deadlineMs !== Infinity) {
      const remaining = deadlineMs - Date.now()
      if (remaining <= 0) return this.fail(Code.DeadlineExceeded, DEADLINE_TEXT, true)
      this.timer = setTimeout(() => this.onDeadline(), Math.min(remaining, MAX_TIMER_MS))
    }
    const call = channel.createCall(path, Infinity, null, null, null)
    this.call = call
    call.start(new RequestMetadata(this, this.options, Date.now), {
      onReceiveMetadata: ignore,
      onReceiveMessage: ignore,
      onReceiveStatus: (status) => this.onGrpcStatus(status.code),
    })
  }

  send(message: Uint8Array): boolean {
    if (this.isDone || this.isHalfClosed) return true
    const framed = frameMessage(message)
    const { stream } = this
    if (stream === undefined) {
      this.queued.push(framed)
      this.queuedBytes += framed.length
      this.isWaitingForDrain = this.queuedBytes >= MAX_QUEUED_BYTES
    } else if (!stream.writable) {
      return true
    } else if (!stream.write(framed)) {
      this.isWaitingForDrain = true
    }
    return !this.isWaitingForDrain
  }

  halfClose(): void {
    if (this.isHalfClosed) return
    this.isHalfClosed = true
    if (this.stream?.writable === true) this.stream.end()
  }

  pause(): void {
    this.isPaused = true
    this.stream?.pause()
  }

  resume(): void {
    if (!this.isPaused) return
    this.isPaused = false
    this.pump()
  }

  cancel(): void {
    this.fail(Code.Cancelled, 'the call was cancelled', this.stream === undefined)
  }

  /** Ends the call from here: the server sees RST_STREAM(CANCEL), the handler a local status in a later turn. */
  fail(code: LocalCode, message: string, isUnprocessed: boolean): void {
    this.failWith(localStatus(code, message, isUnprocessed))
  }

  takeStream(stream: ClientHttp2Stream): void {
    this.stream = stream
    // grpc-js listens for the same events and would read the body in its own way: see stream-tap.ts. Its listeners for
    // the end, the close and errors stay, and end its side of the call.
    for (const event of ['response', 'trailers', 'data']) stream.removeAllListeners(event)
    if (this.isDone) {
      stream.close(constants.NGHTTP2_CANCEL)
      return
    }
    const limit = stream.session?.remoteSettings.maxHeaderListSize
    if (limit !== undefined && listBytesOf(stream.sentHeaders) > limit) {
      stream.close(constants.NGHTTP2_CANCEL)
      return this.failWith(headersTooLargeStatus(limit))
    }
    this.session = SessionWatch.of(stream)
    this.session?.addStream(stream, this.options.isBackground === true)
    this.eventsAtStart = this.session?.eventCount ?? 0
    // Node gives the block as it came as a third argument, which its types do not know.
    stream.on('response', (_headers: object, flags: number, ...rest: unknown[]) =>
      this.onResponse(rest[0] as string[], flags),
    )
    stream.on('trailers', (_headers: object, _flags: number, ...rest: unknown[]) =>
      this.onTrailers(readHeaderBlock(rest[0] as string[])),
    )
    stream.on('drain', () => this.onDrain())
    stream.on('error', (error: NodeJS.ErrnoException) => this.session?.noteError(error))
    this.flushQueue(stream)
  }

  private flushQueue(stream: ClientHttp2Stream): void {
    const { queued } = this
    this.queued = []
    let isFull = false
    for (let at = 0; at < queued.length; at++) {
      // The last message and the end of the stream go in one frame.
      if (this.isHalfClosed && at === queued.length - 1) stream.end(queued[at])
      else isFull = !stream.write(queued[at])
    }
    if (this.isHalfClosed && queued.length === 0) stream.end()
    if (this.isWaitingForDrain && !isFull) process.nextTick(() => this.onDrain())
    else if (isFull) this.isWaitingForDrain = true
  }

  private onDrain(): void {
    if (this.isDone || !this.isWaitingForDrain) return
    this.isWaitingForDrain = false
    this.handler.onDrain()
  }

  private onResponse(raw: string[], flags: number): void {
    this.session?.noteEvent()
    if (this.isDone) return
    const block = readHeaderBlock(raw)
    const isOnly = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    const isForeign = block.hasContentType ? !block.isGrpc : !isOnly
    if (isForeign) return this.failWith(statusOfHttp(block.httpStatus))
    this.headers = block
    if (isOnly) {
      this.hasEnded = true
      return this.onTrailers(block)
    }
    this.handler.onHeaders(block.metadata)
    const { stream } = this
    if (stream === undefined || this.isDone) return
    stream.on('data', (chunk: Buffer) => this.onData(chunk))
    stream.on('end', () => {
      this.hasEnded = true
      this.pump()
    })
    // Explicitly, since a pause and resume before the headers leave the stream waiting to be told.
    if (this.isPaused) stream.pause()
    else stream.resume()
  }

  private onTrailers(block: HeaderBlock): void {
    this.session?.noteEvent()
    if (this.isDone) return
    this.trailers = block
    if (block.grpcStatus === undefined) {
      const httpStatus = this.headers?.httpStatus ?? 0
      return this.failWith(statusOfHttp(httpStatus))
    }
    this.pump()
  }

  private onData(chunk: Buffer): void {
    this.session?.noteEvent()
    if (this.isDone || this.problem !== undefined) return
    this.problem = this.reader.push(chunk, this.frames)
    this.pump()
  }

  /** Hands over what has been read, in order, as far as the caller takes it; then the end. */
  private pump(): void {
    while (!this.isDone && !this.isPaused && !this.isDecompressing && this.nextFrame < this.frames.length) {
      const frame = this.frames[this.nextFrame++]!
      if (frame.flag === 0) this.handler.onMessage(frame.payload)
      else this.unpack(frame.payload)
    }
    if (this.isDone) return
    if (this.nextFrame < this.frames.length || this.isDecompressing) {
      this.stream?.pause()
      return
    }
    this.frames.length = 0
    this.nextFrame = 0
    if (this.problem !== undefined) return this.fail(Code.Internal, this.problem, false)
    if (this.hasEnded && this.trailers !== undefined) return this.complete(this.trailers)
    if (!this.isPaused && this.headers !== undefined) this.stream?.resume()
  }

  private unpack(payload: Uint8Array): void {
    this.isDecompressing = true
    const problem = decompress(payload, this.headers?.grpcEncoding, this.maxBytes, (error, message) => {
      this.isDecompressing = false
      if (this.isDone) return
      if (error !== undefined) return this.fail(Code.Internal, error, false)
      // A pause that came meanwhile holds this message too.
      this.frames[--this.nextFrame] = { flag: 0, payload: message }
      this.pump()
    })
    if (problem !== undefined) this.fail(Code.Internal, problem, false)
  }

  private complete(trailers: HeaderBlock): void {
    const status = peerStatusOf(trailers)
    if (status === undefined) return
    if (status.code === Code.Ok && this.reader.isPartial) {
      return this.fail(Code.Internal, 'the upstream ended within a message', false)
    }
    const { stream } = this
    if (stream !== undefined && !stream.destroyed && !stream.writableFinished) {
      // PROTOCOL-HTTP2.md: trailers before our END_STREAM: RST_STREAM(NO_ERROR). What is stuck behind the window is
      // cancelled instead, since Node would wait for it.
      stream.close(stream.writableEnded ? constants.NGHTTP2_CANCEL : constants.NGHTTP2_NO_ERROR)
    }
    this.finish(status, trailers.metadata)
  }

  private onDeadline(): void {
    const remaining = this.options.deadlineMs - Date.now()
    if (remaining > 0) {
      this.timer = setTimeout(() => this.onDeadline(), Math.min(remaining, MAX_TIMER_MS))
      return
    }
    const { session } = this
    if (session !== undefined && session.eventCount === this.eventsAtStart) session.suspectSilence()
    this.fail(Code.DeadlineExceeded, DEADLINE_TEXT, this.stream === undefined)
  }

  /** grpc-js has ended its side: the stream is closed, or there never was one. */
  private onGrpcStatus(grpcCode: number): void {
    this.session?.noteEvent()
    if (this.isDone) return
    if (this.trailers !== undefined && this.hasEnded) return
    const { stream } = this
    if (stream === undefined) {
      return this.fail(Code.Unavailable, 'no connection to the upstream', true)
    }
    if (this.trailers !== undefined) {
      // The status came, but not all that was sent before it.
      const status = peerStatusOf(this.trailers)
      if (status !== undefined && status.code !== Code.Ok) return this.finish(status, this.trailers.metadata)
    }
    // A server that is told our deadline may reset the stream at it before our timer has gone off.
    const isOver = stream.rstCode === constants.NGHTTP2_CANCEL && isOurDeadline(Code.Cancelled, this.options.deadlineMs)
    if (isOver) return this.fail(Code.DeadlineExceeded, DEADLINE_TEXT, false)
    this.failWith(statusOfEnd(stream, this.session, this.headers?.httpStatus, grpcCode))
  }

  private failWith(status: CallStatus): void {
    if (this.isDone) return
    this.settle()
    process.nextTick(() => this.handler.onEnd(status, NO_METADATA))
    this.call?.cancelWithStatus(Code.Cancelled, status.message)
  }

  private finish(status: CallStatus, trailers: Metadata): void {
    if (isOurDeadline(status.code, this.options.deadlineMs)) {
      return this.fail(Code.DeadlineExceeded, DEADLINE_TEXT, false)
    }
    this.settle()
    this.handler.onEnd(status, trailers)
  }

  private settle(): void {
    this.isDone = true
    clearTimeout(this.timer)
    if (this.stream !== undefined) this.session?.removeStream(this.stream)
    this.queued = []
    this.frames.length = 0
    this.onDone(this)
  }
}

/** Of header fields: name, value and 32 each (RFC 9113 §6.5.2). */
function listBytesOf(headers: OutgoingHttpHeaders | undefined): number {
  let bytes = 0
  for (const name in headers) {
    const value = headers[name]
    for (const each of Array.isArray(value) ? value : [String(value)]) bytes += name.length + each.length + 32
  }
  return bytes
}

const DEADLINE_TEXT = 'the deadline of the call has passed'

function ignore(): void {
  // Read from the stream itself.
}
