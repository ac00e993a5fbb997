/**
 * Every attribute and event of the spans, with what it says: the types of what spans are made of, and the tables of
 * docs/telemetry.md. Names without `protobridge.` are of OpenTelemetry's semantic conventions (HTTP and RPC, stable).
 */

/** Of the server span, one for each request: `GET /v1/{name=shelves/*}`. */
export const SERVER_ATTRIBUTES = {
  'http.request.method': 'The method; `_OTHER` where it is none of HTTP’s own',
  'http.request.method_original': 'What `_OTHER` stands for',
  'http.route':
    'The template with the upstream’s prefix: `/v1/{name=shelves/*/books/*}`; absent where no route took it',
  'http.response.status_code': 'As answered; 499 where the client left first',
  'url.path': 'The path, as sent',
  'url.query': 'The query, as sent but for values of credentials and of what sounds like some, which are `REDACTED`',
  'url.scheme': '`http` or `https`, as the client speaks it',
  'server.address': 'The host that the client asked for',
  'server.port': 'Its port',
  'client.address': 'Who asked; behind `edge.trustedProxies` as they tell',
  'network.peer.address': 'The other end of the connection',
  'network.peer.port': 'Its port',
  'network.protocol.version': '`1.1`',
  'user_agent.original': 'The header, as sent',
  'error.type': 'The status, where it is 5xx; the span’s status is an error then, and with 4xx it is not',
  'enduser.id': 'Who calls, once authentication has found out',
  'protobridge.auth.provider': 'The provider that found out',
  'protobridge.request_id': '`x-request-id` of the response',
  'protobridge.reason': 'Of an error the gateway made: see docs/errors.md',
  'protobridge.attempts': 'How many attempts were made at the call',
  'protobridge.decode_ms': 'Request text to protobuf, ms',
  'protobridge.encode_ms': 'Protobuf to response text, ms',
  'protobridge.aborted': '`true` where the client left before it had all of the response',
} as const

/** Of a client span, one for each attempt: `library.v1.LibraryService/GetBook`. */
export const CLIENT_ATTRIBUTES = {
  'rpc.system.name': '`grpc`',
  'rpc.method': '`library.v1.LibraryService/GetBook`',
  'rpc.response.status_code': 'The gRPC status by name: `OK`, `UNAVAILABLE`',
  'server.address': 'The host of a `dns:` target; with others that of the endpoint',
  'server.port': 'Its port',
  'network.peer.address': 'The endpoint that was called, or the path of its socket',
  'network.peer.port': 'Its port',
  'network.transport': '`unix`, where it is a socket of this machine',
  'error.type': 'The gRPC status by name, where it is not OK',
  'protobridge.upstream': 'The name of the upstream: not the route’s where a split or a fallback chose another',
  'protobridge.status.origin':
    '`local` where the gateway made the status (no connection, time-out): absent where the server sent it',
  'protobridge.previous_attempts': 'Attempts that were made before this one; absent with the first',
  'protobridge.mirrored': '`true` where it is no attempt but a copy for `mirror`, whose answer nobody waits for',
} as const

/** Only with `OTEL_SEMCONV_STABILITY_OPT_IN=rpc/dup`: what the conventions said before. */
export const OLD_CLIENT_ATTRIBUTES = {
  'rpc.system': '`grpc`',
  'rpc.service': '`library.v1.LibraryService`',
  'rpc.grpc.status_code': 'The gRPC status as a number',
} as const

/** Events of either span, with their attributes. */
export const SPAN_EVENTS = {
  'policies.passed':
    'Server: authentication, limits and what else is asked before the body let the request pass; `protobridge.auth.provider`',
  'auth.denied': 'Server: authentication, authorization or `edge` refused it; `protobridge.reason`',
  'limit.refused': 'Server: a limit, a breaker or load shedding refused it; `protobridge.reason`',
  retry:
    'Server: a further attempt begins, of a retry, a hedge or a server that had not begun; `protobridge.previous_attempts`, `network.peer.address`, and `rpc.response.status_code` of the attempt that ended last',
  'endpoint.ejected': 'Client: the outlier detector took the endpoint out for this error; `network.peer.address`',
} as const

export type AttributeValue = string | number | boolean
export type ServerAttributes = Partial<Record<keyof typeof SERVER_ATTRIBUTES, AttributeValue>>
export type ClientAttributes = Partial<
  Record<keyof typeof CLIENT_ATTRIBUTES | keyof typeof OLD_CLIENT_ATTRIBUTES, AttributeValue>
>
export type SpanEventName = keyof typeof SPAN_EVENTS
