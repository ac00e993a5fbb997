import { Code } from '../../status/index.js'
import type { CallStatus } from '../types.js'

/** What the end of an attempt says of its endpoint; `none`: nothing. */
export type Outcome = 'success' | 'error' | 'none'

/**
 * Contract, "Outlier": errors are UNAVAILABLE, connection failures, expired tries and what a transport made of a broken
 * answer. Any other status of the server's own shows that it works.
 * @param canConnect false: the last attempt to connect failed
 * @param isClientDeadline the deadline was the client's wish, shorter than the route's: were its expiry an error, a
 *   client could have endpoints ejected by asking for the impossible
 */
export function outcomeOf(
  { code, origin, isUnprocessed }: CallStatus,
  canConnect: boolean,
  isClientDeadline: boolean,
): Outcome {
  if (origin === 'peer') {
    if (code === Code.Unavailable) return 'error'
    // Both sides hold the deadline: which of them tells first is chance.
    return code === Code.DeadlineExceeded ? 'none' : 'success'
  }
  switch (code) {
    case Code.Unavailable:
      // A server that shuts down in order (GOAWAY) or limits its streams (REFUSED_STREAM) is not broken.
      return isUnprocessed && canConnect ? 'none' : 'error'
    case Code.Internal:
      // What could not be sent is not the endpoint's doing.
      return isUnprocessed ? 'none' : 'error'
    case Code.DeadlineExceeded:
      return isClientDeadline ? 'none' : 'error'
    default:
      return 'none'
  }
}
