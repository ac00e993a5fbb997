import type { Socket } from 'node:net'

const SLAB_BYTES = 64 * 1024

/**
 * Room for small pieces of bytes that are written to sockets. Where the system has taken a piece at once, as it nearly always does,
 * its memory, warm as it is, is written again; what a client does not take stays where it is until it does.
 */
export class OutgoingBytes {
  #slab = Buffer.alloc(0)
  #at = 0

  /**
   * Writes text and bytes behind it.
   * @param text of characters up to U+00FF
   */
  write(socket: Socket, text: string, bytes: Uint8Array): void {
    const length = text.length + bytes.length
    if (this.#at + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, length))
      this.#at = 0
    }
    const from = this.#at
    const to = from + length
    this.#slab.write(text, from, 'latin1')
    this.#slab.set(bytes, from + text.length)
    this.#at = to
    socket.write(this.#slab.subarray(from, to))
    if (socket.writableLength === 0) this.#at = from
  }
}
