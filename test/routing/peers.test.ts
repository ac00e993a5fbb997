import { describe, expect, test } from '@jest/globals'
import { outcome, routerOf } from './routes.js'

/*
 * What other projects' tests ask of a matcher, under the names they have there. Where they differ from us (a trailing slash
 * that ESP drops, `**` that takes one segment at least in vanguard and may not be followed by `*` in ESP, nested variables)
 * the ruling is ours, and the row says what we do.
 */

interface Case {
  readonly name: string
  readonly templates: readonly string[]
  /** A path, and the template that takes it with its captures, or 404. */
  readonly rows: Readonly<Record<string, string>>
}

/** grpc-ecosystem/grpc-httpjson-transcoding, test/path_matcher_test.cc */
const ESP: readonly Case[] = [
  { name: 'WildCardMatchesRoot', templates: ['/**'], rows: { '/': '/**', '/a': '/**', '/a/': '/**' } },
  {
    name: 'WildCardMatches',
    templates: ['/a/**', '/b/*', '/c/*/d/**', '/c/*/d/e', '/c/f/d/e'],
    rows: {
      '/a/b': '/a/**',
      '/a/b/c': '/a/**',
      '/b/c': '/b/*',
      '/b/c/d': '404',
      '/c/u/d/v': '/c/*/d/**',
      '/c/v/d/w/x': '/c/*/d/**',
      '/c/x/y/d/z': '404',
      '/c//v/d/w/x': '404',
      '/c/x/d/e': '/c/*/d/e',
      '/c/f/d/e': '/c/f/d/e',
    },
  },
  {
    name: 'VariableBindings',
    templates: [
      '/a/{x}/c/d/e',
      '/{x=a/*}/b/{y=*}/c',
      '/a/{x=b/*}/{y=d/**}',
      '/alpha/{x=*}/beta/{y=**}/gamma',
      '/{x=*}/a',
      '/{x=**}/a/b',
      '/a/b/{x=*}',
      '/a/b/c/{x=**}',
      '/{x=*}/d/e/f/{y=**}',
    ],
    rows: {
      '/a/book/c/d/e': '/a/{x}/c/d/e <book>',
      '/a/hello/b/world/c': '/{x=a/*}/b/{y=*}/c <a/hello> <world>',
      '/a/b/zoo/d/animal/tiger': '/a/{x=b/*}/{y=d/**} <b/zoo> <d/animal/tiger>',
      '/alpha/dog/beta/eat/bones/gamma': '/alpha/{x=*}/beta/{y=**}/gamma <dog> <eat/bones>',
      '/foo/a': '/{x=*}/a <foo>',
      '/foo/bar/a/b': '/{x=**}/a/b <foo/bar>',
      '/a/b/foo': '/a/b/{x=*} <foo>',
      '/a/b/c/foo/bar/baz': '/a/b/c/{x=**} <foo/bar/baz>',
      '/foo/d/e/f/bar/baz': '/{x=*}/d/e/f/{y=**} <foo> <bar/baz>',
    },
  },
  {
    name: 'VariableBindingsWithCustomVerb',
    templates: [
      '/a/{y=*}:verb',
      '/a/{y=d/**}:verb',
      '/{x=*}/a:verb',
      '/{x=**}/b:verb',
      '/e/{x=*}/f:verb',
      '/g/{x=**}/h:verb',
    ],
    rows: {
      '/a/world:verb': '/a/{y=*}:verb <world>',
      '/a/d/animal/tiger:verb': '/a/{y=d/**}:verb <d/animal/tiger>',
      '/foo/a:verb': '/{x=*}/a:verb <foo>',
      '/foo/bar/baz/b:verb': '/{x=**}/b:verb <foo/bar/baz>',
      '/e/foo/f:verb': '/e/{x=*}/f:verb <foo>',
      '/g/foo/bar/h:verb': '/g/{x=**}/h:verb <foo/bar>',
    },
  },
  {
    name: 'ConstantSuffixesWithVariable',
    templates: [
      '/a/{x=b/**}',
      '/a/{x=b/**}/z',
      '/a/{x=b/**}/y/z',
      '/a/{x=b/**}:verb',
      '/a/{x=**}',
      '/c/{x=*}/{y=d/**}/e',
      '/c/{x=*}/{y=d/**}/e:verb',
      '/f/{x=*}/{y=**}/g',
      '/f/{x=*}/{y=**}/g:verb',
      '/a/{x=b/*/y/z/**}/foo',
      '/a/{x=b/*/**/y/z}/foo',
    ],
    rows: {
      '/a/b/hello/world/c': '/a/{x=b/**} <b/hello/world/c>',
      '/a/b/world/c/z': '/a/{x=b/**}/z <b/world/c>',
      '/a/b/world/c/y/z': '/a/{x=b/**}/y/z <b/world/c>',
      '/a/b/world/c:verb': '/a/{x=b/**}:verb <b/world/c>',
      '/a/hello/b/world/c': '/a/{x=**} <hello/b/world/c>',
      '/c/hello/d/esp/world/e': '/c/{x=*}/{y=d/**}/e <hello> <d/esp/world>',
      '/c/hola/d/esp/mundo/e:verb': '/c/{x=*}/{y=d/**}/e:verb <hola> <d/esp/mundo>',
      '/f/foo/bar/baz/g': '/f/{x=*}/{y=**}/g <foo> <bar/baz>',
      '/f/foo/bar/baz/g:verb': '/f/{x=*}/{y=**}/g:verb <foo> <bar/baz>',
      '/a/b/foo/y/z/bar/baz/foo': '/a/{x=b/*/y/z/**}/foo <b/foo/y/z/bar/baz>',
      '/a/b/foo/bar/baz/y/z/foo': '/a/{x=b/*/**/y/z}/foo <b/foo/bar/baz/y/z>',
    },
  },
  {
    name: 'CustomVerbMatches',
    templates: ['/some/const:verb', '/some/*:verb', '/some/*/foo:verb', '/other/**:verb', '/other/**/const:verb'],
    rows: {
      '/some/const:verb': '/some/const:verb',
      '/some/other:verb': '/some/*:verb',
      '/some/other:verb/': '404',
      '/some/bar/foo:verb': '/some/*/foo:verb',
      '/some/foo1/foo2/foo:verb': '404',
      '/some/foo/bar:verb': '404',
      '/other/bar/foo:verb': '/other/**:verb',
      '/other/bar/foo/const:verb': '/other/**/const:verb',
    },
  },
  {
    name: 'CustomVerbMatch2',
    templates: ['/{a=*}/{b=*}:verb'],
    rows: { '/some:verb/const:verb': '/{a=*}/{b=*}:verb <some:verb> <const>' },
  },
  { name: 'CustomVerbMatch4', templates: ['/foo/*/hello'], rows: { '/foo/other:verb/hello': '/foo/*/hello' } },
  {
    name: 'CustomVerbMatch5',
    templates: ['/{a=**}:verb', '/{a=**}'],
    rows: {
      '/some:verb/const:verb': '/{a=**}:verb <some:verb/const>',
      '/some:verb/const': '/{a=**} <some:verb/const>',
      '/some:verb2/const:verb2': '/{a=**} <some:verb2/const:verb2>',
    },
  },
]

