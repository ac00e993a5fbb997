import { Code } from '../../../status/index.js'
import { localStatus } from '../../protocol/call-status.js'
import { decompress } from '../../protocol/decompress.js'
import { peerStatusOf, readHeaderBlock, statusOfHttp, type HeaderBlock } from '../../protocol/header-block.js'
import { MessageReader, type MessageFrame } from '../../protocol/message-reader.js'
import { brokenProtocolStatus, statusOfReset } from '../../protocol/reset-status.js'
import type { CallStatus, Metadata, StreamHandler } from '../../types.js'
import { ErrorCode } from './frames.js'
import type { DecodedBlock } from './hpack/decoder.js'

/**
 * The receiving half of a call: headers, messages, trailers (PROTOCOL-HTTP2.md, "Responses"), handed over in order, and as
 * far as the caller takes them.
 */
export abstract class ResponseReader {
  protected isDone = false
  protected readonly handler: StreamHandler
  private readonly maxBytes: number
  private readonly reader: MessageReader
  private readonly frames: MessageFrame[] = []
  /** Frames before this one have been handed over. */
  private nextFrame = 0
  /** What is wrong with the body; told once the messages before it are handed over. */
  private fault: CallStatus | undefined
  private headers: HeaderBlock | undefined
  private trailers: HeaderBlock | undefined
  private isPaused = false
  private isDecompressing = false

  constructor(handler: StreamHandler, maxBytes: number) {
    this.handler = handler
    this.maxBytes = maxBytes
    this.reader = new MessageReader(maxBytes)
  }

  /** Ends the call from here; where the stream is still open, the server is told with `code`. */
  protected abstract failWith(status: CallStatus, code: ErrorCode): void
  /** The server's status is known, and all before it handed over. */
  protected abstract complete(status: CallStatus, trailers: Metadata): void
  /** The server has ended the stream: nothing more will come on it. */
  protected abstract endStream(): void
  /** The stream has ended, and the caller has not taken all of it. */
  protected abstract linger(): void
  /** All that has come has been taken: the window may open. */
  abstract giveBack(): void

  /** True while nothing more is to come from the peer than what the caller holds. */
  protected get isHeld(): boolean {
    return this.isPaused || this.isDecompressing || this.nextFrame < this.frames.length
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    if (!this.isPaused) return
    this.isPaused = false
    this.pump()
  }

  /** @returns false where it brings the call no further: an informational response */
  onBlock(block: DecodedBlock, isEndOfStream: boolean): boolean {
    const read = this.readBlock(block, isEndOfStream)
    if (read === undefined) return this.isDone
    if (this.headers === undefined) this.onHeaders(read, isEndOfStream)
    else if (isEndOfStream) this.onTrailers(read)
    else this.failMalformed()
    return true
  }

  /** undefined: it ends the call, or is informational. */
  private readBlock(block: DecodedBlock, isEndOfStream: boolean): HeaderBlock | undefined {
    if (block.isTooLarge) {
      this.failWith(localStatus(Code.Internal, 'the upstream sent too many header fields', false), ErrorCode.Cancel)
      return undefined
    }
    const isFirst = this.headers === undefined
    if (block.isMalformed || !isWellFormed(block.fields, isFirst)) {
      this.failMalformed()
      return undefined
    }
    const read = (block.read ??= readHeaderBlock(block.fields))
    if (!isFirst || read.httpStatus >= 200) return read
    // RFC 9113 §8.1: informational, and never the last.
    if (isEndOfStream) this.failMalformed()
    return undefined
  }

  onData(bytes: Buffer, from: number, to: number): void {
    if (this.fault !== undefined) return
    if (this.headers === undefined) return this.failMalformed()
    const problem = this.reader.push(bytes, this.frames, from, to)
    if (problem !== undefined) this.fault = localStatus(Code.Internal, problem, false)
    if (this.fault !== undefined || this.frames.length > 0) this.pump()
  }

  /** END_STREAM on DATA: no trailers will come. */
  onEndOfData(): void {
    this.endStream()
    if (this.headers === undefined) return this.failMalformed()
    this.fault ??= statusOfHttp(this.headers.httpStatus)
    this.pump()
    if (!this.isDone) this.linger()
  }

