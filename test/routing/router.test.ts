import { describe, expect, test } from '@jest/globals'
import { canonicalPath } from '../../src/routing/index.js'
import { outcome, routerOf } from './routes.js'

interface Row {
  readonly name?: string
  readonly routes: readonly string[]
  readonly request: string
  readonly is: string
}

function check(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    test.each(rows.map((row) => ({ ...row, name: row.name ?? row.routes.join(', ') })))(
      '$name: $request is $is',
      ({ routes, request, is }) => {
        expect(outcome(routerOf(...routes), request)).toBe(is)
        // "file order never matters"
        expect(outcome(routerOf(...[...routes].reverse()), request)).toBe(is)
      },
    )
  })
}

check('a single template', [
  { routes: ['GET /v1/shelves'], request: 'GET /v1/shelves', is: 'GET /v1/shelves' },
  { routes: ['GET /v1/shelves'], request: 'GET /v1/Shelves', is: '404' },
  { routes: ['GET /v1/shelves'], request: 'GET /v1', is: '404' },
  { routes: ['GET /v1/shelves'], request: 'GET /v1/shelves/1', is: '404' },
  { routes: ['GET /'], request: 'GET /', is: 'GET /' },
  { routes: ['GET /'], request: 'GET //', is: '404' },
  { routes: ['GET /v1/*'], request: 'GET /v1/x', is: 'GET /v1/*' },
  { routes: ['GET /v1/{a}/x/{b}'], request: 'GET /v1/1/x/2', is: 'GET /v1/{a}/x/{b} <1> <2>' },
  { routes: ['GET /v1/{a=s/*/b/*}'], request: 'GET /v1/s/1/b/2', is: 'GET /v1/{a=s/*/b/*} <s/1/b/2>' },
  { routes: ['GET /v1/{a=s/*/b/*}'], request: 'GET /v1/s/1/c/2', is: '404' },
  { routes: ['GET /{a=x}'], request: 'GET /x', is: 'GET /{a=x} <x>' },
])

check('captures are raw, split first and decoded after', [
  { routes: ['GET /v1/{a}'], request: 'GET /v1/a%2Fb', is: 'GET /v1/{a} <a%2Fb>' },
  { routes: ['GET /v1/{a=**}'], request: 'GET /v1/a%2fb/%2F/%41', is: 'GET /v1/{a=**} <a%2fb/%2F/A>' },
  { routes: ['GET /v1/{a}'], request: 'GET /v1/a%2Fb/c', is: '404' },
])

check('literals match after decoding unreserved characters', [
  { routes: ['GET /v1/~x'], request: 'GET /v1/%7Ex', is: 'GET /v1/~x' },
  { routes: ['GET /v1/%7ex'], request: 'GET /v1/~x', is: 'GET /v1/%7ex' },
  { routes: ['GET /a%2Fb'], request: 'GET /a%2fb', is: 'GET /a%2Fb' },
  { routes: ['GET /a%2Fb'], request: 'GET /a/b', is: '404' },
  { routes: ['GET /a+b'], request: 'GET /a%2Bb', is: '404' },
  { routes: ['GET /%C3%A9'], request: 'GET /\u00c3\u00a9', is: 'GET /%C3%A9' },
])

check('trailing slash, empty segment, ;params: significant', [
  { routes: ['GET /v1/books'], request: 'GET /v1/books/', is: '404' },
  { routes: ['GET /v1/books'], request: 'GET //v1/books', is: '404' },
  { routes: ['GET /v1/books'], request: 'GET /v1//books', is: '404' },
  { routes: ['GET /v1/books'], request: 'GET /v1/books;v=1', is: '404' },
  { routes: ['GET /v1/{a}'], request: 'GET /v1/', is: '404' },
  { routes: ['GET /v1/{a}/x'], request: 'GET /v1//x', is: '404' },
  { routes: ['GET /{a}'], request: 'GET /', is: '404' },
  { routes: ['GET /v1/{a}'], request: 'GET /v1/x;y=z', is: 'GET /v1/{a} <x;y=z>' },
])