/** connectrpc/vanguard-go, router_test.go */
const VANGUARD: readonly Case[] = [
  {
    name: 'TestRouteTrie_FindTarget',
    templates: [
      '/foo/bar/baz/buzz',
      '/foo/bar/{name}',
      '/foo/bar/{name}/baz/{child}',
      '/foo/bar/{name}/baz/{child.id}/buzz/{child.thing.id}',
      '/foo/bar/*/{thing.id}/{cat=**}',
      '/foo/bar/*/{thing.id}/{cat=**}:do',
      '/foo/bar/*/{thing.id}/{cat=**}:cancel',
      '/foo%2Fbar/%2A/%2A%2a/{starstar=%2A%2a/**}:%2c',
      '/trailing/**:slash',
      '/verb',
    ],
    rows: {
      '/bob/lob/law': '404',
      '/foo/bar/baz': '/foo/bar/{name} <baz>',
      '/foo/bob/lob/law': '404',
      '/foo/bar/baz/buzz': '/foo/bar/baz/buzz',
      '/foo/bar/baz/baz/buzz': '/foo/bar/{name}/baz/{child} <baz> <buzz>',
      '/foo/bar/1/baz/2/buzz/3': '/foo/bar/{name}/baz/{child.id}/buzz/{child.thing.id} <1> <2> <3>',
      // `**` is zero segments too: there it is none.
      '/foo/bar/baz/123': '/foo/bar/*/{thing.id}/{cat=**} <123> <>',
      '/foo/bar/baz/123/buzz': '/foo/bar/*/{thing.id}/{cat=**} <123> <buzz>',
      '/foo/bar/baz/123/buzz/buzz:do': '/foo/bar/*/{thing.id}/{cat=**}:do <123> <buzz/buzz>',
      '/foo/bar/baz/123/buzz/buzz:cancel': '/foo/bar/*/{thing.id}/{cat=**}:cancel <123> <buzz/buzz>',
      // A verb no route has is part of the value.
      '/foo/bar/baz/123/buzz/buzz:blah': '/foo/bar/*/{thing.id}/{cat=**} <123> <buzz/buzz:blah>',
      '/foo%2fbar/%2a/%2A%2a/%2a%2A/x/y:%2C': '/foo%2Fbar/%2A/%2A%2a/{starstar=%2A%2a/**}:%2c <%2a%2A/x/y>',
      '/trailing:slash': '/trailing/**:slash',
      '/trailing/:slash': '/trailing/**:slash',
      '/verb:': '404',
      '/verb': '/verb',
    },
  },
]

