import { describe, expect, test } from '@jest/globals'
import { parseRequestTarget } from '../../src/exchange/request-target.js'

describe('a request target taken apart (RFC 9112 §3.2)', () => {
  test.each([
    {
      name: 'origin form',
      target: '/v1/a?b=c',
      host: 'api.example.com',
      want: { path: '/v1/a', query: 'b=c', host: 'api.example.com' },
    },
    { name: 'no query', target: '/', host: 'a', want: { path: '/', query: '', host: 'a' } },
    {
      name: 'a second ? belongs to the query',
      target: '/a?b?c',
      host: 'a',
      want: { path: '/a', query: 'b?c', host: 'a' },
    },
    {
      name: 'host in upper case, with port',
      target: '/',
      host: 'API.Example.com:8080',
      want: { path: '/', query: '', host: 'api.example.com' },
    },
    {
      name: 'host with a trailing dot',
      target: '/',
      host: 'a.example.',
      want: { path: '/', query: '', host: 'a.example' },
    },
    { name: 'IPv6 host with port', target: '/', host: '[::1]:80', want: { path: '/', query: '', host: '[::1]' } },
    {
      name: 'absolute form: its authority is the host',
      target: 'http://x.example:1/a?q',
      host: 'y',
      want: { path: '/a', query: 'q', host: 'x.example' },
    },
    {
      name: 'absolute form without path',
      target: 'HTTPS://x.example',
      host: 'y',
      want: { path: '/', query: '', host: 'x.example' },
    },
    {
      name: 'absolute form, query without path',
      target: 'http://x.example?q=1',
      host: 'y',
      want: { path: '/', query: 'q=1', host: 'x.example' },
    },
    { name: 'asterisk form', target: '*', host: 'a', want: { path: '*', query: '', host: 'a' } },
    { name: 'no host, as HTTP/1.0 may', target: '/a', host: '', want: { path: '/a', query: '', host: '' } },
  ])('$name', ({ target, host, want }) => {
    expect(parseRequestTarget(target, host)).toMatchObject(want)
  })

  test.each([
    { name: 'the Host header', target: '/', host: 'API.example:8080', authority: 'API.example:8080' },
    { name: 'the authority of an absolute form', target: 'http://x.example:1/', host: 'y', authority: 'x.example:1' },
    { name: 'nothing', target: '/', host: '', authority: '' },
  ])('the authority is $name as sent', ({ target, host, authority }) => {
    expect(parseRequestTarget(target, host).authority).toBe(authority)
  })

  test.each([
    { target: 'v1/a', host: 'a', error: 'the request target is neither a path nor an absolute URI' },
    { target: 'ftp://a/b', host: 'a', error: 'the request target is neither a path nor an absolute URI' },
    { target: 'http:///a', host: 'a', error: 'the request target has no valid host' },
    { target: 'http://user@a/', host: 'a', error: 'the request target has no valid host' },
    { target: '/a#b', host: 'a', error: 'the request target has a fragment' },
    { target: '/', host: 'a:b', error: 'the host has a malformed port' },
    { target: '/', host: 'a b', error: 'the host is malformed' },
    { target: '/', host: 'a/b', error: 'the host is malformed' },
  ])('$target at $host is refused: $error', ({ target, host, error }) => {
    expect(() => parseRequestTarget(target, host)).toThrow(error)
  })
})
