import { IncomingMessage } from 'node:http'

/**
 * A request as a listener of ours makes it. Where there is no body, or all of it has been taken, nobody waits for its end: left to
 * itself node:http would set the stream flowing, tell of its end and put it away, in four steps of the event loop that cost 1 to 2 µs
 * of 25 for a small GET. (`optimizeEmptyRequests` of newer Nodes does the same for those without a body.)
 */
export class ServerRequest extends IncomingMessage {
  #isSilent = false

  /** To be called where nothing more of a body will come: no `end` and no `close` is told. */
  silence(): void {
    this.#isSilent = true
  }

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    return this.#isSilent ? true : super.push(chunk, encoding)
  }

  /** What node:http calls on a request that has been answered, to be rid of what is unread of its body. */
  _dump(): void {
    if (!this.#isSilent) dump.call(this)
  }
}

const { _dump: dump } = IncomingMessage.prototype as IncomingMessage & { _dump: (this: IncomingMessage) => void }