check('`**` takes zero or more segments, kept as sent', [
  { routes: ['GET /v1/{a=o/**}'], request: 'GET /v1/o', is: 'GET /v1/{a=o/**} <o>' },
  { routes: ['GET /v1/{a=o/**}'], request: 'GET /v1/o/', is: 'GET /v1/{a=o/**} <o/>' },
  { routes: ['GET /v1/{a=o/**}'], request: 'GET /v1/o/a//b', is: 'GET /v1/{a=o/**} <o/a//b>' },
  { routes: ['GET /v1/{a=o/**}'], request: 'GET /v1/ox', is: '404' },
  { routes: ['GET /v1/{a=**}'], request: 'GET /v1', is: 'GET /v1/{a=**} <>' },
  { routes: ['GET /v1/{a=**}'], request: 'GET /v1/', is: 'GET /v1/{a=**} <>' },
  { routes: ['GET /v1/{a=**}'], request: 'GET /v1//', is: 'GET /v1/{a=**} </>' },
  { routes: ['GET /**'], request: 'GET /', is: 'GET /**' },
  { routes: ['GET /{a=**}'], request: 'GET /', is: 'GET /{a=**} <>' },
  { routes: ['GET /{a=**}'], request: 'GET //x/', is: 'GET /{a=**} </x/>' },
  { routes: ['GET /v1/{a=**}/x'], request: 'GET /v1/x', is: 'GET /v1/{a=**}/x <>' },
  { routes: ['GET /v1/{a=**}/x'], request: 'GET /v1/x/x', is: 'GET /v1/{a=**}/x <x>' },
  { routes: ['GET /v1/{a=**}/x'], request: 'GET /v1/a/b/x', is: 'GET /v1/{a=**}/x <a/b>' },
  { routes: ['GET /v1/{a=**}/x'], request: 'GET /v1/a/x/b', is: '404' },
  { routes: ['GET /v1/{a=**}/{b}'], request: 'GET /v1/1/2/3', is: 'GET /v1/{a=**}/{b} <1/2> <3>' },
  { routes: ['GET /v1/{a=**}/{b}'], request: 'GET /v1/3', is: 'GET /v1/{a=**}/{b} <> <3>' },
  { routes: ['GET /v1/{a=**}/{b}'], request: 'GET /v1/', is: '404' },
  { routes: ['GET /{a=x/**/y}/{b=z/*}'], request: 'GET /x/y/z/1', is: 'GET /{a=x/**/y}/{b=z/*} <x/y> <z/1>' },
  { routes: ['GET /{a=x/**/y}/{b=z/*}'], request: 'GET /x/1/2/y/z/3', is: 'GET /{a=x/**/y}/{b=z/*} <x/1/2/y> <z/3>' },
  { routes: ['GET /{a}/{b=**}/{c}'], request: 'GET /1/2', is: 'GET /{a}/{b=**}/{c} <1> <> <2>' },
])

check('most specific, segment by segment from the left: literal, then `*`, then `**`', [
  { routes: ['GET /v1/x', 'GET /v1/{a}', 'GET /v1/{a=**}'], request: 'GET /v1/x', is: 'GET /v1/x' },
  { routes: ['GET /v1/x', 'GET /v1/{a}', 'GET /v1/{a=**}'], request: 'GET /v1/y', is: 'GET /v1/{a} <y>' },
  { routes: ['GET /v1/x', 'GET /v1/{a}', 'GET /v1/{a=**}'], request: 'GET /v1/y/z', is: 'GET /v1/{a=**} <y/z>' },
  { routes: ['GET /v1/x/{a}', 'GET /v1/{a}/y'], request: 'GET /v1/x/y', is: 'GET /v1/x/{a} <y>' },
  { routes: ['GET /v1/x/{a=**}', 'GET /v1/{a}/y'], request: 'GET /v1/x/y', is: 'GET /v1/x/{a=**} <y>' },
  { routes: ['GET /v1/{a}/**', 'GET /v1/**/y'], request: 'GET /v1/x/y', is: 'GET /v1/{a}/** <x>' },
  { routes: ['GET /v1/o', 'GET /v1/o/**'], request: 'GET /v1/o', is: 'GET /v1/o' },
])

check('a dead end backtracks', [
  { routes: ['GET /a/b/c', 'GET /a/{x}/d'], request: 'GET /a/b/d', is: 'GET /a/{x}/d <b>' },
  { routes: ['GET /a/b/c/d', 'GET /{x}/b/c/e', 'GET /**'], request: 'GET /a/b/c/f', is: 'GET /**' },
  { routes: ['GET /a/{x}/c', 'GET /{x=**}/d'], request: 'GET /a/b/d', is: 'GET /{x=**}/d <a/b>' },
  { routes: ['GET /{x=**}/d', 'GET /a/{x=**}/c'], request: 'GET /a/b/d', is: 'GET /{x=**}/d <a/b>' },
])

