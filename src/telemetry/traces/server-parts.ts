import { withoutUser } from '../host-header.js'
import { isKnownMethod } from '../http-method.js'
import type { ServerAttributes } from './attributes.js'
import { ERROR, UNSET, type SpanParts } from './recorded-span.js'
import { SAMPLED, SERVER, type ServerRecord } from './span-record.js'
import { milliseconds } from './span-row.js'

/** The span of a request. @param shown what of its query is for everybody */
export function serverParts(record: ServerRecord, shown: (query: string) => string): SpanParts {
  const { traceId, spanId, tracestate, httpStatus, reason } = record
  const ids = { traceId, spanId, traceFlags: SAMPLED }
  return {
    name: nameOf(record),
    kind: SERVER,
    context: tracestate === undefined ? ids : { ...ids, tracestate },
    parent: record.parent,
    startMs: record.startMs,
    endMs: record.startMs + milliseconds(record.durationNs),
    status: httpStatus < 500 ? UNSET : { code: ERROR, message: reason ?? '' },
    attributes: serverAttributes(record, shown),
    links: record.links ?? [],
    events: record.events,
    droppedEvents: record.droppedEvents,
  }
}

/** `{method} {http.route}`; a method that is none of HTTP's own is `HTTP` there. */
function nameOf({ method, httpRoute }: ServerRecord): string {
  const name = isKnownMethod(method) ? method : 'HTTP'
  return httpRoute === undefined ? name : `${name} ${httpRoute}`
}

function serverAttributes(record: ServerRecord, shown: (query: string) => string): ServerAttributes {
  const { method, path, query, host, httpStatus } = record
  const isKnown = isKnownMethod(method)
  const attributes: ServerAttributes = {
    'http.request.method': isKnown ? method : '_OTHER',
    'http.response.status_code': httpStatus,
    'url.scheme': record.scheme,
    'network.protocol.version': record.httpVersion,
    'protobridge.request_id': record.requestId,
    'protobridge.attempts': record.attempts,
  }
  if (!isKnown) attributes['http.request.method_original'] = method
  if (path !== '') attributes['url.path'] = path
  if (query !== '') attributes['url.query'] = shown(query)
  if (record.httpRoute !== undefined) attributes['http.route'] = record.httpRoute
  if (record.clientAddress !== '') attributes['client.address'] = record.clientAddress
  if (record.peerAddress !== '') attributes['network.peer.address'] = record.peerAddress
  if (record.peerPort !== undefined) attributes['network.peer.port'] = record.peerPort
  if (host !== undefined && host !== '') addServer(attributes, host, record.scheme)
  if (record.userAgent !== undefined) attributes['user_agent.original'] = record.userAgent
  if (httpStatus >= 500) attributes['error.type'] = String(httpStatus)
  if (record.reason !== undefined) attributes['protobridge.reason'] = record.reason
  if (record.isAborted) attributes['protobridge.aborted'] = true
  if (record.decodeNs > 0) attributes['protobridge.decode_ms'] = milliseconds(record.decodeNs)
  if (record.encodeNs > 0) attributes['protobridge.encode_ms'] = milliseconds(record.encodeNs)
  if (record.subject !== undefined) attributes['enduser.id'] = record.subject
  if (record.provider !== undefined) attributes['protobridge.auth.provider'] = record.provider
  return attributes
}

/** A Host header's host, IPv6 without brackets, and its port or the scheme's. */
function addServer(attributes: ServerAttributes, host: string, scheme: string): void {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(withoutUser(host))
  if (match === null) return
  attributes['server.address'] = match[1] ?? match[2]!
  attributes['server.port'] = match[3] === undefined ? (scheme === 'https' ? 443 : 80) : Number(match[3])
}
