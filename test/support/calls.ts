import type {
  CallOptions,
  CallStatus,
  Connection,
  Metadata,
  StreamCall,
  StreamHandler,
  UnaryResult,
  Upstream,
} from '../../src/upstream/index.js'

/** Whatever carries calls: a connection or an upstream. */
export type Caller = Pick<Connection | Upstream, 'unary' | 'stream'>

export function callOptions(path: string, options: Partial<CallOptions> = {}): CallOptions {
  return { path, metadata: [], deadlineMs: Date.now() + 10_000, ...options }
}

/** A unary call as a promise; the result also says how often onEnd came. */
export function unary(
  caller: Caller,
  path: string,
  message: Uint8Array | string = '',
  options: Partial<CallOptions> = {},
): Promise<UnaryResult> {
  return new Promise((resolve, reject) => {
    let ends = 0
    caller.unary(callOptions(path, options), Buffer.from(message), (result) => {
      ends += 1
      if (ends > 1) reject(new Error('onEnd came twice'))
      resolve(result)
    })
  })
}

/** A stream whose events are kept. */
export class RecordedStream implements StreamHandler {
  readonly messages: Buffer[] = []
  readonly call: StreamCall
  headers: Metadata | undefined
  trailers: Metadata | undefined
  status: CallStatus | undefined
  ends = 0
  drains = 0
  readonly ended: Promise<CallStatus>
  private resolveEnded!: (status: CallStatus) => void
  private readonly waiters: { count: number; resolve: () => void }[] = []
  private drainWaiter: (() => void) | undefined

  constructor(caller: Caller, path: string, options: Partial<CallOptions> = {}) {
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve
    })
    this.call = caller.stream(callOptions(path, options), this)
  }

  onHeaders(headers: Metadata): void {
    this.headers = headers
  }

  onMessage(message: Uint8Array): void {
    this.messages.push(Buffer.from(message))
    for (const waiter of this.waiters) if (this.messages.length >= waiter.count) waiter.resolve()
  }

  onEnd(status: CallStatus, trailers: Metadata): void {
    this.ends += 1
    this.status = status
    this.trailers = trailers
    this.resolveEnded(status)
  }

  onDrain(): void {
    this.drains += 1
    this.drainWaiter?.()
  }

  /** Resolves once so many messages have come. */
  received(count: number): Promise<void> {
    if (this.messages.length >= count) return Promise.resolve()
    return new Promise((resolve) => this.waiters.push({ count, resolve }))
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.drainWaiter = resolve
    })
  }
}

/** The values of a name in wire pairs. */
export function valuesOf(metadata: Metadata, name: string): string[] {
  const values: string[] = []
  for (let at = 0; at + 1 < metadata.length; at += 2) if (metadata[at] === name) values.push(metadata[at + 1]!)
  return values
}

/** Waits until a condition holds, looking often; fails after the time-out. */
export async function until(condition: () => boolean, what: string, timeoutMs = 15_000): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
