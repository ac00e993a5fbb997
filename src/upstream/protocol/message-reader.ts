/** One gRPC message as it travels: flag 0 plain, 1 compressed with the response's `grpc-encoding`. */
export interface MessageFrame {
  readonly flag: number
  readonly payload: Uint8Array
}

const PREFIX_BYTES = 5

/**
 * Splits a response body into messages: a flag byte, four bytes of length, the message (PROTOCOL-HTTP2.md,
 * "Length-Prefixed-Message"). Chunks bear no relation to messages. Holds at most one message of the limit's size.
 */
export class MessageReader {
  private readonly prefix = Buffer.alloc(PREFIX_BYTES)
  private prefixLength = 0
  private parts: Uint8Array[] = []
  private missing = 0
  private readonly maxBytes: number

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** True between a message's first byte and its last: an end here cuts a message. */
  get isPartial(): boolean {
    return this.prefixLength > 0
  }

  /**
   * Takes a chunk, adds the messages it completes to `frames`.
   * @returns what is wrong, after which the reader must not be used again
   */
  push(chunk: Uint8Array, frames: MessageFrame[]): string | undefined {
    let at = 0
    while (at < chunk.length) {
      if (this.prefixLength < PREFIX_BYTES) {
        const take = Math.min(PREFIX_BYTES - this.prefixLength, chunk.length - at)
        this.prefix.set(chunk.subarray(at, at + take), this.prefixLength)
        this.prefixLength += take
        at += take
        if (this.prefixLength < PREFIX_BYTES) return undefined
        const flag = this.prefix[0]!
        if (flag > 1) return 'the upstream sent a message with an unknown compression flag'
        this.missing = this.prefix.readUInt32BE(1)
        if (this.missing > this.maxBytes) return tooLarge(this.maxBytes)
      }
      const take = Math.min(this.missing, chunk.length - at)
      this.missing -= take
      if (this.missing === 0) {
        frames.push({ flag: this.prefix[0]!, payload: this.finish(chunk.subarray(at, at + take)) })
      } else {
        this.parts.push(chunk.subarray(at, at + take))
      }
      at += take
    }
    // A message of length 0 is complete with its prefix, even where the chunk ends there.
    if (this.prefixLength === PREFIX_BYTES && this.missing === 0) {
      frames.push({ flag: this.prefix[0]!, payload: this.finish(new Uint8Array(0)) })
    }
    return undefined
  }

  private finish(last: Uint8Array): Uint8Array {
    this.prefixLength = 0
    if (this.parts.length === 0) return last
    this.parts.push(last)
    const payload = Buffer.concat(this.parts)
    this.parts = []
    return payload
  }
}

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
