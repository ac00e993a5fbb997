import type { ObservedRequest } from '../../exchange/index.js'
import type { RecordedTrace } from './request-trace.js'
import type { Cutters } from './span-parts.js'
import { SERVER, type EndedSpan, type ServerRecord } from './span-record.js'

/** The server span of a request that is answered, or was left. */
export class ServerSpan implements EndedSpan {
  readonly #request: ObservedRequest
  readonly #trace: RecordedTrace
  readonly #endMs: number
  readonly #cutters: Cutters

  /** @param endMs since the epoch, with fractions */
  constructor(request: ObservedRequest, trace: RecordedTrace, endMs: number, cutters: Cutters) {
    this.#request = request
    this.#trace = trace
    this.#endMs = endMs
    this.#cutters = cutters
  }

  record(): ServerRecord {
    const request = this.#request
    const { cut, cutQuery } = this.#cutters
    const { http, identity } = request
    const { beginning, events, droppedEvents } = this.#trace
    const { host, 'user-agent': userAgent } = http.headers
    return {
      kind: SERVER,
      traceId: beginning.traceId,
      spanId: beginning.spanId,
      tracestate: beginning.tracestate,
      parent: beginning.parent,
      links: beginning.links,
      startMs: request.startedMs,
      endMs: this.#endMs,
      method: cut(http.method ?? ''),
      scheme: request.scheme,
      httpVersion: http.httpVersion,
      path: cut(request.path),
      query: cutQuery(request.query),
      host: host === undefined ? undefined : cut(host),
      userAgent: userAgent === undefined ? undefined : cut(userAgent),
      peerAddress: beginning.peerAddress,
      peerPort: beginning.peerPort,
      clientAddress: request.clientAddress,
      requestId: request.requestId,
      httpRoute: request.route?.httpRoute,
      httpStatus: request.httpStatus,
      reason: request.reason,
      attempts: request.attempts,
      decodeMs: request.decodeMs,
      encodeMs: request.encodeMs,
      isAborted: request.isAborted,
      subject: identity === undefined ? undefined : cut(identity.subject),
      provider: identity?.provider,
      events,
      droppedEvents,
    }
  }
}