check('a path that fits but not for this HTTP method is a dead end too', [
  { routes: ['POST /v1/x', 'GET /v1/{a}'], request: 'GET /v1/x', is: 'GET /v1/{a} <x>' },
  { routes: ['POST /v1/x', 'GET /v1/{a=**}'], request: 'GET /v1/x', is: 'GET /v1/{a=**} <x>' },
  { routes: ['POST /v1/{a}:go', 'GET /v1/{a}'], request: 'GET /v1/x:go', is: 'GET /v1/{a} <x:go>' },
])

check('behind `**`, the longer suffix wins', [
  { routes: ['GET /v1/{a=**}', 'GET /v1/{a=**}/x'], request: 'GET /v1/1/x', is: 'GET /v1/{a=**}/x <1>' },
  { routes: ['GET /v1/**/x', 'GET /v1/**/*/x'], request: 'GET /v1/1/x', is: 'GET /v1/**/*/x' },
  { routes: ['GET /v1/**/x', 'GET /v1/**/*/x'], request: 'GET /v1/x', is: 'GET /v1/**/x' },
  { routes: ['GET /v1/**/x', 'GET /v1/**/{a}'], request: 'GET /v1/1/x', is: 'GET /v1/**/x' },
  { routes: ['GET /v1/**/x', 'GET /v1/**/{a}'], request: 'GET /v1/1/y', is: 'GET /v1/**/{a} <y>' },
  { routes: ['POST /v1/**/y/x', 'GET /v1/{a=**}/x'], request: 'GET /v1/y/x', is: 'GET /v1/{a=**}/x <y>' },
])

check('`:verb`', [
  { routes: ['POST /v1/{a}:go'], request: 'POST /v1/x:go', is: 'POST /v1/{a}:go <x>' },
  { routes: ['POST /v1/{a}:go'], request: 'POST /v1/x', is: '404' },
  { routes: ['POST /v1/{a}:go'], request: 'POST /v1/:go', is: '404' },
  { routes: ['POST /v1/{a}:go'], request: 'POST /v1/x%3Ago', is: '404' },
  { routes: ['POST /v1/{a}:go'], request: 'POST /v1/x:y:go', is: 'POST /v1/{a}:go <x:y>' },
  { routes: ['POST /v1/{a}:g~'], request: 'POST /v1/x:g%7e', is: 'POST /v1/{a}:g~ <x>' },
  { routes: ['POST /v1/x:go'], request: 'POST /v1/x:go', is: 'POST /v1/x:go' },
  { routes: ['POST /v1/{a=**}:go'], request: 'POST /v1:go', is: 'POST /v1/{a=**}:go <>' },
  { routes: ['POST /v1/{a=**}:go'], request: 'POST /v1/x/y:go', is: 'POST /v1/{a=**}:go <x/y>' },
  { routes: ['POST /v1/{a=**}:go'], request: 'POST /v1/x/:go', is: 'POST /v1/{a=**}:go <x/>' },
  { routes: ['POST /**:go'], request: 'POST /:go', is: 'POST /**:go' },
  { routes: ['POST /v1/{a=**}/x:go'], request: 'POST /v1/1/x:go', is: 'POST /v1/{a=**}/x:go <1>' },
  { routes: ['GET /v1/a:b/c'], request: 'GET /v1/a:b/c', is: 'GET /v1/a:b/c' },
  { routes: ['GET /v1/{x=a:b}'], request: 'GET /v1/a:b', is: 'GET /v1/{x=a:b} <a:b>' },
  { routes: ['GET /v1/{x=a:b}', 'GET /v1/y:b'], request: 'GET /v1/a:b', is: 'GET /v1/{x=a:b} <a:b>' },
])

check('`:verb` that no route has is part of the last segment’s value', [
  { routes: ['GET /v1/{a}'], request: 'GET /v1/x:go', is: 'GET /v1/{a} <x:go>' },
  { routes: ['GET /v1/{a}', 'GET /v1/{a}:stop'], request: 'GET /v1/x:go', is: 'GET /v1/{a} <x:go>' },
  { routes: ['GET /v1/{a}', 'GET /v2/{a}:go'], request: 'GET /v1/x:go', is: 'GET /v1/{a} <x:go>' },
  { routes: ['GET /v1/{a}'], request: 'GET /v1/x:', is: 'GET /v1/{a} <x:>' },
  { routes: ['GET /v1/x'], request: 'GET /v1/x:go', is: '404' },
])

