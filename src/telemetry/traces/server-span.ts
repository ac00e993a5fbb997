import type { ObservedRequest } from '../../exchange/index.js'
import { withoutUser } from '../host-header.js'
import type { ServerAttributes } from './attributes.js'
import type { Redaction } from './redact-query.js'
import type { RecordedTrace } from './request-trace.js'

/** RFC 9110 §9 and PATCH (RFC 5789): what the conventions call known. */
const KNOWN_METHODS: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
])

/** `{method} {http.route}`; a method that is none of HTTP's own is `HTTP` there. */
export function serverSpanName({ http, route }: ObservedRequest): string {
  const method = http.method ?? ''
  const name = KNOWN_METHODS.has(method) ? method : 'HTTP'
  return route === undefined ? name : `${name} ${route.httpRoute}`
}

/** What a request's span says. @param cut shortens text to the limit of attributes */
export function serverAttributes(
  request: ObservedRequest,
  { beginning }: RecordedTrace,
  redact: Redaction,
  cut: (text: string) => string,
): ServerAttributes {
  const { http, identity, path, query, scheme } = request
  const method = http.method ?? ''
  const isKnown = KNOWN_METHODS.has(method)
  const attributes: ServerAttributes = {
    'http.request.method': isKnown ? method : '_OTHER',
    'http.response.status_code': request.httpStatus,
    'url.scheme': scheme,
    'network.protocol.version': http.httpVersion,
    'protobridge.request_id': request.requestId,
    'protobridge.attempts': request.attempts,
  }
  if (!isKnown) attributes['http.request.method_original'] = cut(method)
  if (path !== '') attributes['url.path'] = cut(path)
  if (query !== '') attributes['url.query'] = cut(redact(query))
  if (request.route !== undefined) attributes['http.route'] = request.route.httpRoute
  if (request.clientAddress !== '') attributes['client.address'] = request.clientAddress
  if (beginning.peerAddress !== '') attributes['network.peer.address'] = beginning.peerAddress
  if (beginning.peerPort !== undefined) attributes['network.peer.port'] = beginning.peerPort
  const { host, 'user-agent': userAgent } = http.headers
  if (host !== undefined && host !== '') addServer(attributes, cut(host), scheme)
  if (userAgent !== undefined) attributes['user_agent.original'] = cut(userAgent)
  if (request.httpStatus >= 500) attributes['error.type'] = String(request.httpStatus)
  if (request.reason !== undefined) attributes['protobridge.reason'] = request.reason
  if (request.isAborted) attributes['protobridge.aborted'] = true
  if (request.decodeMs > 0) attributes['protobridge.decode_ms'] = request.decodeMs
  if (request.encodeMs > 0) attributes['protobridge.encode_ms'] = request.encodeMs
  if (identity !== undefined) {
    attributes['enduser.id'] = cut(identity.subject)
    attributes['protobridge.auth.provider'] = identity.provider
  }
  return attributes
}

/** A Host header's host, IPv6 without brackets, and its port or the scheme's. */
function addServer(attributes: ServerAttributes, host: string, scheme: 'http' | 'https'): void {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(withoutUser(host))
  if (match === null) return
  attributes['server.address'] = match[1] ?? match[2]!
  attributes['server.port'] = match[3] === undefined ? (scheme === 'https' ? 443 : 80) : Number(match[3])
}
