import { ConnectionError, ErrorCode, Flag } from './frames.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { EndHeaders, EndStream, Padded, Priority } = Flag

/** The most a header block may take in frames, before decoding. */
const MAX_BLOCK_BYTES = 64 * 1024
const MAX_CONTINUATIONS = 64

/** Where a header block lies. */
export interface EncodedBlock {
  readonly bytes: Buffer
  readonly from: number
  readonly to: number
}

/** Puts together the header block of HEADERS and the CONTINUATIONs that follow it (RFC 9113 §6.2, §6.10). */
export class BlockAssembly {
  streamId = 0
  isEndOfStream = false
  private parts: Buffer[] = []
  private length = 0

  /** True between HEADERS and the frame with END_HEADERS: only CONTINUATION of that stream may come. */
  get isOpen(): boolean {
    return this.parts.length > 0
  }

  /**
   * Takes HEADERS.
   * @returns the block, where it is whole with this frame: in the bytes given
   * @throws ConnectionError
   */
  begin(flags: number, streamId: number, bytes: Buffer, start: number, end: number): EncodedBlock | undefined {
    let from = start
    let to = end
    if ((flags & Padded) !== 0) {
      if (from >= to) throw new ConnectionError(ErrorCode.FrameSizeError, 'padding without its length')
      to -= bytes[from++]!
    }
    if ((flags & Priority) !== 0) from += 5
    if (from > to) throw new ConnectionError(ErrorCode.ProtocolError, 'HEADERS shorter than its padding and priority')
    this.streamId = streamId
    this.isEndOfStream = (flags & EndStream) !== 0
    if ((flags & EndHeaders) !== 0) return { bytes, from, to }
    this.parts = [Buffer.from(bytes.subarray(from, to))]
    this.length = to - from
    return undefined
  }

  /** Takes CONTINUATION. @throws ConnectionError */
  continue(flags: number, streamId: number, bytes: Buffer, from: number, to: number): EncodedBlock | undefined {
    if (!this.isOpen || streamId !== this.streamId) {
      throw new ConnectionError(ErrorCode.ProtocolError, 'CONTINUATION out of place')
    }
    this.length += to - from
    if (this.length > MAX_BLOCK_BYTES || this.parts.length > MAX_CONTINUATIONS) {
      throw new ConnectionError(ErrorCode.EnhanceYourCalm, 'a header block that does not end')
    }
    this.parts.push(Buffer.from(bytes.subarray(from, to)))
    if ((flags & EndHeaders) === 0) return undefined
    const whole = Buffer.concat(this.parts)
    this.parts = []
    return { bytes: whole, from: 0, to: whole.length }
  }
}
