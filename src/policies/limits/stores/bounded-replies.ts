import type { Readable } from 'node:stream'

/** Of replies that are some tens of bytes each: those to thousands of questions that were asked together. */
const MAX_BYTES = 256 * 1024

/**
 * Ends a connection on which more comes than answers can be. The client keeps a reply until it is whole, however large it says that
 * it is: what answers at the store's place could fill the memory, and hold up every request with reading.
 */
export class BoundedReplies {
  #bytes = 0

  watch(stream: Readable): void {
    this.#bytes = 0
    stream.on('data', (chunk: Buffer | string) => {
      this.#bytes += chunk.length
      if (this.#bytes > MAX_BYTES) stream.destroy(new Error('it sends more than it was asked for'))
    })
  }

  /** Something that had come was an answer. */
  answered(): void {
    this.#bytes = 0
  }
}
