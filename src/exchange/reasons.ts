import { Code, type ReasonRow } from '../status/index.js'

/**
 * Stable reasons (google.rpc.ErrorInfo.reason, domain `protobridge`) of errors that arise between the socket and the
 * transcoder, whose own are in `transcode/reasons.ts`. `docs/errors.md` lists both; a test holds them together.
 */
export const Reason = {
  NoRoute: 'NO_ROUTE',
  MethodNotAllowed: 'METHOD_NOT_ALLOWED',
  SchemaNotLoaded: 'SCHEMA_NOT_LOADED',
  StreamingNotSupported: 'STREAMING_NOT_SUPPORTED',
  MalformedRequest: 'MALFORMED_REQUEST',
  UnsupportedTransferCoding: 'UNSUPPORTED_TRANSFER_CODING',
  UnsupportedHttpVersion: 'UNSUPPORTED_HTTP_VERSION',
  MalformedTarget: 'MALFORMED_TARGET',
  MalformedPath: 'MALFORMED_PATH',
  MalformedHeader: 'MALFORMED_HEADER',
  HeadersTooLarge: 'HEADERS_TOO_LARGE',
  RequestTimeout: 'REQUEST_TIMEOUT',
  ExpectationFailed: 'EXPECTATION_FAILED',
  UnsupportedMediaType: 'UNSUPPORTED_MEDIA_TYPE',
  UnsupportedCharset: 'UNSUPPORTED_CHARSET',
  UnsupportedEncoding: 'UNSUPPORTED_ENCODING',
  MalformedEncoding: 'MALFORMED_ENCODING',
  NotAcceptable: 'NOT_ACCEPTABLE',
  BodyTooLarge: 'BODY_TOO_LARGE',
  BodyAlreadyRead: 'BODY_ALREADY_READ',
  AddressRefused: 'ADDRESS_REFUSED',
  DeadlineExceeded: 'DEADLINE_EXCEEDED',
  UpstreamUnavailable: 'UPSTREAM_UNAVAILABLE',
  UpstreamOverloaded: 'UPSTREAM_OVERLOADED',
  UpstreamExhausted: 'UPSTREAM_EXHAUSTED',
  UpstreamHeadersTooLarge: 'UPSTREAM_HEADERS_TOO_LARGE',
  UpstreamProtocol: 'UPSTREAM_PROTOCOL_ERROR',
  Cancelled: 'CANCELLED',
  Internal: 'INTERNAL',
} as const

export type Reason = (typeof Reason)[keyof typeof Reason]

const row = (code: Code, httpStatus: number, meaning: string, advice: string): ReasonRow => ({
  code,
  httpStatus,
  meaning,
  advice,
})

