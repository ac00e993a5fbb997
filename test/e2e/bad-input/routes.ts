import { request } from '../../support/raw-http.js'
import { get, send, SHELVES, type Row } from './row.js'

const NO_ROUTE = { status: 404, code: 5, reason: 'NO_ROUTE' } as const
const NOT_ALLOWED = { status: 405, code: 12, reason: 'METHOD_NOT_ALLOWED' } as const
const BAD_PATH = { status: 400, reason: 'MALFORMED_PATH' } as const
const BAD_TARGET = { status: 400, reason: 'MALFORMED_TARGET', closes: true } as const

/** Rulings: "Routes". */
export const ROUTES: readonly Row[] = [
  { name: 'unknown path', send: get('/nowhere'), ...NO_ROUTE },
  { name: 'the root', send: get('/'), ...NO_ROUTE },
  { name: 'trailing slash is significant', send: get('/v1/shelves/'), ...NO_ROUTE },
  { name: 'an empty segment never matches *', send: get('/v1/shelves//books'), ...NO_ROUTE },
  { name: 'an empty segment in front', send: get('//v1/shelves'), ...NO_ROUTE },
  { name: ';params are part of a literal', send: get('/v1/shelves;a=b'), ...NO_ROUTE },
  { name: 'literals are case-sensitive', send: get('/V1/Shelves'), ...NO_ROUTE },
  { name: 'an encoded slash is no separator', send: get('/v1%2Fshelves'), ...NO_ROUTE },
  { name: 'OPTIONS of an unknown path', send: 'OPTIONS /nowhere HTTP/1.1\r\nHost: a\r\n\r\n', ...NO_ROUTE },
  { name: 'HEAD of an unknown path', send: get('/nowhere').replace('GET', 'PATCH'), ...NO_ROUTE },
  {
    name: 'path known, method not',
    send: send('PUT', SHELVES, '{}'),
    ...NOT_ALLOWED,
    header: ['allow', 'GET, HEAD, OPTIONS, POST'],
  },
  { name: 'DELETE of a collection', send: request('DELETE', SHELVES), ...NOT_ALLOWED },
  { name: 'a method of WebDAV', send: request('PROPFIND', SHELVES), ...NOT_ALLOWED },
  { name: 'TRACE', send: request('TRACE', SHELVES), ...NOT_ALLOWED },
  { name: 'TRACE of an unknown path', send: request('TRACE', '/nowhere'), ...NOT_ALLOWED },
  { name: 'CONNECT', send: 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', ...NOT_ALLOWED, closes: true },
  {
    name: 'method override headers are ignored',
    send: send('POST', '/v1/shelves/1', '{}', 'X-HTTP-Method-Override: DELETE', 'X-Method-Override: DELETE'),
    ...NOT_ALLOWED,
    header: ['allow', 'DELETE, GET, HEAD, OPTIONS, PATCH'],
  },
  { name: 'dot segment', send: get('/v1/./shelves'), ...BAD_PATH },
  { name: 'dot segment at the end', send: get('/v1/shelves/.'), ...BAD_PATH },
  { name: 'dot-dot segment', send: get('/v1/x/../shelves'), ...BAD_PATH },
  { name: 'encoded dot segment', send: get('/v1/%2e/shelves'), ...BAD_PATH },
  { name: 'encoded dot-dot segment', send: get('/v1/%2e%2E/shelves'), ...BAD_PATH },
  { name: 'half-encoded dot-dot segment', send: get('/v1/.%2e/shelves'), ...BAD_PATH },
  { name: 'dot segments of a path no route has', send: get('/../../etc/passwd'), ...BAD_PATH },
  { name: 'invalid escape', send: get('/v1/shelves/%zz'), ...BAD_PATH },
  { name: 'half an escape', send: get('/v1/shelves/a%2'), ...BAD_PATH },
  { name: 'encoded NUL', send: get('/v1/shelves/%00'), ...BAD_PATH },
  { name: 'escapes that are not UTF-8', send: get('/v1/shelves/%ff'), ...BAD_PATH },
  { name: 'an overlong escape of a slash', send: get('/v1/shelves/%c0%af'), ...BAD_PATH },
  { name: 'an escaped surrogate', send: get('/v1/shelves/%ed%a0%80'), ...BAD_PATH },
  { name: 'escapes that are not UTF-8 in a path no route has', send: get('/%ff'), ...BAD_PATH },
  { name: 'a fragment', send: get('/v1/shelves#top'), ...BAD_TARGET },
  { name: 'absolute form of another scheme', send: get('ftp://a/v1/shelves'), ...BAD_TARGET },
  { name: 'absolute form with user information', send: get('http://user@a/v1/shelves'), ...BAD_TARGET },
  { name: 'a Host that is none', send: get(SHELVES).replace('Host: a', 'Host: a b'), ...BAD_TARGET },
  { name: 'a Host with a path', send: get(SHELVES).replace('Host: a', 'Host: a/b'), ...BAD_TARGET },
  { name: 'a Host with a malformed port', send: get(SHELVES).replace('Host: a', 'Host: a:http'), ...BAD_TARGET },
  { name: '* with another method than OPTIONS', send: get('*'), status: 400, reason: 'MALFORMED_TARGET' },
]
