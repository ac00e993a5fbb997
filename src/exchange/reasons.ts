/**
 * Stable reasons (google.rpc.ErrorInfo.reason, domain `protobridge`) of errors that arise between the socket and the
 * transcoder. `docs/errors.md` lists them with what to do; a test holds the two together.
 */
export const Reason = {
  NoRoute: 'NO_ROUTE',
  MethodNotAllowed: 'METHOD_NOT_ALLOWED',
  SchemaNotLoaded: 'SCHEMA_NOT_LOADED',
  StreamingNotSupported: 'STREAMING_NOT_SUPPORTED',
  MalformedRequest: 'MALFORMED_REQUEST',
  MalformedTarget: 'MALFORMED_TARGET',
  MalformedHeader: 'MALFORMED_HEADER',
  HeadersTooLarge: 'HEADERS_TOO_LARGE',
  RequestTimeout: 'REQUEST_TIMEOUT',
  ExpectationFailed: 'EXPECTATION_FAILED',
  UnsupportedMediaType: 'UNSUPPORTED_MEDIA_TYPE',
  UnsupportedCharset: 'UNSUPPORTED_CHARSET',
  UnsupportedEncoding: 'UNSUPPORTED_ENCODING',
  NotAcceptable: 'NOT_ACCEPTABLE',
  BodyTooLarge: 'BODY_TOO_LARGE',
  BodyAlreadyRead: 'BODY_ALREADY_READ',
  DeadlineExceeded: 'DEADLINE_EXCEEDED',
  UpstreamUnavailable: 'UPSTREAM_UNAVAILABLE',
  UpstreamProtocol: 'UPSTREAM_PROTOCOL_ERROR',
  Cancelled: 'CANCELLED',
  Internal: 'INTERNAL',
} as const
