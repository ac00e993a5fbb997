import { Code } from '../status/index.js'
import type { PooledEndpoint } from './pooled-endpoint.js'
import { localStatus, NO_METADATA } from './protocol/call-status.js'
import type { UnaryEnd } from './resilience/types.js'
import type {
  AttemptObserver,
  Call,
  CallOptions,
  CallStatus,
  Endpoint,
  Metadata,
  StreamCall,
  StreamHandler,
} from './types.js'

/** What a call asks of its upstream. */
export interface AttemptSource {
  /** The upstream's. */
  readonly name: string
  /** The endpoint for the next attempt; undefined: none is left. */
  pick(tried: readonly PooledEndpoint[], options: CallOptions): PooledEndpoint | undefined
  /** The endpoints of these addresses, as far as they are still there. */
  known(addresses: readonly string[]): readonly PooledEndpoint[]
  /** Why a call may not wait for a connection: too many do already; undefined: it may. */
  whyNoWaiting(): CallStatus | undefined
  /** True while nothing has been heard from the resolver. */
  readonly isResolving: boolean
  /** Calls `attempt` when the resolver has spoken or an endpoint has changed; ends the call when that takes too long. */
  waitForEndpoints(call: Attempts): void
  stopWaiting(call: Attempts): void
  /** @param isClientDeadline the attempt's deadline was the client's wish, shorter than ours */
  release(endpoint: PooledEndpoint, status: CallStatus, isClientDeadline: boolean): void
  /** The call is over, whatever attempts it took. */
  onEnd(): void
}

const NONE_TRIED: readonly PooledEndpoint[] = []
/** How much of a stream's messages is kept for sending it again elsewhere. */
const MAX_KEPT_BYTES = 64 * 1024

/**
 * A call on an upstream: one attempt on one endpoint, and where that certainly never reached the server's application,
 * a further one on each other endpoint (gRPC proposal A6, "Transparent Retries"). Where the only endpoint refused the
 * call on a connection that works, it is tried there once more: a server that restarts sends GOAWAY and is back.
 */
export abstract class Attempts implements Call {
  protected isDone = false
  protected readonly source: AttemptSource
  protected readonly options: CallOptions
  private tried: PooledEndpoint[] | undefined
  private pooled: PooledEndpoint | undefined
  private hasRepeated = false
  private call: Call | undefined
  private observed: AttemptObserver | undefined

  constructor(source: AttemptSource, options: CallOptions) {
    this.source = source
    this.options = options
  }

  get deadlineMs(): number {
    return this.options.deadlineMs
  }

  start(): void {
    if (!this.source.isResolving) return this.attempt()
    const refusal = this.source.whyNoWaiting()
    if (refusal === undefined) this.source.waitForEndpoints(this)
    else this.refuseWith(refusal)
  }

  /** Opens the next attempt, or ends the call where there is no endpoint for it. */
  attempt(): void {
    const endpoint = this.pickFirst()
    if (endpoint === undefined) return this.refuse(Code.Unavailable, 'the upstream has no endpoint')
    this.attemptOn(endpoint)
  }

  /** Another than those the call has failed on, where there is one. */
  private pickFirst(): PooledEndpoint | undefined {
    const { source, options } = this
    if (this.tried !== undefined) return source.pick(this.tried, options)
    const { avoid } = options
    const other = avoid === undefined ? undefined : source.pick(source.known(avoid), options)
    return other ?? source.pick(NONE_TRIED, options)
  }

  /** Ends a call that is not on any endpoint. */
  refuse(code: typeof Code.Unavailable | typeof Code.DeadlineExceeded | typeof Code.Cancelled, message: string): void {
    this.refuseWith(localStatus(code, message, true))
  }

  private refuseWith(status: CallStatus): void {
    if (this.isDone) return
    this.isDone = true
    process.nextTick(() => this.end(status))
  }

  /** Of the attempt that is under way, or was the last. */
  get endpoint(): Endpoint | undefined {
    return this.pooled?.endpoint
  }

  cancel(): void {
    if (this.isDone) return
    if (this.call !== undefined) return this.call.cancel()
    this.source.stopWaiting(this)
    this.refuse(Code.Cancelled, 'the call was cancelled')
  }

  /**
   * Takes an attempt's end.
   * @returns true where another attempt has been opened
   */
  protected endAttempt(status: CallStatus, mayRepeat: boolean): boolean {
    const endpoint = this.pooled!
    const ejections = endpoint.outlier?.ejections
    this.source.release(endpoint, status, this.options.hasClientDeadline === true)
    this.observed?.onEnd(status, endpoint.outlier?.ejections !== ejections)
    if (mayRepeat && status.isUnprocessed && status.code === Code.Unavailable) {
      this.tried ??= []
      if (!this.tried.includes(endpoint)) this.tried.push(endpoint)
      let next = this.source.pick(this.tried, this.options)
      if (next === undefined && !this.hasRepeated && this.isAlive(endpoint)) {
        this.hasRepeated = true
        next = endpoint
      }
      if (next !== undefined) {
        this.attemptOn(next)
        return true
      }
    }
    this.isDone = true
    return false
  }