check('a route with the path’s `:verb` beats one that would take the verb into a value, wherever it stands', [
  { routes: ['GET /v1/{a}', 'GET /v1/{a}:go'], request: 'GET /v1/x:go', is: 'GET /v1/{a}:go <x>' },
  { routes: ['GET /v1/x/{a}', 'GET /v1/{a=**}:go'], request: 'GET /v1/x/y:go', is: 'GET /v1/{a=**}:go <x/y>' },
  { routes: ['GET /v1/x/{a}', 'GET /{a=**}:go'], request: 'GET /v1/x/y:go', is: 'GET /{a=**}:go <v1/x/y>' },
])

check('path known, method not: 405 with Allow, sorted', [
  { routes: ['GET /x', 'POST /x', 'DELETE /x'], request: 'PUT /x', is: '405 DELETE, GET, HEAD, OPTIONS, POST' },
  { routes: ['POST /x', 'GET /{a}', 'PATCH /**'], request: 'PUT /x', is: '405 GET, HEAD, OPTIONS, PATCH, POST' },
  { routes: ['POST /{a}:go', 'GET /{a}'], request: 'PUT /x:go', is: '405 GET, HEAD, OPTIONS, POST' },
  { routes: ['POST /x'], request: 'HEAD /x', is: '405 OPTIONS, POST' },
  { routes: ['HEAD /x'], request: 'GET /x', is: '405 HEAD, OPTIONS' },
  { routes: ['GET /x'], request: 'OPTIONS /x', is: '405 GET, HEAD, OPTIONS' },
  { routes: ['GET /x'], request: 'get /x', is: '405 GET, HEAD, OPTIONS' },
  { routes: ['PURGE /x'], request: 'GET /x', is: '405 OPTIONS, PURGE' },
  { routes: ['GET /x'], request: 'PUT /y', is: '404' },
])

check('HEAD is served where GET is, or by a route of its own', [
  { routes: ['GET /x'], request: 'HEAD /x', is: 'GET /x' },
  { routes: ['GET /x', 'HEAD /x'], request: 'HEAD /x', is: 'HEAD /x' },
  { routes: ['GET /x', '* /x'], request: 'HEAD /x', is: 'GET /x' },
  { routes: ['POST /x', '* /x'], request: 'HEAD /x', is: '* /x' },
  { routes: ['GET /x', 'HEAD /{a}'], request: 'HEAD /x', is: 'GET /x' },
])

check('custom kinds', [
  { routes: ['* /x'], request: 'GET /x', is: '* /x' },
  { routes: ['* /x'], request: 'PURGE /x', is: '* /x' },
  { routes: ['* /x', 'GET /x'], request: 'GET /x', is: 'GET /x' },
  { routes: ['* /x', 'GET /x'], request: 'POST /x', is: '* /x' },
  { routes: ['PURGE /x'], request: 'PURGE /x', is: 'PURGE /x' },
  { routes: ['OPTIONS /x'], request: 'OPTIONS /x', is: 'OPTIONS /x' },
  // OPTIONS is answered by the gateway; TRACE and CONNECT are 405 everywhere
  { routes: ['* /x'], request: 'OPTIONS /x', is: '405 DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT' },
  { routes: ['* /x'], request: 'TRACE /x', is: '405 DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT' },
  { routes: ['* /x'], request: 'CONNECT /x', is: '405 DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT' },
  { routes: ['GET /x'], request: 'TRACE /x', is: '405 GET, HEAD, OPTIONS' },
])

