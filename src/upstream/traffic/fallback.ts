import { Code } from '../../status/index.js'
import type { UnaryCall, UnaryEnd } from '../resilience/types.js'
import type { Call, CallOptions, Endpoint } from '../types.js'

/**
 * Calls go to the first, and to the second while the first has no endpoint, or none that can be connected to and is
 * healthy: known beforehand, or found out by the call itself, which then has never left.
 *
 * @param canServe whether the first has an endpoint that may take a call
 */
export function falling(first: UnaryCall, second: UnaryCall, canServe: () => boolean): UnaryCall {
  return (options, message, onEnd) => {
    if (!canServe()) return second(options, message, onEnd)
    const call = new FallingCall(second, options, message, onEnd)
    call.begin(first)
    return call
  }
}

class FallingCall implements Call {
  readonly #second: UnaryCall
  readonly #options: CallOptions
  readonly #message: Uint8Array
  readonly #onEnd: UnaryEnd
  #call: Call | undefined
  #isCancelled = false

  constructor(second: UnaryCall, options: CallOptions, message: Uint8Array, onEnd: UnaryEnd) {
    this.#second = second
    this.#options = options
    this.#message = message
    this.#onEnd = onEnd
  }

  get endpoint(): Endpoint | undefined {
    return this.#call?.endpoint
  }

  begin(first: UnaryCall): void {
    this.#call = first(this.#options, this.#message, (result, endpoint) => {
      const { code, origin, isUnprocessed, isRefused } = result.status
      const isUnserved = origin === 'local' && code === Code.Unavailable && isUnprocessed && isRefused !== true
      if (isUnserved && !this.#isCancelled) this.#call = this.#second(this.#options, this.#message, this.#onEnd)
      else this.#onEnd(result, endpoint)
    })
  }

  cancel(): void {
    this.#isCancelled = true
    this.#call?.cancel()
  }
}
