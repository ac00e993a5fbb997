import type { ErrorCode } from './frames.js'
import * as framesModule from './frames.js'
import { Flag, FrameType } from './frames.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { Ack, EndHeaders, EndStream } = Flag
const { Continuation, Data, Goaway, Headers, Ping, RstStream, Settings, WindowUpdate } = FrameType
const { FRAME_HEADER_BYTES, MAX_FRAME_BYTES } = framesModule

const SLAB_BYTES = 64 * 1024
const PREFIX_BYTES = 5

/** Writes frames one behind the other into slabs; what has gathered is taken for one write to the socket. */
export class FrameWriter {
  private slab = Buffer.alloc(0)
  private from = 0
  private at = 0
  private full: Buffer[] = []
  /** Bytes written and not yet taken. */
  pendingBytes = 0

  /** Takes what was written so far, adding it to `chunks` in order. */
  take(chunks: Buffer[]): void {
    for (const chunk of this.full) chunks.push(chunk)
    if (this.full.length > 0) this.full = []
    if (this.at > this.from) {
      chunks.push(this.slab.subarray(this.from, this.at))
      this.from = this.at
    }
    this.pendingBytes = 0
  }

  /** What was taken is nobody's any more, as where the system has copied it: its memory, warm as it is, is written again. */
  reuse(): void {
    if (this.at !== this.from || this.slab.length > SLAB_BYTES) return
    this.from = 0
    this.at = 0
  }

  bytes(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length)
    this.slab.set(bytes, at)
  }

  /** SETTINGS. @param pairs identifier, value, identifier, value … */
  settings(pairs: readonly number[]): void {
    let at = this.header((pairs.length / 2) * 6, Settings, 0, 0)
    for (let pair = 0; pair < pairs.length; pair += 2) {
      at = this.slab.writeUInt16BE(pairs[pair]!, at)
      at = this.slab.writeUInt32BE(pairs[pair + 1]!, at)
    }
  }

  settingsAck(): void {
    this.header(0, Settings, Ack, 0)
  }

  /** @param payload the 8 octets to send back; undefined: a PING of our own */
  ping(payload: Buffer | undefined, from: number): void {
    const at = this.header(8, Ping, payload === undefined ? 0 : Ack, 0)
    if (payload === undefined) this.slab.fill(0, at, at + 8)
    else payload.copy(this.slab, at, from, from + 8)
  }

  windowUpdate(streamId: number, increment: number): void {
    this.uint32(this.header(4, WindowUpdate, 0, streamId), increment)
  }

  rstStream(streamId: number, code: ErrorCode): void {
    this.uint32(this.header(4, RstStream, 0, streamId), code)
  }

  /** A client's GOAWAY: the server opened no streams, so the last one processed is 0. */
  goaway(code: ErrorCode): void {
    const at = this.header(8, Goaway, 0, 0)
    this.uint32(at, 0)
    this.uint32(at + 4, code)
  }

  /** HEADERS of a request that has a body, and as many CONTINUATIONs as the block needs. */
  headers(streamId: number, block: Buffer, length: number): void {
    let done = 0
    do {
      const take = Math.min(length - done, MAX_FRAME_BYTES)
      const flags = done + take === length ? EndHeaders : 0
      const at = this.header(take, done === 0 ? Headers : Continuation, flags, streamId)
      block.copy(this.slab, at, done, done + take)
      done += take
    } while (done < length)
  }

  /** A frame header and room for its payload, which the caller fills with {@link data} and {@link prefix}. */
  dataHeader(streamId: number, length: number, isLast: boolean): number {
    return this.header(length, Data, isLast ? EndStream : 0, streamId)
  }

  /**
   * Copies a part of a gRPC message with its prefix (flag 0, length) to a place that {@link dataHeader} gave.
   * @param offset where the part begins, counted from the prefix
   */
  message(at: number, message: Uint8Array, offset: number, length: number): void {
    const { slab } = this
    const end = offset + length
    for (let place = offset; place < PREFIX_BYTES && place < end; place++) {
      slab[at + place - offset] = place === 0 ? 0 : (message.length >>> (8 * (PREFIX_BYTES - 1 - place))) & 0xff
    }
    if (end <= PREFIX_BYTES) return
    const from = Math.max(0, offset - PREFIX_BYTES)
    const to = end - PREFIX_BYTES
    const target = at + Math.max(0, PREFIX_BYTES - offset)
    if (from === 0 && to === message.length) slab.set(message, target)
    else slab.set(message.subarray(from, to), target)
  }

  private header(length: number, type: number, flags: number, streamId: number): number {
    const at = this.reserve(FRAME_HEADER_BYTES + length)
    const { slab } = this
    slab[at] = length >>> 16
    slab[at + 1] = length >>> 8
    slab[at + 2] = length
    slab[at + 3] = type
    slab[at + 4] = flags
    this.uint32(at + 5, streamId)
    return at + FRAME_HEADER_BYTES
  }

  private uint32(at: number, value: number): void {
    const { slab } = this
    slab[at] = value >>> 24
    slab[at + 1] = value >>> 16
    slab[at + 2] = value >>> 8
    slab[at + 3] = value
  }

  private reserve(length: number): number {
    if (this.at + length > this.slab.length) {
      if (this.at > this.from) this.full.push(this.slab.subarray(this.from, this.at))
      this.slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, length))
      this.from = 0
      this.at = 0
    }
    const at = this.at
    this.at += length
    this.pendingBytes += length
    return at
  }
}
