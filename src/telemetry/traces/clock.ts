import type { ObservedRequest } from '../../exchange/index.js'

/** ms since the epoch with fractions, counted from the request's beginning: a clock that is set meanwhile changes nothing. */
export function nowOf({ startedMs, started }: ObservedRequest): number {
  return startedMs + performance.now() - started
}
