import { get, JSON_TYPE, post, send, SHELVES, type Row } from './row.js'

const TOO_LARGE = { status: 413, reason: 'BODY_TOO_LARGE' } as const
const TOO_SLOW = { status: 408, code: 4, reason: 'REQUEST_TIMEOUT', closes: true } as const
const HEADERS = { status: 431, reason: 'HEADERS_TOO_LARGE', closes: true } as const
const HEADER = { status: 400, reason: 'MALFORMED_HEADER' } as const

/** Rulings: "Errors", what concerns sizes, time and headers. CreateShelf takes 1 KiB here, time-outs are a second. */
export const LIMITS: readonly Row[] = [
  { name: 'a body over the limit, by its length', send: send('POST', SHELVES, ' '.repeat(1025)), ...TOO_LARGE },
  {
    name: 'a body over the limit, in chunks',
    send: `${post(['Transfer-Encoding: chunked'])}401\r\n${' '.repeat(1025)}\r\n0\r\n\r\n`,
    ...TOO_LARGE,
  },
  {
    name: 'a body far over the limit, none of it sent',
    send: post(['Content-Length: 1073741824']),
    ...TOO_LARGE,
    closes: true,
  },
  {
    name: 'a body over the limit, announced with Expect',
    send: post(['Expect: 100-continue', 'Content-Length: 2000']),
    ...TOO_LARGE,
    closes: true,
  },
  { name: 'a header over 16 KiB', send: get(SHELVES, `X-Big: ${'x'.repeat(17_000)}`), ...HEADERS },
  {
    name: 'headers over 16 KiB',
    send: get(SHELVES, ...Array<string>(1000).fill(`X-Many: ${'x'.repeat(10)}`)),
    ...HEADERS,
  },
  { name: 'a target over 16 KiB', send: get(`${SHELVES}?page_token=${'x'.repeat(17_000)}`), ...HEADERS },
  { name: 'headers that come too slowly', send: 'GET / HTTP/1.1\r\nHost: a\r\n', ...TOO_SLOW },
  { name: 'a body that comes too slowly', send: `${post(['Content-Length: 20'])}{"the`, ...TOO_SLOW },
  { name: 'a chunk that comes too slowly', send: `${post(['Transfer-Encoding: chunked'])}5\r\n{"t`, ...TOO_SLOW },
  {
    name: 'another expectation',
    send: get(SHELVES, 'Expect: tea'),
    status: 417,
    reason: 'EXPECTATION_FAILED',
    closes: true,
  },
  { name: 'Grpc-Timeout malformed', send: get(SHELVES, 'Grpc-Timeout: 1.5S'), ...HEADER },
  { name: 'Grpc-Timeout of nine digits', send: get(SHELVES, 'Grpc-Timeout: 123456789m'), ...HEADER },
  { name: 'Grpc-Timeout twice', send: get(SHELVES, 'Grpc-Timeout: 1S', 'Grpc-Timeout: 2S'), ...HEADER },
  {
    name: 'Grpc-Timeout of zero',
    send: get(SHELVES, 'Grpc-Timeout: 0S'),
    status: 504,
    code: 4,
    reason: 'DEADLINE_EXCEEDED',
  },
  { name: 'a -bin header that is not base64', send: get(SHELVES, 'X-Trace-Bin: ***'), ...HEADER },
  { name: 'a Grpc-Metadata-…-Bin header that is not base64', send: get(SHELVES, 'Grpc-Metadata-A-Bin: A'), ...HEADER },
  {
    name: 'a server-streaming method',
    send: get('/v1/shelves/1:watch'),
    status: 501,
    code: 12,
    reason: 'STREAMING_NOT_SUPPORTED',
  },
  {
    name: 'a client-streaming method',
    send: `POST /v1/books:import HTTP/1.1\r\nHost: a\r\n${JSON_TYPE}\r\nContent-Length: 2\r\n\r\n{}`,
    status: 501,
    code: 12,
    reason: 'STREAMING_NOT_SUPPORTED',
  },
  {
    name: 'a bidirectional method',
    send: send('POST', '/v1/librarian:converse', '{}'),
    status: 501,
    code: 12,
    reason: 'STREAMING_NOT_SUPPORTED',
  },
]