/** What each reason means and what to do about it, for `docs/errors.md`. */
export const EXCHANGE_REASONS: Readonly<Record<Reason, ReasonRow>> = {
  NO_ROUTE: row(
    Code.NotFound,
    404,
    'No route has this host and path.',
    'Compare with `protobridge routes`; `protobridge explain` names routes that nearly match.',
  ),
  METHOD_NOT_ALLOWED: row(
    Code.Unimplemented,
    405,
    'The path is served, not for this HTTP method; TRACE and CONNECT are nowhere.',
    'Use one of the methods in `Allow`.',
  ),
  SCHEMA_NOT_LOADED: row(
    Code.Unavailable,
    503,
    'An upstream whose reflection, or Consul whose mapping files the routes come from, has not answered yet.',
    'Try again; if it lasts, see what `/readyz?verbose` on the admin port is waiting for.',
  ),
  STREAMING_NOT_SUPPORTED: row(
    Code.Unimplemented,
    501,
    'The method streams, and streams are not served over REST in this version.',
    'Call it over gRPC.',
  ),
  MALFORMED_REQUEST: row(
    Code.InvalidArgument,
    400,
    'The request is not valid HTTP/1.1: syntax, framing, two Host headers or none. The connection is closed.',
    'Correct the client, or the proxy between.',
  ),
  UNSUPPORTED_TRANSFER_CODING: row(
    Code.Unimplemented,
    501,
    'A Transfer-Encoding with other codings than chunked. The connection is closed.',
    'Send the body chunked only, or with a Content-Length.',
  ),
  UNSUPPORTED_HTTP_VERSION: row(
    Code.Unimplemented,
    505,
    'The request line names a version of HTTP that is not spoken here. The connection is closed.',
    'Speak HTTP/1.1.',
  ),
  MALFORMED_TARGET: row(
    Code.InvalidArgument,
    400,
    'The request target or its host is malformed.',
    'Send a path, or an absolute URI with a valid host.',
  ),
  MALFORMED_PATH: row(
    Code.InvalidArgument,
    400,
    'The path has a dot segment, an invalid escape, an encoded NUL, a control character, or is not UTF-8.',
    'Resolve dot segments before sending; percent-encode values as UTF-8.',
  ),
  MALFORMED_HEADER: row(
    Code.InvalidArgument,
    400,
    'A header that has a grammar breaks it: Grpc-Timeout, a `-bin` value.',
    'Send it as the message says.',
  ),
  HEADERS_TOO_LARGE: row(
    Code.InvalidArgument,
    431,
    'The header block is larger than 16 KiB. The connection is closed.',
    'Send less: large cookies are the usual cause.',
  ),
  REQUEST_TIMEOUT: row(
    Code.DeadlineExceeded,
    408,
    'The headers or the body arrived too slowly. The connection is closed.',
    'Send faster, or raise `client.headerTimeout` or `client.bodyTimeout`.',
  ),
  EXPECTATION_FAILED: row(
    Code.InvalidArgument,
    417,
    'An Expect header with something else than 100-continue.',
    'Leave the header out.',
  ),
  UNSUPPORTED_MEDIA_TYPE: row(
    Code.InvalidArgument,
    415,
    'The Content-Type is none the gateway reads.',
    'Send one of those in `Accept-Post` or `Accept-Patch`.',
  ),
  UNSUPPORTED_CHARSET: row(Code.InvalidArgument, 415, 'The charset of the Content-Type is not UTF-8.', 'Send UTF-8.'),
  UNSUPPORTED_ENCODING: row(
    Code.InvalidArgument,
    415,
    'The Content-Encoding is none the gateway undoes, or more than three in a row.',
    'Send one of those in `Accept-Encoding`, or the body plain.',
  ),
  MALFORMED_ENCODING: row(
    Code.InvalidArgument,
    400,
    'The body is not what its Content-Encoding says: corrupt, cut short, or with something behind its end.',
    'Compress the body once, whole, and name the coding; or send it plain.',
  ),
  NOT_ACCEPTABLE: row(
    Code.InvalidArgument,
    406,
    'None of the types in Accept can be made.',
    'Accept `application/json`.',
  ),
  BODY_TOO_LARGE: row(
    Code.InvalidArgument,
    413,
    'The body is larger than the method allows, as it was sent or after decompression.',
    'Send less, or raise `maxRequestBytes` for the method.',
  ),
  BODY_ALREADY_READ: row(
    Code.Internal,
    500,
    'Mounted in a server whose earlier middleware has read the body.',
    'Mount protobridge before body parsers.',
  ),
  ADDRESS_REFUSED: row(
    Code.PermissionDenied,
    403,
    'The address is denied by `edge`, or not among those it allows.',
    'Come from another network, or ask whoever runs the gateway.',
  ),
  DEADLINE_EXCEEDED: row(
    Code.DeadlineExceeded,
    504,
    'The upstream did not answer within Grpc-Timeout or the method’s `timeout`.',
    'Allow more time, or see what the upstream is busy with.',
  ),
  UPSTREAM_UNAVAILABLE: row(
    Code.Unavailable,
    503,
    'No endpoint of the upstream could be reached, or the connection was lost.',
    'Try again; see `/upstreams` on the admin port.',
  ),
  UPSTREAM_OVERLOADED: row(
    Code.Unavailable,
    503,
    'The upstream has as many calls under way, or waiting for a connection, as its `breaker` allows.',
    'Try again later; see `/upstreams` on the admin port, and raise the limit if the upstream takes more.',
  ),
  UPSTREAM_EXHAUSTED: row(
    Code.ResourceExhausted,
    429,
    'The upstream, or a proxy before it, refuses the load (HTTP/2 ENHANCE_YOUR_CALM). Servers of Node say so too to a call of more than 128 header fields.',
    'Send less often, or fewer headers.',
  ),
  UPSTREAM_HEADERS_TOO_LARGE: row(
    Code.InvalidArgument,
    431,
    'The headers that are forwarded are more than the upstream says it takes (SETTINGS_MAX_HEADER_LIST_SIZE). It was not called.',
    'Send fewer or shorter headers: large cookies are the usual cause; or raise the limit of the server.',
  ),
  UPSTREAM_PROTOCOL_ERROR: row(
    Code.Internal,
    502,
    'The upstream answered with something that is not gRPC, or a message over `maxResponseBytes`.',
    'See whether the target is a gRPC server, and a proxy between lets HTTP/2 through; or raise the limit.',
  ),
  CANCELLED: row(
    Code.Cancelled,
    499,
    'The call was cancelled before it was answered.',
    'Nothing: the caller went away.',
  ),
  INTERNAL: row(
    Code.Internal,
    500,
    'A fault in the gateway; its log has the stack under the request id.',
    'Report it with the log line.',
  ),
}
