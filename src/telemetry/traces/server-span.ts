import type { ObservedRequest } from '../../exchange/index.js'
import type { RecordedTrace } from './request-trace.js'
import type { Cutters } from './span-parts.js'
import { SERVER } from './span-record.js'
import { nanoseconds, type EndedSpan, type ServerRow } from './span-row.js'

/** The server span of a request that is answered, or was left. */
export class ServerSpan implements EndedSpan {
  readonly #request: ObservedRequest
  readonly #trace: RecordedTrace
  readonly #cutters: Cutters

  constructor(request: ObservedRequest, trace: RecordedTrace, cutters: Cutters) {
    this.#request = request
    this.#trace = trace
    this.#cutters = cutters
  }

  row(): ServerRow {
    const request = this.#request
    const { cut, cutQuery } = this.#cutters
    const { http, identity } = request
    const { traceId, spanId, tracestate, parent, links, peerAddress, peerPort } = this.#trace.beginning
    const { host, 'user-agent': userAgent } = http.headers
    return [
      SERVER,
      traceId,
      spanId,
      tracestate,
      parent,
      links,
      request.startedMs,
      nanoseconds(request.ended - request.started),
      cut(http.method ?? ''),
      request.scheme,
      http.httpVersion,
      cut(request.path),
      cutQuery(request.query),
      host === undefined ? undefined : cut(host),
      userAgent === undefined ? undefined : cut(userAgent),
      peerAddress,
      peerPort,
      request.clientAddress,
      request.requestId,
      request.route?.httpRoute,
      request.httpStatus,
      request.reason,
      request.attempts,
      nanoseconds(request.decodeMs),
      nanoseconds(request.encodeMs),
      request.isAborted,
      identity === undefined ? undefined : cut(identity.subject),
      identity?.provider,
      this.#trace.events,
      this.#trace.droppedEvents,
    ]
  }
}
