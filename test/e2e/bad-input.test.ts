import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startExampleGateway, type TestGateway } from '../support/gateway.js'
import { sendRaw } from '../support/raw-http.js'

/*
 * Bad input over raw sockets, by the rulings: each row is one of theirs. Every answer is an error in one shape, and the
 * process serves the next request as if nothing had been.
 */

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startExampleGateway({
    client: { headerTimeout: '1s', bodyTimeout: '1s' },
    policies: [{ select: 'library.v1.LibraryService.CreateShelf', maxRequestBytes: '1KiB' }],
  })
})
afterAll(() => gateway.stop())

interface Row {
  readonly name: string
  readonly send: string
  readonly status: number
  readonly code: number
  readonly reason: string
  readonly header?: readonly [name: string, value: string]
  readonly closes?: boolean
}

const get = (target: string, ...headers: string[]): string =>
  [`GET ${target} HTTP/1.1`, 'Host: a', ...headers, '', ''].join('\r\n')
const send = (method: string, target: string, body: string, ...headers: string[]): string =>
  [`${method} ${target} HTTP/1.1`, 'Host: a', `Content-Length: ${Buffer.byteLength(body)}`, ...headers, '', ''].join('\r\n') +
  Buffer.from(body, 'utf8').toString('latin1')
const JSON_TYPE = 'Content-Type: application/json'
const SHELVES = '/v1/shelves'

