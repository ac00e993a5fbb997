import { request } from '../../support/raw-http.js'
import { get, send, SHELVES, type Row } from './row.js'

const TYPES =
  'application/json, application/x-protobuf, application/protobuf, application/xml, text/xml, application/x-www-form-urlencoded'
const BOOK = '/v1/shelves/1/books/1'

const typed = (type: string, body = 'x', method = 'POST', target = SHELVES): string =>
  request(method, target, [`Content-Type: ${type}`], body)
const MEDIA = { status: 415, reason: 'UNSUPPORTED_MEDIA_TYPE' } as const
const CHARSET = { status: 415, reason: 'UNSUPPORTED_CHARSET' } as const
const JSON_SYNTAX = { status: 400, reason: 'MALFORMED_JSON' } as const
const FIELD = { status: 400, reason: 'MALFORMED_FIELD' } as const

/** A shelf created from a body. */
const shelf = (body: string): string => send('POST', SHELVES, body)
/** A book created from a body. */
const book = (body: string): string => send('POST', '/v1/shelves/1/books', body)

/** Rulings: "Content". */
export const CONTENT: readonly Row[] = [
  { name: 'an unknown media type', send: typed('text/csv'), ...MEDIA, header: ['accept-post', TYPES] },
  {
    name: 'an unknown media type of a PATCH',
    send: typed('text/csv', 'x', 'PATCH', '/v1/shelves/1'),
    ...MEDIA,
    header: ['accept-patch', TYPES],
  },
  { name: 'multipart', send: typed('multipart/form-data; boundary=x', '--x--'), ...MEDIA },
  { name: 'gRPC itself', send: typed('application/grpc'), ...MEDIA },
  { name: 'a Content-Type that is none', send: typed(';;;'), ...MEDIA },
  { name: 'a Content-Type without subtype', send: typed('json'), ...MEDIA },
  { name: 'a charset other than UTF-8', send: typed('application/json; charset=latin1', '{}'), ...CHARSET },
  { name: 'UTF-16', send: typed('application/json; charset="UTF-16"', '{}'), ...CHARSET },
  {
    name: 'an unknown content coding',
    send: send('POST', SHELVES, '{}', 'Content-Encoding: zstd'),
    status: 415,
    reason: 'UNSUPPORTED_ENCODING',
  },
  {
    name: 'two content codings, one unknown',
    send: send('POST', SHELVES, '{}', 'Content-Encoding: gzip, compress'),
    status: 415,
    reason: 'UNSUPPORTED_ENCODING',
    header: ['accept-encoding', 'gzip, deflate, br'],
  },
  {
    name: 'more than three content codings',
    send: send('POST', SHELVES, '{}', 'Content-Encoding: gzip, gzip, gzip, gzip'),
    status: 415,
    reason: 'UNSUPPORTED_ENCODING',
  },
  {
    name: 'a body that is not in its content coding',
    send: send('POST', SHELVES, '{}', 'Content-Encoding: gzip'),
    status: 400,
    reason: 'MALFORMED_ENCODING',
  },
  { name: 'nothing acceptable', send: get(SHELVES, 'Accept: image/png'), status: 406, reason: 'NOT_ACCEPTABLE' },
  {
    name: 'JSON excluded, and nothing else asked for',
    send: get(SHELVES, 'Accept: application/json;q=0'),
    status: 406,
    reason: 'NOT_ACCEPTABLE',
  },
  { name: 'JSON: nothing but white space', send: shelf(' \n'), ...JSON_SYNTAX },
  { name: 'JSON: not closed', send: shelf('{"theme":"a"'), ...JSON_SYNTAX },
  { name: 'JSON: single quotes', send: shelf("{'theme':'a'}"), ...JSON_SYNTAX },
  { name: 'JSON: a comma too many', send: shelf('{"theme":"a",}'), ...JSON_SYNTAX },
  { name: 'JSON: a comment', send: shelf('{"theme":"a"/* */}'), ...JSON_SYNTAX },
  { name: 'JSON: a control character in a string', send: shelf('{"theme":"\t"}'), ...JSON_SYNTAX },
  { name: 'JSON: a leading zero', send: shelf('{"bookCount":01}'), ...JSON_SYNTAX },
  { name: 'JSON: NaN', send: book('{"rating":NaN}'), ...JSON_SYNTAX },
  { name: 'JSON: a lone surrogate', send: shelf('{"theme":"\\ud800"}'), ...JSON_SYNTAX },
  {
    name: 'JSON: invalid UTF-8',
    send: typed('application/json', '').replace('h: 0', 'h: 13') + '{"theme":"\xff"}',
    ...JSON_SYNTAX,
  },
  { name: 'JSON: a byte order mark', send: shelf('\ufeff{}'), ...JSON_SYNTAX },
  { name: 'JSON: trailing bytes', send: shelf('{} x'), ...JSON_SYNTAX },
  { name: 'JSON: two values', send: shelf('{}{}'), ...JSON_SYNTAX },
  { name: 'JSON: duplicate keys', send: shelf('{"theme":"a","theme":"b"}'), status: 400, reason: 'DUPLICATE_FIELD' },
  {
    name: 'JSON: duplicate keys, one of them escaped',
    send: shelf('{"theme":"a","\\u0074heme":"b"}'),
    status: 400,
    reason: 'DUPLICATE_FIELD',
  },
  {
    name: 'JSON: both spellings of one field',
    send: shelf('{"bookCount":1,"book_count":1}'),
    status: 400,
    reason: 'DUPLICATE_FIELD',
  },
  {
    name: 'JSON: a map key twice',
    send: book('{"chapters":{"1":"a","1":"b"}}'),
    status: 400,
    reason: 'DUPLICATE_FIELD',
  },
  {
    name: 'JSON: 101 levels',
    send: send('PUT', `${BOOK}/metadata`, `{"a":${'['.repeat(100)}${']'.repeat(100)}}`),
    status: 400,
    reason: 'DEPTH_EXCEEDED',
  },
  {
    name: 'JSON: 100,000 levels',
    send: send('PUT', `${BOOK}/metadata`, `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
    status: 400,
    reason: 'DEPTH_EXCEEDED',
  },
  { name: 'JSON: an unknown field', send: shelf('{"nope":1}'), status: 400, reason: 'UNKNOWN_FIELD' },
  {
    name: 'JSON: __proto__ is a field like any other',
    send: shelf('{"__proto__":{"admin":true}}'),
    status: 400,
    reason: 'UNKNOWN_FIELD',
  },
  { name: 'JSON: a number that is no int32', send: shelf('{"bookCount":12.5}'), ...FIELD, field: 'shelf.bookCount' },
  { name: 'JSON: a number over int32', send: shelf('{"bookCount":2147483648}'), ...FIELD, field: 'shelf.bookCount' },
  { name: 'JSON: a number over int64', send: book('{"copiesPrinted":"9223372036854775808"}'), ...FIELD },
  {
    name: 'JSON: an exponent that would fill the memory',
    send: shelf('{"bookCount":"1e536870000"}'),
    ...FIELD,
    field: 'shelf.bookCount',
  },
  { name: 'JSON: a number for a string', send: shelf('{"theme":1}'), ...FIELD, field: 'shelf.theme' },
  { name: 'JSON: a string for a list', send: book('{"tags":"a"}'), ...FIELD, field: 'book.tags' },
  { name: 'JSON: null in a list', send: book('{"tags":[null]}'), ...FIELD },
  { name: 'JSON: an enum name that is none', send: book('{"genre":"COOKERY"}'), ...FIELD, field: 'book.genre' },
  { name: 'JSON: bytes that are not base64', send: book('{"fingerprint":"*"}'), ...FIELD, field: 'book.fingerprint' },
  {
    name: 'JSON: a Timestamp before the year 1',
    send: book('{"publishTime":"0000-01-01T00:00:00Z"}'),
    ...FIELD,
    field: 'book.publishTime',
  },
  { name: 'JSON: a Duration in minutes', send: book('{"readingTime":"5m"}'), ...FIELD, field: 'book.readingTime' },
  { name: 'JSON: an Any of no known type', send: book('{"attachments":[{"@type":"a/b.C"}]}'), ...FIELD },
  {
    name: 'JSON: two members of one oneof',
    send: book('{"legend":"a","donation":{}}'),
    status: 400,
    reason: 'ONEOF_CONFLICT',
  },
  {
    name: 'protobuf that does not decode',
    send: request('POST', SHELVES, ['Content-Type: application/x-protobuf', 'Accept: application/json'], '\n\x7f'),
    status: 400,
    reason: 'MALFORMED_PROTOBUF',
  },
  {
    name: 'protobuf that ends within a field',
    send: request('POST', SHELVES, ['Content-Type: application/protobuf', 'Accept: application/json'], '\x12\x05a'),
    status: 400,
    reason: 'MALFORMED_PROTOBUF',
  },
]
