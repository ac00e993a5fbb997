/** One gRPC message as it travels: flag 0 plain, 1 compressed with the response's `grpc-encoding`. */
export interface MessageFrame {
  readonly flag: number
  readonly payload: Uint8Array
}

const PREFIX_BYTES = 5

/**
 * Splits a response body into messages: a flag byte, four bytes of length, the message (PROTOCOL-HTTP2.md,
 * "Length-Prefixed-Message"). Chunks bear no relation to messages, and are only read: a message is a copy. Holds at most
 * one message of the limit's size, and of that not much more than has come.
 */
export class MessageReader {
  private prefixLength = 0
  private flag = 0
  /** The message's length, once the prefix has been read. */
  private length = 0
  private payload: Buffer = EMPTY
  private payloadLength = 0
  private readonly maxBytes: number

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** True between a message's first byte and its last: an end here cuts a message. */
  get isPartial(): boolean {
    return this.prefixLength > 0
  }

  /**
   * Takes a chunk, or a part of one, and adds the messages it completes to `frames`.
   * @returns what is wrong, after which the reader must not be used again
   */
  push(chunk: Uint8Array, frames: MessageFrame[], from = 0, to = chunk.length): string | undefined {
    let at = from
    while (at < to) {
      if (this.prefixLength < PREFIX_BYTES) {
        const octet = chunk[at++]!
        if (this.prefixLength++ === 0) {
          if (octet > 1) return 'the upstream sent a message with an unknown compression flag'
          this.flag = octet
          this.length = 0
          continue
        }
        this.length = this.length * 256 + octet
        if (this.prefixLength < PREFIX_BYTES) continue
        if (this.length > this.maxBytes) return tooLarge(this.maxBytes)
        // A length is only a claim: what is set aside for it grows with what comes.
        if (this.length > 0) this.payload = Buffer.allocUnsafe(Math.min(this.length, MAX_AHEAD))
      }
      const take = Math.min(this.length - this.payloadLength, to - at)
      if (this.payloadLength + take > this.payload.length) this.grow(this.payloadLength + take)
      copy(chunk, at, take, this.payload, this.payloadLength)
      this.payloadLength += take
      at += take
      if (this.payloadLength < this.length) return undefined
      frames.push({ flag: this.flag, payload: this.payload })
      this.prefixLength = 0
      this.payload = EMPTY
      this.payloadLength = 0
    }
    return undefined
  }

  private grow(length: number): void {
    const grown = Buffer.allocUnsafe(Math.min(this.length, Math.max(length, this.payload.length * 2)))
    grown.set(this.payload.subarray(0, this.payloadLength))
    this.payload = grown
  }
}

const EMPTY = Buffer.alloc(0)
/** Up to here a loop costs less than a view of the bytes, which copying by the system asks for. */
const FEW = 128

function copy(from: Uint8Array, start: number, length: number, to: Uint8Array, at: number): void {
  if (length > FEW) to.set(from.subarray(start, start + length), at)
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i]!
}

/** What a message is given before more of it has come. */
const MAX_AHEAD = 64 * 1024

/** What a message above the limit is called, before and after decompression. */
export function tooLarge(maxBytes: number): string {
  return `the upstream sent a message larger than ${maxBytes} bytes`
}

/** A message with its prefix, uncompressed. */
export function frameMessage(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.length)
  framed[0] = 0
  framed.writeUInt32BE(message.length, 1)
  framed.set(message, PREFIX_BYTES)
  return framed
}
