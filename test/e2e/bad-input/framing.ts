import { get, post, SHELVES, type Row } from './row.js'

const BROKEN = { status: 400, reason: 'MALFORMED_REQUEST', closes: true } as const
const CHUNKED = 'Transfer-Encoding: chunked'
const EMPTY = '0\r\n\r\n'
/** What an attacker would have us take for a request of the next client. */
const SMUGGLED = 'GET /v1/shelves/1 HTTP/1.1\r\nHost: a\r\n\r\n'

const chunked = (body: string): string => post([CHUNKED], body)

const ROWS: readonly Row[] = [
  { name: 'Content-Length with Transfer-Encoding', send: post(['Content-Length: 5', CHUNKED], EMPTY), ...BROKEN },
  { name: 'Transfer-Encoding with Content-Length', send: post([CHUNKED, 'Content-Length: 5'], EMPTY), ...BROKEN },
  {
    name: 'Content-Length with an empty Transfer-Encoding',
    send: post(['Transfer-Encoding:', 'Content-Length: 2'], '{}'),
    ...BROKEN,
  },
  { name: 'two Content-Length', send: post(['Content-Length: 2', 'Content-Length: 2'], '{}'), ...BROKEN },
  { name: 'two Content-Length that differ', send: post(['Content-Length: 2', 'Content-Length: 44'], '{}'), ...BROKEN },
  { name: 'Content-Length as a list', send: post(['Content-Length: 2, 2'], '{}'), ...BROKEN },
  { name: 'Content-Length with a sign', send: post(['Content-Length: +2'], '{}'), ...BROKEN },
  { name: 'Content-Length below zero', send: post(['Content-Length: -2'], '{}'), ...BROKEN },
  { name: 'Content-Length in hexadecimal', send: post(['Content-Length: 0x2'], '{}'), ...BROKEN },
  { name: 'Content-Length empty', send: post(['Content-Length:'], '{}'), ...BROKEN },
  { name: 'Content-Length over 64 bits', send: post(['Content-Length: 99999999999999999999'], '{}'), ...BROKEN },
  { name: 'Transfer-Encoding that does not end with chunked', send: post([`${CHUNKED}, gzip`], EMPTY), ...BROKEN },
  { name: 'Transfer-Encoding: identity', send: post(['Transfer-Encoding: identity'], EMPTY), ...BROKEN },
  { name: 'Transfer-Encoding: xchunked', send: post(['Transfer-Encoding: xchunked'], EMPTY), ...BROKEN },
  { name: 'Transfer-Encoding in quotes', send: post(['Transfer-Encoding: "chunked"'], EMPTY), ...BROKEN },
  { name: 'Transfer-Encoding with a parameter', send: post([`${CHUNKED};q=1`], EMPTY), ...BROKEN },
  { name: 'chunked twice', send: post([`${CHUNKED}, chunked`], EMPTY), ...BROKEN },
  { name: 'chunked twice, in two headers', send: post([CHUNKED, CHUNKED], EMPTY), ...BROKEN },
  { name: 'an empty coding before chunked', send: post(['Transfer-Encoding: , chunked'], EMPTY), ...BROKEN },
  {
    name: 'white space before the colon of Transfer-Encoding',
    send: post(['Transfer-Encoding : chunked'], EMPTY),
    ...BROKEN,
  },
  { name: 'a control character before chunked', send: post(['Transfer-Encoding: \x0bchunked'], EMPTY), ...BROKEN },
  { name: 'Transfer-Encoding in HTTP/1.0', send: chunked(EMPTY).replace('HTTP/1.1', 'HTTP/1.0'), ...BROKEN },
  {
    name: 'another coding under chunked',
    send: post(['Transfer-Encoding: gzip, chunked'], EMPTY),
    status: 501,
    code: 12,
    reason: 'UNSUPPORTED_TRANSFER_CODING',
    closes: true,
  },
  { name: 'a chunk size with a sign', send: chunked(`-2\r\n{}\r\n${EMPTY}`), ...BROKEN },
  { name: 'a chunk size with 0x', send: chunked(`0x2\r\n{}\r\n${EMPTY}`), ...BROKEN },
  { name: 'a chunk size with white space before it', send: chunked(` 2\r\n{}\r\n${EMPTY}`), ...BROKEN },
  { name: 'a chunk size over 64 bits', send: chunked(`ffffffffffffffff2\r\n{}\r\n${EMPTY}`), ...BROKEN },
  { name: 'a chunk longer than its size', send: chunked(`1\r\n{}\r\n${EMPTY}`), ...BROKEN },
  { name: 'a chunk not ended by CRLF', send: chunked(`2\r\n{}${EMPTY}`), ...BROKEN },
  { name: 'bare LF after a chunk size', send: chunked(`2\n{}\r\n${EMPTY}`), ...BROKEN },
  { name: 'bare LF in a chunk extension', send: chunked(`2;a\nxx\r\n{}\r\n${EMPTY}`), ...BROKEN },
  { name: 'a chunk extension over 16 KiB', send: chunked(`2;${'a'.repeat(20_000)}\r\n{}\r\n${EMPTY}`), ...BROKEN },
  { name: 'bare LF after the last chunk', send: chunked('2\r\n{}\r\n0\r\n\n'), ...BROKEN },
  { name: 'Content-Length in the trailers', send: chunked('2\r\n{}\r\n0\r\nContent-Length: 2\r\n\r\n'), ...BROKEN },
  { name: 'Transfer-Encoding in the trailers', send: chunked(`2\r\n{}\r\n0\r\n${CHUNKED}\r\n\r\n`), ...BROKEN },
  { name: 'bare LF', send: 'GET /v1/shelves HTTP/1.1\nHost: a\n\n', ...BROKEN },
  { name: 'bare LF after a header', send: 'GET /v1/shelves HTTP/1.1\r\nHost: a\nX: b\r\n\r\n', ...BROKEN },
  { name: 'bare LF after the headers', send: 'GET /v1/shelves HTTP/1.1\r\nHost: a\r\n\n', ...BROKEN },
  { name: 'bare CR in a header', send: get(SHELVES, 'X-A: a\rX-B: b'), ...BROKEN },
  { name: 'obs-fold', send: get(SHELVES, 'X-A: a\r\n b'), ...BROKEN },
  { name: 'obs-fold of Host', send: 'GET /v1/shelves HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n', ...BROKEN },
  { name: 'white space before the first header', send: 'GET /v1/shelves HTTP/1.1\r\n Host: a\r\n\r\n', ...BROKEN },
  { name: 'a header without colon', send: get(SHELVES, 'X-A'), ...BROKEN },
  { name: 'a header without name', send: get(SHELVES, ': a'), ...BROKEN },
  { name: 'a header name with a space', send: get(SHELVES, 'X A: a'), ...BROKEN },
  { name: 'NUL in a header', send: get(SHELVES, 'X-A: a\0b'), ...BROKEN },
  { name: 'two Host', send: get(SHELVES, 'Host: b'), ...BROKEN },
  { name: 'the same Host twice', send: get(SHELVES, 'hOsT: a'), ...BROKEN },
  { name: 'no Host in HTTP/1.1', send: 'GET /v1/shelves HTTP/1.1\r\n\r\n', ...BROKEN },
  { name: 'absolute form without Host', send: 'GET http://a/v1/shelves HTTP/1.1\r\n\r\n', ...BROKEN },
  { name: 'a method of no registry', send: 'SHOUT /v1/shelves HTTP/1.1\r\nHost: a\r\n\r\n', ...BROKEN },
  { name: 'a method in lower case', send: 'get /v1/shelves HTTP/1.1\r\nHost: a\r\n\r\n', ...BROKEN },
  { name: 'a space in the target', send: get('/v1/shel ves'), ...BROKEN },
  { name: 'a control character in the target', send: get('/v1/shelves\x01'), ...BROKEN },
  { name: 'raw bytes beyond ASCII in the target', send: get('/v1/shelves/\xc3\xa4'), ...BROKEN },
  { name: 'a target that is no path', send: get('v1/shelves'), ...BROKEN },
  { name: 'white space after the version', send: get(SHELVES).replace('HTTP/1.1', 'HTTP/1.1 '), ...BROKEN },
  ...['HTTP/x', 'HTTP/1', 'HTTP/1.10'].map((version) => ({
    name: `${version} in the request line`,
    send: get(SHELVES).replace('HTTP/1.1', version),
    ...BROKEN,
  })),
  { name: 'the preface of HTTP/2', send: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', ...BROKEN },
  { name: 'TLS', send: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', ...BROKEN },
  ...['HTTP/2.0', 'HTTP/0.9', 'HTTP/1.2', 'HTTP/3.0'].map((version) => ({
    name: `${version} in the request line`,
    send: get(SHELVES).replace('HTTP/1.1', version),
    status: 505,
    code: 12,
    reason: 'UNSUPPORTED_HTTP_VERSION',
    closes: true as const,
  })),
]

/**
 * Rulings: "CL with TE, two CL, obs-fold, bare LF, two Host, or none in HTTP/1.1: 400 and close", and what else is read
 * differently by different servers (RFC 9112 §11.2). Each is followed by a request that must never be served.
 */
export const FRAMING: readonly Row[] = ROWS.map((row) => ({ ...row, send: row.send + SMUGGLED }))
