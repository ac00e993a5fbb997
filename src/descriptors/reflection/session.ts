import { decodeResponse, encodeRequest, type ReflectionRequest, type ReflectionResponse } from './messages.js'

/** gRPC status code: the server does not know the service or method. */
export const UNIMPLEMENTED = 12

/** Events of one bidirectional stream; fits upstream's StreamHandler. */
export interface ReflectionHandler {
  onHeaders(): void
  onMessage(message: Uint8Array): void
  onEnd(status: { readonly code: number; readonly message: string }): void
  onDrain(): void
}

/** The sending side of it; upstream's StreamCall fits. */
export interface ReflectionStream {
  send(message: Uint8Array): unknown
  halfClose(): void
  cancel(): void
}

/** Opens a bidirectional stream of messages, in bytes, on the method `path` (`/package.Service/Method`). */
export type OpenReflectionStream = (path: string, handler: ReflectionHandler) => ReflectionStream

/** The stream ended before all was answered. */
export class StreamEnded extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

interface Waiting {
  readonly resolve: (response: ReflectionResponse) => void
  readonly reject: (error: Error) => void
}

/** Requests and their responses on one reflection stream: answers come in the order of the questions. */
export class ReflectionSession {
  readonly #stream: ReflectionStream
  readonly #waiting: Waiting[] = []
  #failure: Error | undefined
  #isDone = false
  #bytes = 0

  /** @param maxBytes of all responses together; a server that sends more is given up */
  constructor(open: OpenReflectionStream, path: string, maxBytes: number) {
    this.#stream = open(path, {
      onHeaders: () => undefined,
      onDrain: () => undefined,
      onMessage: (message) => {
        this.#bytes += message.length
        const waiting = this.#waiting.shift()
        if (this.#isDone || waiting === undefined) this.fail(new Error('the server answers what was not asked'))
        else if (this.#bytes > maxBytes) {
          const error = new Error(`the server's descriptors are larger than ${maxBytes} bytes`)
          waiting.reject(error)
          this.fail(error)
        } else {
          try {
            waiting.resolve(decodeResponse(message))
          } catch {
            waiting.reject(new Error('the server sent a response that is not a ServerReflectionResponse'))
          }
        }
      },
      onEnd: ({ code, message }) => {
        this.#settle(new StreamEnded(code, message))
      },
    })
  }

  ask(request: ReflectionRequest): Promise<ReflectionResponse> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#stream.send(encodeRequest(request))
    })
  }

  /** All is asked and answered. */
  close(): void {
    if (this.#isDone || this.#failure !== undefined) return
    this.#isDone = true
    this.#stream.halfClose()
  }

  /** Gives the stream up. */
  fail(error: Error): void {
    if (this.#failure === undefined) this.#stream.cancel()
    this.#settle(error)
  }

  #settle(error: Error): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}
