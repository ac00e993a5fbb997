import type { CallOptions } from '../types.js'

const PREVIOUS_ATTEMPTS = 'grpc-previous-rpc-attempts'

/**
 * The options of a further attempt at the same call: it tells the server how many went before it (gRPC proposal A6), and
 * goes to other endpoints where there are some.
 *
 * @param attempts made before this one, besides those that the options count already
 * @param avoid addresses of the endpoints they were on
 */
export function again(options: CallOptions, attempts: number, avoid: readonly string[]): CallOptions {
  const { metadata, previousAttempts = 0 } = options
  const total = previousAttempts + attempts
  const own = previousAttempts === 0 ? metadata : metadata.slice(0, -2)
  return {
    ...options,
    previousAttempts: total,
    metadata: [...own, PREVIOUS_ATTEMPTS, String(total)],
    avoid: options.avoid === undefined ? avoid : [...options.avoid, ...avoid],
  }
}
