import { describe, expect, test } from '@jest/globals'
import { bindMethods, findConflicts, readMappingFile, type Binding } from '../../src/mapping/index.js'
import { formatProblem, Problems } from '../../src/problems/index.js'
import { compileSchema } from './compile.js'

const schema = compileSchema(`
  package t.v1;
  message Req { string a = 1; string b = 2; }
  service S { rpc A(Req) returns (Req); rpc B(Req) returns (Req); }
`)

/** Bindings of A and B from the flow-form patterns of their rules. */
function bindings(a: string, b: string): readonly Binding[] {
  const text = `http:\n  rules:\n  - { selector: t.v1.S.A, ${a} }\n  - { selector: t.v1.S.B, ${b} }\n`
  const problems = new Problems()
  const result = bindMethods({ schema, files: [readMappingFile({ file: 'm.yaml', text }, problems)], problems })
  problems.throwIfAny()
  return result.bindings
}

function conflicts(
  [a, b]: readonly Binding[],
  placeA: { hosts?: string[]; prefix?: string } = {},
  placeB: { hosts?: string[]; prefix?: string } = {},
): string[] {
  const problems = new Problems()
  const routes = [
    { binding: a!, hosts: [], prefix: '', ...placeA },
    { binding: b!, hosts: [], prefix: '', ...placeB },
  ]
  findConflicts(routes, problems)
  return problems.errors.map(formatProblem)
}

describe('the same template (variable names aside) and HTTP method bound twice', () => {
  test('is refused naming both methods and both places', () => {
    expect(conflicts(bindings('get: "/v1/{a}"', 'get: "/v1/{b=*}"'))).toEqual([
      'm.yaml:4:32: GET /v1/{b=*} is bound to t.v1.S.A already, at m.yaml:3:32 (t.v1.S.B): ' +
        'give one of them another path, or their upstreams different hosts or prefixes',
    ])
  })

  test('is refused for one method too, where the bindings differ otherwise', () => {
    const [first, second] = bindings('get: "/{a}", additional_bindings: [{ get: "/{b}" }]', 'get: /x')
    expect(conflicts([first!, second!])).toEqual([
      'm.yaml:3:69: GET /{b} is bound to t.v1.S.A already, at m.yaml:3:32 (t.v1.S.A): keep one of them',
    ])
  })

  test.each([
    { a: 'get: "/{a=x/*}/y"', b: 'get: "/x/{b}/y"' },
    { a: 'get: "/x:go"', b: 'get: "/{a=x}:go"' },
    { a: 'get: "/%7Ex"', b: 'get: "/~x"' },
    { a: 'get: "/a%c3%a9"', b: 'get: "/a%C3%A9"' },
    { a: 'get: /x', b: 'custom: { kind: GET, path: /x }' },
    { a: 'custom: { kind: "*", path: /x }', b: 'custom: { kind: "*", path: /x }' },
    { a: 'get: "/{a=**}"', b: 'get: "/**"' },
  ])('$a and $b', ({ a, b }) => {
    expect(conflicts(bindings(a, b))).toHaveLength(1)
  })

  test.each([
    { a: 'get: /x', b: 'post: /x' },
    { a: 'get: /x', b: 'get: /x:go' },
    { a: 'get: /x', b: 'get: "/{a}"' },
    { a: 'get: "/{a}"', b: 'get: "/{a=**}"' },
    // the particular method wins over `*`
    { a: 'get: /x', b: 'custom: { kind: "*", path: /x }' },
    // HEAD of its own wins over the GET it would be served by
    { a: 'get: /x', b: 'custom: { kind: HEAD, path: /x }' },
    // a verb and a literal with a colon in it are two things
    { a: 'get: /x:go', b: 'get: "/{a=x:go}"' },
  ])('not $a and $b', ({ a, b }) => {
    expect(conflicts(bindings(a, b))).toEqual([])
  })
})

describe('hosts and prefixes: two services may have the same template under different ones', () => {
  const pair = bindings('get: /x', 'get: /x')
  test.each([
    { name: 'different hosts', a: { hosts: ['a.example'] }, b: { hosts: ['b.example'] }, count: 0 },
    {
      name: 'a host in common',
      a: { hosts: ['a.example', 'c.example'] },
      b: { hosts: ['b.example', 'A.example'] },
      count: 1,
    },
    { name: 'a host, and any', a: { hosts: ['a.example'] }, b: {}, count: 1 },
    { name: 'different prefixes', a: { prefix: '/a' }, b: { prefix: '/b' }, count: 0 },
    { name: 'the same prefix', a: { prefix: '/a' }, b: { prefix: '/a' }, count: 1 },
    { name: 'one prefix', a: { prefix: '/a' }, b: {}, count: 0 },
  ])('$name', ({ a, b, count }) => {
    expect(conflicts(pair, a, b)).toHaveLength(count)
  })

  test('a prefix and a template that together are the same path are a conflict', () => {
    expect(conflicts(bindings('get: /x/y', 'get: /y'), {}, { prefix: '/x' })).toEqual([
      expect.stringContaining('GET /x/y is bound to t.v1.S.A already'),
    ])
  })
})
