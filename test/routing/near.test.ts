import { describe, expect, test } from '@jest/globals'
import { canonicalPath } from '../../src/routing/index.js'
import { routerOf } from './routes.js'

const router = routerOf(
  'GET /v1/shelves',
  'POST /v1/shelves',
  'GET /v1/{name=shelves/*}',
  'GET /v1/{name=shelves/*/books/*}',
  'POST /v1/{name=shelves/*}:merge',
  'GET /v1/{name=files/**}',
  { route: 'GET /v1/hosted', hosts: ['api.example'] },
  { route: 'GET /x', prefix: '/library' },
)

describe('routes that nearly take a request, nearest first, with the reason', () => {
  test.each([
    { request: 'DELETE /v1/shelves', first: 'GET /v1/shelves', reason: 'its method is GET' },
    { request: 'GET /v1/shelfs', first: 'GET /v1/shelves', reason: 'segment 2 is "shelves" there, not "shelfs"' },
    { request: 'GET /v1/shelves/', first: 'GET /v1/shelves', reason: 'the path has a trailing slash' },
    {
      request: 'GET /v1/shelves/1/book/2',
      first: 'GET /v1/{name=shelves/*/books/*}',
      reason: 'segment 4 is "books" there, not "book"',
    },
    { request: 'GET /v1/shelves/1/books', first: 'GET /v1/{name=shelves/*}', reason: 'the path goes on with "/books"' },
    {
      request: 'GET /v1/shelves//books/2',
      first: 'GET /v1/{name=shelves/*/books/*}',
      reason: 'segment 3 of the path is empty',
    },
    { request: 'POST /v1/shelves/1:marge', first: 'POST /v1/{name=shelves/*}:merge', reason: 'its verb is ":merge"' },
    { request: 'PUT /v1/shelves/1', first: 'GET /v1/{name=shelves/*}', reason: 'its method is GET' },
    { request: 'GET /v1', first: 'GET /v1/shelves', reason: 'it goes on with "/shelves"' },
    { request: 'GET /v1/hosted', first: 'api.example GET /v1/hosted', reason: 'it is served under api.example only' },
    { request: 'GET /library/y', first: '/library GET /x', reason: 'segment 2 is "x" there, not "y"' },
    { request: 'GET /v1/file/a/b', first: 'GET /v1/{name=files/**}', reason: 'segment 2 is "files" there, not "file"' },
    { request: 'PUT /v1/files/a/b', first: 'GET /v1/{name=files/**}', reason: 'its method is GET' },
  ])('$request: $first: $reason', ({ request, first, reason }) => {
    const [method, path] = request.split(' ')
    const [nearest] = router.near(method!, '', canonicalPath(path!))
    expect({ route: nearest?.entry.value, reason: nearest?.reason }).toEqual({ route: first, reason })
  })

  test('the route that is taken is not among them; one that would be taken else is', () => {
    const router = routerOf('GET /v1/x', 'GET /v1/{a}', 'PUT /{b}/x')
    expect(router.near('GET', '', canonicalPath('/v1/x'))).toEqual([
      expect.objectContaining({
        entry: expect.objectContaining({ value: 'GET /v1/{a}' }),
        reason: 'a more specific route takes the request',
      }),
      expect.objectContaining({ entry: expect.objectContaining({ value: 'PUT /{b}/x' }), reason: 'its method is PUT' }),
    ])
  })

  test('what has nothing in common is not near, and no more are given than asked for', () => {
    expect(router.near('GET', '', canonicalPath('/a/b/c'))).toEqual([])
    expect(router.near('GET', '', canonicalPath('/v1/shelve'), 2)).toHaveLength(2)
  })

  test('several differences are all said', () => {
    const [nearest] = routerOf('POST /v1/a:go').near('GET', '', canonicalPath('/v1/b'))
    expect(nearest?.reason).toBe('its verb is ":go"; segment 2 is "a" there, not "b"; its method is POST')
  })
})