describe('hosts and prefixes', () => {
  const router = routerOf(
    { route: 'GET /x', hosts: ['a.example', 'A2.example'] },
    { route: 'GET /x', hosts: ['b.example'] },
    { route: 'POST /x', hosts: ['b.example'] },
    { route: 'GET /y' },
    { route: 'GET /{any}', hosts: ['a.example'] },
    { route: 'GET /x', prefix: '/library' },
    { route: 'GET /', prefix: '/library' },
    { route: 'GET /{a=**}/z', prefix: '/library' },
    { route: 'POST /{a}:go', prefix: '/library/v2' },
  )
  test.each([
    { host: 'a.example', request: 'GET /x', is: 'a.example A2.example GET /x' },
    { host: 'a2.example', request: 'GET /x', is: 'a.example A2.example GET /x' },
    { host: 'b.example', request: 'GET /x', is: 'b.example GET /x' },
    { host: 'c.example', request: 'GET /x', is: '404' },
    { host: '', request: 'GET /x', is: '404' },
    // a route of any host is under each
    { host: 'c.example', request: 'GET /y', is: 'GET /y' },
    { host: 'b.example', request: 'GET /y', is: 'GET /y' },
    // most specific across hosts: the literal beats the variable
    { host: 'a.example', request: 'GET /y', is: 'GET /y' },
    { host: 'a.example', request: 'GET /z', is: 'a.example GET /{any} <z>' },
    { host: 'b.example', request: 'GET /z', is: '404' },
    // Allow is of the host
    { host: 'b.example', request: 'PUT /x', is: '405 GET, HEAD, OPTIONS, POST' },
    { host: 'a.example', request: 'POST /x', is: '405 GET, HEAD, OPTIONS' },
    // the prefix is stripped before matching
    { host: '', request: 'GET /library/x', is: '/library GET /x' },
    { host: '', request: 'GET /library', is: '/library GET /' },
    { host: '', request: 'GET /library/', is: '/library GET /' },
    { host: '', request: 'GET /library//', is: '404' },
    { host: '', request: 'GET /libraryx', is: '404' },
    { host: '', request: 'GET /library/1/2/z', is: '/library GET /{a=**}/z <1/2>' },
    { host: '', request: 'POST /library/v2/x:go', is: '/library/v2 POST /{a}:go <x>' },
    { host: '', request: 'POST /library/v2', is: '404' },
  ])('$host $request is $is', ({ host, request, is }) => {
    expect(outcome(router, request, host)).toBe(is)
  })

  test('a host’s own route is taken before the same one of any host', () => {
    const routes = [{ route: 'GET /x' }, { route: 'GET /x', hosts: ['a.example'] }]
    expect(outcome(routerOf(...routes), 'GET /x', 'a.example')).toBe('a.example GET /x')
    expect(outcome(routerOf(...routes), 'GET /x', 'b.example')).toBe('GET /x')
  })

  test('no routes: everything is 404', () => {
    expect(outcome(routerOf(), 'GET /')).toBe('404')
  })
})

describe('what a request can cost', () => {
  /** ms for one match, the best of several: what else the machine does must not decide. */
  function cost(router: ReturnType<typeof routerOf>, path: string): number {
    const canonical = canonicalPath(path)
    let best = Infinity
    for (let run = 0; run < 5; run++) {
      const from = performance.now()
      for (let i = 0; i < 10; i++) router.match('GET', '', canonical)
      best = Math.min(best, (performance.now() - from) / 10)
    }
    return best
  }

  test('a path of 16 KiB costs no more than its splitting, whatever the routes', () => {
    const routes: string[] = []
    for (let n = 0; n < 40; n++) {
      routes.push(`POST /{x}/${'*/'.repeat(n)}**/${'a/'.repeat(n)}b`)
      routes.push(`POST /${'a/'.repeat(n)}**/${'*/'.repeat(40 - n)}c:v`)
    }
    const router = routerOf(...routes)
    const long = `/${'a/'.repeat(8 * 1024)}a:v`
    const half = `/${'a/'.repeat(4 * 1024)}a:v`
    expect(cost(router, long)).toBeLessThan(5)
    // Not quadratic: twice the path is not four times the cost (with room for noise).
    expect(cost(router, long)).toBeLessThan(3.5 * cost(router, half) + 0.2)
  })

  test('routes that overlap in every way are each visited once, not once per way', () => {
    // Every combination of `a` and `*` over ten segments, behind which nothing fits: 2^10 dead ends and no more.
    const routes: string[] = []
    for (let bits = 0; bits < 1024; bits++) {
      const segments = Array.from({ length: 10 }, (_, at) => ((bits >> at) & 1 ? 'a' : '*'))
      routes.push(`POST /${segments.join('/')}`)
    }
    expect(cost(routerOf(...routes), `/${Array(10).fill('a').join('/')}`)).toBeLessThan(20)
  })
})
