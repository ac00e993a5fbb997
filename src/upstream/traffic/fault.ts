import { Code } from '../../status/index.js'
import { localStatus, NO_METADATA, peerStatus } from '../protocol/call-status.js'
import type { ResilienceDependencies, UnaryCall, UnaryEnd } from '../resilience/types.js'
import type { Call, CallOptions, CallStatus, Endpoint } from '../types.js'

export interface FaultSettings {
  /** undefined: none. */
  readonly delay: { readonly ms: number; readonly share: number } | undefined
  readonly abort: { readonly code: number; readonly share: number } | undefined
}

/**
 * Makes calls slow, or fail, on purpose: to see what callers do then. A call that is aborted reaches no upstream; one that is
 * delayed has that much less of its time.
 */
export function faulting(call: UnaryCall, settings: FaultSettings, dependencies: ResilienceDependencies): UnaryCall {
  const { delay, abort } = settings
  const isDrawn = (share: number): boolean => share >= 1 || dependencies.random() < share
  return (options, message, onEnd) => {
    const aborts = abort !== undefined && isDrawn(abort.share)
    const next: UnaryCall = aborts ? aborted(abort.code) : call
    if (delay === undefined || !isDrawn(delay.share)) return next(options, message, onEnd)
    return new DelayedCall(next, delay.ms, dependencies, options, message, onEnd)
  }
}

/** A status that looks as if the upstream had sent it, so that it means to the caller what it will mean one day. */
function aborted(code: number): UnaryCall {
  return (_options, _message, onEnd) => {
    process.nextTick(tell, onEnd, peerStatus(code, 'a fault that is injected on purpose', undefined))
    return { cancel: () => undefined }
  }
}

class DelayedCall implements Call {
  readonly #onEnd: UnaryEnd
  #call: Call | undefined
  #timer: { cancel(): void } | undefined

  constructor(
    next: UnaryCall,
    delayMs: number,
    { now, setTimer }: ResilienceDependencies,
    options: CallOptions,
    message: Uint8Array,
    onEnd: UnaryEnd,
  ) {
    this.#onEnd = onEnd
    const remainingMs = options.deadlineMs - now()
    this.#timer = setTimer(Math.max(0, Math.min(delayMs, remainingMs)), () => {
      this.#timer = undefined
      if (remainingMs > delayMs) this.#call = next(options, message, onEnd)
      else tell(onEnd, localStatus(Code.DeadlineExceeded, 'the deadline of the call has passed', true))
    })
  }

  get endpoint(): Endpoint | undefined {
    return this.#call?.endpoint
  }

  cancel(): void {
    if (this.#timer === undefined) return this.#call?.cancel()
    this.#timer.cancel()
    this.#timer = undefined
    process.nextTick(tell, this.#onEnd, localStatus(Code.Cancelled, 'the call was cancelled', true))
  }
}

function tell(onEnd: UnaryEnd, status: CallStatus): void {
  onEnd({ status, headers: NO_METADATA, trailers: NO_METADATA, message: undefined }, undefined)
}
