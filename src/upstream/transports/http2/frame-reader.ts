import * as framesModule from './frames.js'
import { ConnectionError, ErrorCode, Flag, FrameType } from './frames.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { Padded } = Flag
const { Data } = FrameType
const { FRAME_HEADER_BYTES, MAX_FRAME_BYTES } = framesModule

/** What takes the frames of a connection. Bytes are only lent: the buffer is read into again afterwards. */
export interface FrameSink {
  /** A DATA frame begins. @param length of its payload, padding included: what flow control counts */
  onDataStart(streamId: number, length: number, flags: number): void
  /** A piece of it, without padding. */
  onDataBytes(bytes: Buffer, from: number, to: number): void
  /** Its last byte has been read. */
  onDataEnd(flags: number): void
  /** Any other frame, whole. */
  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, from: number, to: number): void
}

/**
 * Reads frames out of chunks in place, wherever they are cut (RFC 9113 §4.1). DATA is passed on as it comes; another
 * frame that a chunk's end cuts is gathered, at most MAX_FRAME_BYTES of it.
 */
export class FrameReader {
  private readonly sink: FrameSink
  private isStopped = false
  private readonly header = Buffer.alloc(FRAME_HEADER_BYTES)
  private headerLength = 0
  private length = 0
  private type = 0
  private flags = 0
  private streamId = 0
  /** Payload of the frame under way that has not been read. */
  private missing = 0
  /** Padding at the end of the DATA frame under way; -1: its length has not been read yet. */
  private padding = 0
  private gathered: Buffer | undefined
  private gatheredLength = 0

  constructor(sink: FrameSink) {
    this.sink = sink
  }

  /** Reads no more, not even what is left of the chunk under way. */
  stop(): void {
    this.isStopped = true
  }

  /**
   * Reads a chunk.
   * @throws ConnectionError where the bytes are no frames, or the sink finds fault with one
   */
  push(chunk: Buffer, from: number, to: number): void {
    let at = from
    while (at < to && !this.isStopped) {
      if (this.headerLength < FRAME_HEADER_BYTES) {
        at = this.readHeader(chunk, at, to)
        if (this.headerLength < FRAME_HEADER_BYTES) return
        // A frame without payload is complete with its header.
        if (this.missing > 0) continue
      }
      at = this.type === Data ? this.readData(chunk, at, to) : this.readPayload(chunk, at, to)
    }
  }

  private readHeader(chunk: Buffer, from: number, to: number): number {
    let source = chunk
    let start = from
    let end = from + FRAME_HEADER_BYTES
    if (this.headerLength > 0 || end > to) {
      end = Math.min(to, from + FRAME_HEADER_BYTES - this.headerLength)
      chunk.copy(this.header, this.headerLength, from, end)
      this.headerLength += end - from
      if (this.headerLength < FRAME_HEADER_BYTES) return end
      source = this.header
      start = 0
    }
    this.headerLength = FRAME_HEADER_BYTES
    const length = (source[start]! << 16) | (source[start + 1]! << 8) | source[start + 2]!
    this.type = source[start + 3]!
    this.flags = source[start + 4]!
    this.streamId =
      ((source[start + 5]! & 0x7f) << 24) | (source[start + 6]! << 16) | (source[start + 7]! << 8) | source[start + 8]!
    if (length > MAX_FRAME_BYTES) throw new ConnectionError(ErrorCode.FrameSizeError, `a frame of ${length} bytes`)
    this.length = length
    this.missing = length
    if (this.type === Data) {
      const isPadded = (this.flags & Padded) !== 0
      if (isPadded && length === 0) throw new ConnectionError(ErrorCode.FrameSizeError, 'padding without its length')
      this.padding = isPadded ? -1 : 0
      this.sink.onDataStart(this.streamId, length, this.flags)
    }
    return end
  }

  private readData(chunk: Buffer, from: number, to: number): number {
    let at = from
    if (this.padding === -1 && at < to) {
      this.padding = chunk[at++]!
      this.missing -= 1
      // RFC 9113 §6.1: padding that is the length of the payload or more.
      if (this.padding >= this.length) throw new ConnectionError(ErrorCode.ProtocolError, 'padding exceeds its frame')
    }
    const content = Math.min(this.missing - this.padding, to - at)
    if (content > 0) {
      this.missing -= content
      this.sink.onDataBytes(chunk, at, at + content)
      at += content
    }
    const rest = Math.min(this.missing, to - at)
    if (this.missing <= this.padding) {
      this.missing -= rest
      at += rest
    }
    if (this.missing === 0) {
      this.headerLength = 0
      this.sink.onDataEnd(this.flags)
    }
    return at
  }

  private readPayload(chunk: Buffer, from: number, to: number): number {
    const { type, flags, streamId, length } = this
    const take = Math.min(this.missing, to - from)
    this.missing -= take
    const end = from + take
    if (take === length) {
      this.headerLength = 0
      this.sink.onFrame(type, flags, streamId, chunk, from, end)
      return end
    }
    this.gathered ??= Buffer.allocUnsafe(MAX_FRAME_BYTES)
    chunk.copy(this.gathered, this.gatheredLength, from, end)
    this.gatheredLength += take
    if (this.missing === 0) {
      this.headerLength = 0
      this.gatheredLength = 0
      this.sink.onFrame(type, flags, streamId, this.gathered, 0, length)
    }
    return end
  }
}
