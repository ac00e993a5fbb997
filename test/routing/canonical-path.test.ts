import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { canonicalPath } from '../../src/routing/index.js'
import { StatusError } from '../../src/status/index.js'

describe('a path made canonical', () => {
  test.each([
    { path: '/', segments: [''] },
    { path: '/v1/books', segments: ['v1', 'books'] },
    { path: '/v1/books/', segments: ['v1', 'books', ''] },
    { path: '/a//b', segments: ['a', '', 'b'] },
    { path: '//', segments: ['', ''] },
    { path: '/v1/a:b;c=d,e+f@g!$&\'()*"<>[]{}|^`\\', segments: ['v1', 'a:b;c=d,e+f@g!$&\'()*"<>[]{}|^`\\'] },
    // unreserved characters are decoded, everything else is as sent
    { path: '/%61%7E%2d%5f/%2F%2f', text: '/a~-_/%2F%2f', segments: ['a~-_', '%2F%2f'], keys: ['a~-_', '%2F%2F'] },
    { path: '/a%3Ab', segments: ['a%3Ab'] },
    { path: '/%c3%a9%20', segments: ['%c3%a9%20'], keys: ['%C3%A9%20'] },
    { path: '/%2561', segments: ['%2561'] },
    // bytes outside ASCII, a character each as node:http gives them
    { path: '/\u00c3\u00a9/%C3\u00a9', text: '/%C3%A9/%C3%A9', segments: ['%C3%A9', '%C3%A9'] },
    // what only looks like a dot segment
    { path: '/.well-known/x', segments: ['.well-known', 'x'] },
    { path: '/.../a..', segments: ['...', 'a..'] },
    { path: '/%2e%2E%2E', text: '/...', segments: ['...'] },
    { path: '/..%2F..', segments: ['..%2F..'] },
    { path: '/..;/a', segments: ['..;', 'a'] },
    { path: '/%0A', segments: ['%0A'] },
  ])('$path', ({ path, segments, keys = segments, text = path }) => {
    expect(canonicalPath(path)).toEqual({ segments, literalKeys: keys, text })
  })
})

describe('400, before any policy runs', () => {
  test.each([
    { path: '/.', message: 'the path has a dot segment' },
    { path: '/..', message: 'the path has a dot segment' },
    { path: '/a/./b', message: 'the path has a dot segment' },
    { path: '/a/../b', message: 'the path has a dot segment' },
    { path: '/a/..', message: 'the path has a dot segment' },
    { path: '/a/%2e%2e', message: 'the path has a dot segment' },
    { path: '/a/.%2E/b', message: 'the path has a dot segment' },
    { path: '/a/%2e/b', message: 'the path has a dot segment' },
    { path: '/%', message: 'the path has an invalid percent-encoding' },
    { path: '/%4', message: 'the path has an invalid percent-encoding' },
    { path: '/%4/1', message: 'the path has an invalid percent-encoding' },
    { path: '/a%zz', message: 'the path has an invalid percent-encoding' },
    { path: '/%%41', message: 'the path has an invalid percent-encoding' },
    { path: '/a%00b', message: 'the path has an encoded NUL' },
    { path: '/%ff', message: 'the path is not UTF-8' },
    { path: '/%C3', message: 'the path is not UTF-8' },
    { path: '/%C3/%A9', message: 'the path is not UTF-8' },
    { path: '/%C0%AE%C0%AE/x', message: 'the path is not UTF-8' },
    { path: '/%ED%A0%80', message: 'the path is not UTF-8' },
    { path: '/%F4%90%80%80', message: 'the path is not UTF-8' },
    { path: '/\u00e9', message: 'the path is not UTF-8' },
    { path: '/\u20ac', message: 'the path is not a sequence of bytes' },
    { path: '/a\u0000', message: 'the path has a control character' },
    { path: '/a b', message: 'the path has a control character' },
    { path: '/a\u007f', message: 'the path has a control character' },
    { path: '', message: 'the path does not begin with "/"' },
    { path: '*', message: 'the path does not begin with "/"' },
    { path: 'v1', message: 'the path does not begin with "/"' },
  ])('$path: $message', ({ path, message }) => {
    let thrown: unknown
    try {
      canonicalPath(path)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(StatusError)
    expect(thrown).toMatchObject({ message, code: 3, httpStatus: 400, reason: 'MALFORMED_PATH' })
  })
})

const piece = fc.constantFrom(
  '/',
  '/',
  'a',
  '.',
  '~',
  ':',
  '%2F',
  '%2f',
  '%41',
  '%2e',
  '%c3%A9',
  '\u00c3\u00a9',
  '%',
  '%ff',
  '%25',
)
const rawPath = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`)

function attempt(path: string) {
  try {
    return canonicalPath(path)
  } catch {
    return undefined
  }
}

describe('properties', () => {
  test('a canonical path is its own canonical path', () => {
    fc.assert(
      fc.property(rawPath, (raw) => {
        const once = attempt(raw)
        if (once !== undefined) expect(canonicalPath(once.text)).toEqual(once)
      }),
    )
  })

  test('decodes to what was sent, by an independent decoder, or is refused where that fails', () => {
    fc.assert(
      fc.property(rawPath, (raw) => {
        const once = attempt(raw)
        const segments = raw.slice(1).split('/')
        const decoded = segments.map((segment) => {
          try {
            const escaped = segment.replace(/[\u0080-\u00ff]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
            return decodeURIComponent(escaped)
          } catch {
            return undefined
          }
        })
        const isRefused = decoded.some((text) => text === undefined || text === '.' || text === '..')
        expect(once === undefined).toBe(isRefused)
        if (once !== undefined) expect(once.segments.map((segment) => decodeURIComponent(segment))).toEqual(decoded)
      }),
      { numRuns: 1000 },
    )
  })
})
