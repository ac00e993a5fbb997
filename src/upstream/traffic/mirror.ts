import type { UnaryCall } from '../resilience/types.js'

export interface MirrorSettings {
  /** Share of the calls that are mirrored, 0 to 1. */
  readonly share: number
  /** Mirrored calls under way; where there are so many, a call is not mirrored. */
  readonly maxConcurrent: number
}

/**
 * Sends a copy of calls to a shadow, whose answer nobody waits for: whether it comes, what it is and how long it takes makes
 * no difference to the caller, nor does it to the shadow whether the caller waits.
 */
export function mirroring(
  call: UnaryCall,
  shadow: UnaryCall,
  settings: MirrorSettings,
  random: () => number,
): UnaryCall {
  const { share, maxConcurrent } = settings
  let inFlight = 0
  const onEnd = (): void => {
    inFlight--
  }
  return (options, message, onResult) => {
    if (inFlight < maxConcurrent && (share >= 1 || random() < share)) {
      inFlight++
      const { observer } = options
      shadow(observer === undefined ? options : { ...options, observer: observer.ofCopies }, message, onEnd)
    }
    return call(options, message, onResult)
  }
}