const ROWS: readonly Row[] = [
  // Routes
  { name: 'unknown path', send: get('/nowhere'), status: 404, code: 5, reason: 'NO_ROUTE' },
  { name: 'trailing slash is significant', send: get('/v1/shelves/'), status: 404, code: 5, reason: 'NO_ROUTE' },
  { name: 'an empty segment never matches *', send: get('/v1/shelves//books'), status: 404, code: 5, reason: 'NO_ROUTE' },
  { name: 'path known, method not', send: send('PUT', SHELVES, '{}', JSON_TYPE), status: 405, code: 12, reason: 'METHOD_NOT_ALLOWED', header: ['allow', 'GET, HEAD, OPTIONS, POST'] },
  { name: 'TRACE', send: 'TRACE /v1/shelves HTTP/1.1\r\nHost: a\r\n\r\n', status: 405, code: 12, reason: 'METHOD_NOT_ALLOWED' },
  { name: 'CONNECT', send: 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', status: 405, code: 12, reason: 'METHOD_NOT_ALLOWED' },
  { name: 'method override headers are ignored', send: get('/v1/books:search?query=x', 'X-HTTP-Method-Override: DELETE', 'Grpc-Timeout: bad'), status: 400, code: 3, reason: 'MALFORMED_HEADER' },
  { name: 'dot segment', send: get('/v1/./shelves'), status: 400, code: 3, reason: '' },
  { name: 'dot-dot segment', send: get('/v1/x/../shelves'), status: 400, code: 3, reason: '' },
  { name: 'encoded dot segment', send: get('/v1/%2e%2E/shelves'), status: 400, code: 3, reason: '' },
  { name: 'invalid escape', send: get('/v1/shelves/%zz'), status: 400, code: 3, reason: '' },
  { name: 'half an escape', send: get('/v1/shelves/a%2'), status: 400, code: 3, reason: '' },
  { name: 'encoded NUL', send: get('/v1/shelves/%00'), status: 400, code: 3, reason: '' },
  { name: 'escapes that are not UTF-8', send: get('/v1/shelves/%ff'), status: 400, code: 3, reason: '' },
  // Binding
  { name: 'a field bound by the path also in the query', send: get('/v1/shelves/1?name=shelves/2'), status: 400, code: 3, reason: 'FIELD_BOUND_TWICE' },
  { name: 'a field bound by the path with another value in the body', send: send('PATCH', '/v1/shelves/1', '{"name":"shelves/2"}', JSON_TYPE), status: 400, code: 3, reason: 'FIELD_BOUND_TWICE' },
  { name: 'query parameter naming no field', send: get('/v1/shelves?nope=1'), status: 400, code: 3, reason: 'UNKNOWN_PARAMETER' },
  { name: 'a singular scalar twice', send: get('/v1/shelves?page_size=1&page_size=2'), status: 400, code: 3, reason: 'REPEATED_PARAMETER' },
  { name: 'both spellings of one field', send: get('/v1/shelves?page_size=1&pageSize=2'), status: 400, code: 3, reason: 'REPEATED_PARAMETER' },
  { name: 'a parameter of the wrong type', send: get('/v1/shelves?page_size=many'), status: 400, code: 3, reason: 'MALFORMED_PARAMETER' },
  { name: 'a query that is badly escaped', send: get('/v1/shelves?page_token=%'), status: 400, code: 3, reason: 'MALFORMED_PARAMETER' },
  { name: 'body * with query parameters', send: send('POST', '/v1/shelves/1:merge?name=x', '{}', JSON_TYPE), status: 400, code: 3, reason: '' },
  { name: 'a body where none is bound', send: send('GET', SHELVES, '{"a":1}', JSON_TYPE), status: 400, code: 3, reason: 'UNEXPECTED_BODY' },
  // Content
  { name: 'an unknown media type', send: send('POST', SHELVES, 'x', 'Content-Type: text/csv'), status: 415, code: 3, reason: 'UNSUPPORTED_MEDIA_TYPE', header: ['accept-post', 'application/json, application/x-protobuf, application/protobuf'] },
  { name: 'an unknown media type of a PATCH', send: send('PATCH', '/v1/shelves/1', 'x', 'Content-Type: text/csv'), status: 415, code: 3, reason: 'UNSUPPORTED_MEDIA_TYPE', header: ['accept-patch', 'application/json, application/x-protobuf, application/protobuf'] },
  { name: 'a charset other than UTF-8', send: send('POST', SHELVES, '{}', 'Content-Type: application/json; charset=latin1'), status: 415, code: 3, reason: 'UNSUPPORTED_CHARSET' },
  { name: 'a Content-Type that is none', send: send('POST', SHELVES, '{}', 'Content-Type: ;;;'), status: 415, code: 3, reason: 'UNSUPPORTED_MEDIA_TYPE' },
  { name: 'a content coding', send: send('POST', SHELVES, '{}', JSON_TYPE, 'Content-Encoding: zstd'), status: 415, code: 3, reason: 'UNSUPPORTED_ENCODING' },
  { name: 'nothing acceptable', send: get(SHELVES, 'Accept: image/png'), status: 406, code: 3, reason: 'NOT_ACCEPTABLE' },
  { name: 'JSON: duplicate keys', send: send('POST', SHELVES, '{"theme":"a","theme":"b"}', JSON_TYPE), status: 400, code: 3, reason: 'DUPLICATE_FIELD' },
  { name: 'JSON: both spellings of one field', send: send('POST', SHELVES, '{"bookCount":1,"book_count":1}', JSON_TYPE), status: 400, code: 3, reason: 'DUPLICATE_FIELD' },
  { name: 'JSON: a lone surrogate', send: send('POST', SHELVES, '{"theme":"\\ud800"}', JSON_TYPE), status: 400, code: 3, reason: 'MALFORMED_JSON' },
  { name: 'JSON: a byte order mark', send: send('POST', SHELVES, '\ufeff{}', JSON_TYPE), status: 400, code: 3, reason: 'MALFORMED_JSON' },
  { name: 'JSON: trailing bytes', send: send('POST', SHELVES, '{} x', JSON_TYPE), status: 400, code: 3, reason: 'MALFORMED_JSON' },
  { name: 'JSON: 101 levels', send: send('POST', SHELVES, '['.repeat(101) + ']'.repeat(101), JSON_TYPE), status: 400, code: 3, reason: '' },
  { name: 'JSON: 1,000 levels', send: send('PUT', '/v1/shelves/1/books/1/metadata', `{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`, JSON_TYPE), status: 400, code: 3, reason: '' },
  { name: 'JSON: an unknown field', send: send('POST', SHELVES, '{"nope":1}', JSON_TYPE), status: 400, code: 3, reason: 'UNKNOWN_FIELD' },
  { name: 'JSON: a number that is no int32', send: send('POST', SHELVES, '{"bookCount":12.5}', JSON_TYPE), status: 400, code: 3, reason: 'MALFORMED_FIELD' },
  { name: 'JSON: an exponent that would fill the memory', send: send('POST', SHELVES, '{"bookCount":"1e536870000"}', JSON_TYPE), status: 400, code: 3, reason: 'MALFORMED_FIELD' },
  { name: 'JSON: __proto__ is a field like any other', send: send('POST', SHELVES, '{"__proto__":{}}', JSON_TYPE), status: 400, code: 3, reason: 'UNKNOWN_FIELD' },
  { name: 'protobuf that does not decode', send: send('POST', SHELVES, '\u000a\u007f', 'Content-Type: application/x-protobuf'), status: 400, code: 3, reason: 'MALFORMED_PROTOBUF' },
  // Limits and framing
  { name: 'a body over the limit, by its length', send: send('POST', SHELVES, `{"theme":"${'x'.repeat(2000)}"}`, JSON_TYPE), status: 413, code: 3, reason: 'BODY_TOO_LARGE' },
  { name: 'a body over the limit, in chunks', send: `POST ${SHELVES} HTTP/1.1\r\nHost: a\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n${' '.repeat(2048)}\r\n0\r\n\r\n`, status: 413, code: 3, reason: 'BODY_TOO_LARGE' },
  { name: 'a body over the limit, announced with Expect', send: `POST ${SHELVES} HTTP/1.1\r\nHost: a\r\n${JSON_TYPE}\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n`, status: 413, code: 3, reason: 'BODY_TOO_LARGE' },
  { name: 'a header block over 16 KiB', send: get(SHELVES, `X-Big: ${'x'.repeat(17_000)}`), status: 431, code: 3, reason: 'HEADERS_TOO_LARGE', closes: true },
  { name: 'headers that come too slowly', send: 'GET / HTTP/1.1\r\nHost: a\r\n', status: 408, code: 4, reason: 'REQUEST_TIMEOUT', closes: true },
  { name: 'a body that comes too slowly', send: `POST ${SHELVES} HTTP/1.1\r\nHost: a\r\n${JSON_TYPE}\r\nContent-Length: 20\r\n\r\n{"the`, status: 408, code: 4, reason: 'REQUEST_TIMEOUT', closes: true },
  { name: 'Content-Length with Transfer-Encoding', send: `POST ${SHELVES} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, status: 400, code: 3, reason: 'MALFORMED_REQUEST', closes: true },
  { name: 'two Content-Length', send: `POST ${SHELVES} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}`, status: 400, code: 3, reason: 'MALFORMED_REQUEST', closes: true },
  { name: 'obs-fold', send: get(SHELVES, 'X-A: a\r\n b'), status: 400, code: 3, reason: 'MALFORMED_REQUEST', closes: true },
  { name: 'bare LF', send: 'GET /v1/shelves HTTP/1.1\nHost: a\n\n', status: 400, code: 3, reason: 'MALFORMED_REQUEST', closes: true },
  { name: 'bare LF after a header', send: 'GET /v1/shelves HTTP/1.1\r\nHost: a\nX: b\r\n\r\n', status: 400, code: 3, reason: 'MALFORMED_REQUEST', closes: true },
  { name: 'two Host', send: get(SHELVES, 'Host: b'), status: 400, code: 3, reason: 'MALFORMED_REQUEST', closes: true },
  { name: 'no Host in HTTP/1.1', send: 'GET /v1/shelves HTTP/1.1\r\n\r\n', status: 400, code: 3, reason: 'MALFORMED_REQUEST', closes: true },
  { name: 'a Transfer-Encoding that does not end with chunked', send: `POST ${SHELVES} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n`, status: 400, code: 3, reason: 'MALFORMED_REQUEST', closes: true },
  { name: 'not HTTP at all', send: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', status: 400, code: 3, reason: 'MALFORMED_REQUEST', closes: true },
  { name: 'another expectation', send: get(SHELVES, 'Expect: tea'), status: 417, code: 3, reason: 'EXPECTATION_FAILED' },
  { name: 'Grpc-Timeout malformed', send: get(SHELVES, 'Grpc-Timeout: 1.5S'), status: 400, code: 3, reason: 'MALFORMED_HEADER' },
  { name: 'Grpc-Timeout of zero', send: get(SHELVES, 'Grpc-Timeout: 0S'), status: 504, code: 4, reason: 'DEADLINE_EXCEEDED' },
  { name: 'a -bin header that is not base64', send: get(SHELVES, 'X-Trace-Bin: ***'), status: 400, code: 3, reason: 'MALFORMED_HEADER' },
  // Streams are not served yet
  { name: 'a server-streaming method', send: get('/v1/shelves/1:watch'), status: 501, code: 12, reason: 'STREAMING_NOT_SUPPORTED' },
]

interface StatusJson {
  readonly code: number
  readonly message: string
  readonly details: readonly { readonly '@type': string; readonly reason?: string; readonly domain?: string }[]
}

describe('bad input', () => {
  test.each(ROWS)('$name: $status', async ({ send: bytes, status, code, reason, header, closes }) => {
    const response = await sendRaw(gateway.port, bytes, 6000)
    expect({ status: response.status, body: response.body }).toMatchObject({ status })
    const body = JSON.parse(response.body) as StatusJson
    expect(body.code).toBe(code)
    expect(body.message).not.toBe('')
    expect(body.message).not.toMatch(/127\.0\.0\.1|\.ts|\bat \w+ \(/)
    const info = body.details.find((detail) => detail['@type'] === 'type.googleapis.com/google.rpc.ErrorInfo')
    expect(info).toMatchObject({ domain: 'protobridge' })
    if (reason !== '') expect(info?.reason).toBe(reason)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._~-]{1,128}$/)
    if (header !== undefined) expect(response.headers.get(header[0])).toBe(header[1])
    if (closes === true) expect(response.wasClosed).toBe(true)
  })

  test('after all of it the process serves as before', async () => {
    expect((await sendRaw(gateway.port, get('/v1/shelves/1'))).status).toBe(200)
    expect(gateway.log.filter((line) => line.includes('a fault of ours'))).toEqual([])
  })
})