/** grpc-ecosystem/grpc-gateway, runtime/mux_test.go */
const GRPC_GATEWAY: readonly Case[] = [
  {
    name: 'BareVerbDoesNotDependOnRegistrationOrder',
    templates: ['/v1/{id}', '/v1/{name}:cancel'],
    rows: { '/v1/:cancel': '/v1/{id} <:cancel>', '/v1/a:cancel': '/v1/{name}:cancel <a>' },
  },
  { name: 'only verb pattern', templates: ['/v1/{name}:cancel'], rows: { '/v1/:cancel': '404' } },
  {
    name: 'DeepWildcardDoesNotShadowShorterLiteralRoute',
    templates: ['/v3/files', '/v3/files/{path=**}'],
    rows: { '/v3/files': '/v3/files', '/v3/files/a.txt': '/v3/files/{path=**} <a.txt>' },
  },
  {
    name: 'verbs are of their template',
    templates: ['/api/v1/organizations:verb', '/api/v1/organizations', '/api/v1/dummies:verb'],
    rows: {
      '/api/v1/organizations:verb': '/api/v1/organizations:verb',
      '/api/v1/organizations': '/api/v1/organizations',
      '/api/v1/dummies': '404',
    },
  },
]

describe.each([
  { project: 'grpc-httpjson-transcoding', cases: ESP },
  { project: 'vanguard', cases: VANGUARD },
  { project: 'grpc-gateway', cases: GRPC_GATEWAY },
])('$project', ({ cases }) => {
  test.each(
    cases.flatMap(({ name, templates, rows }) =>
      Object.entries(rows).map(([path, is]) => ({ name, templates, path, is: is === '404' ? is : `GET ${is}` })),
    ),
  )('$name: $path is $is', ({ templates, path, is }) => {
    const routes = templates.map((template) => `GET ${template}`)
    expect(outcome(routerOf(...routes), `GET ${path}`)).toBe(is)
    expect(outcome(routerOf(...routes.reverse()), `GET ${path}`)).toBe(is)
  })
})