  protected finish(): void {
    this.source.onEnd()
  }

  private isAlive(endpoint: PooledEndpoint): boolean {
    return !endpoint.isRemoved && endpoint.state !== 'TRANSIENT_FAILURE' && endpoint.state !== 'SHUTDOWN'
  }

  private attemptOn(endpoint: PooledEndpoint): void {
    if (endpoint.state !== 'READY') {
      const refusal = this.source.whyNoWaiting()
      if (refusal !== undefined) {
        this.leave()
        this.refuseWith(refusal)
        return
      }
    }
    if (endpoint.isAwaitingHealth) {
      // gRFC A17: not ready until its health check has answered. Picked all the same, for want of one that is.
      this.leave()
      // Where the call goes there once more, it may by then go anywhere once more.
      if (this.tried?.includes(endpoint) === true) this.tried = undefined
      return this.source.waitForEndpoints(this)
    }
    this.pooled = endpoint
    endpoint.inFlight += 1
    this.call = this.open(endpoint, this.observedOptions(endpoint))
  }

  private observedOptions({ endpoint }: PooledEndpoint): CallOptions {
    const { options } = this
    if (options.observer === undefined) return options
    this.observed = options.observer.onAttempt(this.source.name, endpoint, options.previousAttempts ?? 0)
    if (this.observed === undefined || this.observed.metadata.length === 0) return options
    return { ...options, metadata: [...options.metadata, ...this.observed.metadata] }
  }

  /** The call is on no endpoint now. */
  protected leave(): void {
    this.call = undefined
  }

  protected abstract open(endpoint: PooledEndpoint, options: CallOptions): Call
  /** Tells the caller how the call ended. */
  protected abstract end(status: CallStatus): void
}

export class UnaryAttempts extends Attempts {
  private readonly message: Uint8Array
  private readonly onResult: UnaryEnd

  constructor(source: AttemptSource, options: CallOptions, message: Uint8Array, onResult: UnaryEnd) {
    super(source, options)
    this.message = message
    this.onResult = onResult
  }

  protected open(endpoint: PooledEndpoint, options: CallOptions): Call {
    return endpoint.connection.unary(options, this.message, (result) => {
      if (this.endAttempt(result.status, true)) return
      this.finish()
      this.onResult(result, this.endpoint)
    })
  }

  protected end(status: CallStatus): void {
    this.finish()
    this.onResult({ status, headers: NO_METADATA, trailers: NO_METADATA, message: undefined }, undefined)
  }
}

export class StreamAttempts extends Attempts implements StreamCall, StreamHandler {
  private readonly handler: StreamHandler
  private stream: StreamCall | undefined
  /** What was sent, for another attempt; undefined once that is out of the question. */
  private kept: Uint8Array[] | undefined = []
  private keptBytes = 0
  private isHalfClosed = false
  private isPaused = false
  private isWaitingForDrain = false

  constructor(source: AttemptSource, options: CallOptions, handler: StreamHandler) {
    super(source, options)
    this.handler = handler
  }

  send(message: Uint8Array): boolean {
    if (this.isDone || this.isHalfClosed) return true
    const { stream } = this
    if (this.kept !== undefined) {
      this.kept.push(message)
      this.keptBytes += message.length
      if (stream !== undefined && this.keptBytes > MAX_KEPT_BYTES) this.kept = undefined
    }
    this.isWaitingForDrain = stream === undefined ? this.keptBytes > MAX_KEPT_BYTES : !stream.send(message)
    return !this.isWaitingForDrain
  }

  halfClose(): void {
    this.isHalfClosed = true
    this.stream?.halfClose()
  }

  pause(): void {
    this.isPaused = true
    this.stream?.pause()
  }

  resume(): void {
    this.isPaused = false
    this.stream?.resume()
  }

  onHeaders(headers: Metadata): void {
    this.kept = undefined
    this.handler.onHeaders(headers)
  }

  onMessage(message: Uint8Array): void {
    this.kept = undefined
    this.handler.onMessage(message)
  }

  onDrain(): void {
    if (this.isDone || !this.isWaitingForDrain) return
    this.isWaitingForDrain = false
    this.handler.onDrain()
  }

  onEnd(status: CallStatus, trailers: Metadata): void {
    if (this.endAttempt(status, this.kept !== undefined)) return
    this.finish()
    this.handler.onEnd(status, trailers)
  }

  protected open(endpoint: PooledEndpoint, options: CallOptions): Call {
    const stream = endpoint.connection.stream(options, this)
    this.stream = stream
    if (this.isPaused) stream.pause()
    let takesMore = true
    for (const message of this.kept ?? []) takesMore = stream.send(message)
    if (this.keptBytes > MAX_KEPT_BYTES) this.kept = undefined
    if (this.isHalfClosed) stream.halfClose()
    else if (takesMore && this.isWaitingForDrain) process.nextTick(() => this.onDrain())
    return stream
  }

  protected override leave(): void {
    super.leave()
    this.stream = undefined
  }

  protected end(status: CallStatus): void {
    this.finish()
    this.handler.onEnd(status, NO_METADATA)
  }
}
