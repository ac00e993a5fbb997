import type { ObservedRequest } from '../../exchange/index.js'

/** ms since the epoch with fractions, counted from the request's beginning: a clock that is set meanwhile changes nothing. */
export const nowOf = (request: ObservedRequest): number => epochMs(request, performance.now())

/** The same, when a request ended. */
export const endOf = (request: ObservedRequest): number => epochMs(request, request.ended)

const epochMs = ({ startedMs, started }: ObservedRequest, at: number): number => startedMs + at - started