  onReset(code: number): void {
    this.failWith(statusOfReset(code, this.headers?.httpStatus), ErrorCode.Cancel)
  }

  /** The connection is over, or this stream of it. */
  onConnectionEnd(status: CallStatus): void {
    this.failWith(status, ErrorCode.Cancel)
  }

  private onHeaders(block: HeaderBlock, isOnly: boolean): void {
    const isForeign = block.hasContentType ? !block.isGrpc : !isOnly
    if (isForeign) {
      if (isOnly) this.endStream()
      return this.failWith(statusOfHttp(block.httpStatus), ErrorCode.Cancel)
    }
    this.headers = block
    if (isOnly) this.onTrailers(block)
    else this.handler.onHeaders(block.metadata)
  }

  private onTrailers(block: HeaderBlock): void {
    this.endStream()
    if (block.grpcStatus === undefined) this.fault ??= statusOfHttp(this.headers?.httpStatus ?? 0)
    this.trailers = block
    this.pump()
    if (!this.isDone) this.linger()
  }

  /** Hands over what has been read, in order, as far as the caller takes it; then the end. */
  private pump(): void {
    while (!this.isDone && !this.isPaused && !this.isDecompressing && this.nextFrame < this.frames.length) {
      const frame = this.frames[this.nextFrame++]!
      if (frame.flag === 0) this.handler.onMessage(frame.payload)
      else this.unpack(frame.payload)
    }
    if (this.isDone || this.nextFrame < this.frames.length || this.isDecompressing) return
    this.dropFrames()
    if (this.fault !== undefined) return this.failWith(this.fault, ErrorCode.Cancel)
    if (this.trailers !== undefined) this.onAllTaken(this.trailers)
    else this.giveBack()
  }

  /** Forgets what has been handed over. (Setting an array's length calls into V8's runtime; one frame is the rule.) */
  private dropFrames(): void {
    if (this.nextFrame === 0) return
    if (this.nextFrame === 1) this.frames.pop()
    else this.frames.length = 0
    this.nextFrame = 0
  }

  private onAllTaken(trailers: HeaderBlock): void {
    const status = peerStatusOf(trailers)
    if (status === undefined) return
    if (status.code === Code.Ok && this.reader.isPartial) {
      const text = 'the upstream ended within a message'
      return this.failWith(localStatus(Code.Internal, text, false), ErrorCode.Cancel)
    }
    this.complete(status, trailers.metadata)
  }

  private unpack(payload: Uint8Array): void {
    this.isDecompressing = true
    const problem = decompress(payload, this.headers?.grpcEncoding, this.maxBytes, (error, message) => {
      this.isDecompressing = false
      if (this.isDone) return
      if (error !== undefined) return this.failWith(localStatus(Code.Internal, error, false), ErrorCode.Cancel)
      // A pause that came meanwhile holds this message too.
      this.frames[--this.nextFrame] = { flag: 0, payload: message }
      this.pump()
    })
    if (problem !== undefined) this.failWith(localStatus(Code.Internal, problem, false), ErrorCode.Cancel)
  }

  private failMalformed(): void {
    this.failWith(brokenProtocolStatus(), ErrorCode.ProtocolError)
  }
}

const COLON = 0x3a
const ZERO = 0x30
const NINE = 0x39

/** Three digits, the first from 1 to 5. */
function isStatus(text: string): boolean {
  if (text.length !== 3) return false
  for (let at = 0; at < 3; at++) if (text.charCodeAt(at) < ZERO || text.charCodeAt(at) > NINE) return false
  return text.charCodeAt(0) > ZERO && text.charCodeAt(0) <= ZERO + 5
}

/** RFC 9113 §8.3: in a response `:status`, three digits, first and alone; in trailers no pseudo-field at all. */
function isWellFormed(fields: readonly string[], isResponse: boolean): boolean {
  let at = 0
  if (isResponse) {
    if (fields[0] !== ':status' || !isStatus(fields[1]!)) return false
    at = 2
  }
  for (; at < fields.length; at += 2) if (fields[at]!.charCodeAt(0) === COLON) return false
  return true
}
