import { describe, expect, test } from '@jest/globals'
import { formatProblem, Problems } from '../../src/problems/index.js'
import { readMappingFile } from '../../src/mapping/index.js'

function read(text: string, file = 'm.yaml') {
  const problems = new Problems()
  const mapping = readMappingFile({ file, text }, problems)
  return { mapping, errors: problems.errors.map(formatProblem), warnings: problems.warnings.map(formatProblem) }
}

/** What a rule says, in one line: `GET /v1/x body=b response_body=r`. */
function say(mapping: ReturnType<typeof readMappingFile>): string[] {
  return mapping.rules.flatMap(({ selector, rules }) =>
    rules.map(({ httpMethod, path, body, responseBody }) =>
      [selector, httpMethod, path, body && `body=${body}`, responseBody && `response_body=${responseBody}`]
        .filter(Boolean)
        .join(' '),
    ),
  )
}

const WHOLE = `
type: google.api.Service
config_version: 3
name: library.example.com
title: Library
apis:
  - name: library.v1.LibraryService
documentation: { summary: "ignored" }
http:
  fully_decode_reserved_expansion: true
  rules:
    - selector: a.S.Get
      get: /v1/{name=shelves/*/books/*}
      additional_bindings: [{ get: "/v1/books/{isbn}" }, { post: /v1/books:get, body: "*" }]
    - selector: a.S.Put
      put: /v1/x
      body: x
      response_body: y
    - selector: a.S.Head
      custom: { kind: HEAD, path: /v1/x }
    - { selector: a.S.Any, custom: { kind: "*", path: /v1/any } }
    - { selector: a.S.Delete, delete: /v1/x }
    - { selector: a.S.Patch, patch: /v1/x }
`

describe('a gRPC API configuration', () => {
  test('in YAML', () => {
    const { mapping, errors, warnings } = read(WHOLE)
    expect(errors).toEqual([])
    expect(warnings).toEqual([])
    expect(say(mapping)).toEqual([
      'a.S.Get GET /v1/{name=shelves/*/books/*}',
      'a.S.Get GET /v1/books/{isbn}',
      'a.S.Get POST /v1/books:get body=*',
      'a.S.Put PUT /v1/x body=x response_body=y',
      'a.S.Head HEAD /v1/x',
      'a.S.Any * /v1/any',
      'a.S.Delete DELETE /v1/x',
      'a.S.Patch PATCH /v1/x',
    ])
    expect(mapping.fullyDecode).toBe(true)
    expect(mapping.ignoredSections).toEqual(['apis', 'documentation'])
  })

  test('in JSON, with lowerCamel names', () => {
    const { mapping, errors } = read(
      JSON.stringify(
        {
          configVersion: '3',
          systemParameters: {},
          http: {
            fullyDecodeReservedExpansion: false,
            rules: [
              {
                selector: 'a.S.Get',
                get: '/v1/x',
                responseBody: 'y',
                additionalBindings: [{ get: '/v1/z' }],
                body: null,
              },
            ],
          },
        },
        null,
        '\t',
      ),
      'm.JSON',
    )
    expect(errors).toEqual([])
    expect(say(mapping)).toEqual(['a.S.Get GET /v1/x response_body=y', 'a.S.Get GET /v1/z'])
    expect(mapping.ignoredSections).toEqual(['system_parameters'])
  })

  test('aliases stand for what they name', () => {
    const { mapping, errors } = read(`
http:
  rules:
    - { selector: a.S.A, get: &path /v1/x }
    - { selector: a.S.B, post: *path, body: "*" }
`)
    expect(errors).toEqual([])
    expect(say(mapping)).toEqual(['a.S.A GET /v1/x', 'a.S.B POST /v1/x body=*'])
  })

  test('every part knows its place', () => {
    const { mapping } = read(WHOLE)
    const at = ({ line, column }: { line: number; column: number }) => `${line}:${column}`
    const put = mapping.rules[1]!
    expect(at(put.position)).toBe('15:17')
    expect(at(put.rules[0]!.positionOf('rule'))).toBe('15:7')
    expect(at(put.rules[0]!.positionOf('path'))).toBe('16:12')
    expect(at(put.rules[0]!.positionOf('body'))).toBe('17:13')
    expect(at(put.rules[0]!.positionOf('responseBody'))).toBe('18:22')
    expect(at(mapping.rules[0]!.rules[1]!.positionOf('path'))).toBe('14:36')
    expect(at(mapping.rules[2]!.rules[0]!.positionOf('kind'))).toBe('20:23')
  })

  test.each([
    { name: 'an empty file', text: '# nothing\n', warning: 'm.yaml:1:1: the mapping file is empty' },
    { name: 'no http section', text: 'name: x\n', warning: 'm.yaml:1:1: the mapping file has no http section' },
  ])('$name is warned of', ({ text, warning }) => {
    const { mapping, errors, warnings } = read(text)
    expect(errors).toEqual([])
    expect(warnings).toEqual([warning])
    expect(mapping.rules).toEqual([])
  })
})

const rule = (text: string) => `http:\n  rules:\n    - ${text.split('\n').join('\n      ')}\n`

describe('what is wrong is said at its place', () => {
  test.each([
    {
      name: 'another type',
      text: 'type: google.api.Servce\n',
      error: 'm.yaml:1:7: type "google.api.Servce" is not google.api.Service',
    },
    {
      name: 'a list',
      text: '- a\n',
      error: 'm.yaml:1:1: google.api.Service is not a map of keys to values: write it as key: value',
    },
    {
      name: 'an unknown section',
      text: 'htp: {}\n',
      error: 'm.yaml:1:1: unknown key "htp" in google.api.Service: did you mean "http"?',
    },
    {
      name: 'a config_version that is none',
      text: 'config_version: three\n',
      error: 'm.yaml:1:17: config_version is not a number: write a number here',
    },
    {
      name: 'a name that is a number',
      text: 'name: 5\n',
      error: 'm.yaml:1:7: name is not a string: write a string here',
    },
    {
      name: 'http of another type',
      text: 'http: []\n',
      error: 'm.yaml:1:7: http is not a map of keys to values: write it as key: value',
    },
    {
      name: 'rules of another type',
      text: 'http: { rules: {} }\n',
      error: 'm.yaml:1:16: http.rules is not a list: write it as a list: [ … ]',
    },
    {
      name: 'a null rule',
      text: 'http: { rules: [null] }\n',
      error: 'm.yaml:1:17: an item of http.rules is null: take it out',
    },
    {
      name: 'a rule of another type',
      text: 'http: { rules: [x] }\n',
      error: 'm.yaml:1:17: an HTTP rule is not a map of keys to values: write it as key: value',
    },
    {
      name: 'a flag that is none',
      text: 'http: { fully_decode_reserved_expansion: "yes" }\n',
      error: 'm.yaml:1:42: fully_decode_reserved_expansion is not true or false: write true or false here',
    },
    {
      name: 'an unknown key',
      text: rule('selector: a.S.M\nget: /x\nbdy: "*"'),
      error: 'm.yaml:5:7: unknown key "bdy" in an HTTP rule: did you mean "body"?',
    },
    {
      name: 'no selector',
      text: rule('get: /x'),
      error: 'm.yaml:3:7: an HTTP rule has no selector: add selector: package.Service.Method',
    },
    {
      name: 'no pattern, but a body',
      text: rule('selector: a.S.M\nbody: "*"'),
      error: 'm.yaml:3:7: an HTTP rule has no path: give it get, post, … or custom',
    },
    {
      name: 'a null pattern is none',
      text: rule('selector: a.S.M\nget: null'),
      error: 'm.yaml:3:7: an HTTP rule has no path: give it get, post, … or custom',
    },
    {
      name: 'two patterns',
      text: rule('selector: a.S.M\nget: /x\npost: /x'),
      error: 'm.yaml:5:7: an HTTP rule has more than one of get, post: put the others into additional_bindings',
    },
    {
      name: 'a pattern and a custom one',
      text: rule('selector: a.S.M\nput: /x\ncustom: { kind: HEAD, path: /x }'),
      error: 'm.yaml:5:7: an HTTP rule has more than one of put, custom: put the others into additional_bindings',
    },
    {
      name: 'a path of another type',
      text: rule('selector: a.S.M\nget: { a: b }'),
      error: 'm.yaml:4:12: get is not a string: write a string here',
    },
    {
      name: 'a body of another type',
      text: rule('selector: a.S.M\nget: /x\nbody: true'),
      error: 'm.yaml:5:13: body is not a string: write a string here',
    },
    {
      name: 'a bare * for body',
      text: rule('selector: a.S.M\npost: /x\nbody: *'),
      error: 'm.yaml:5:13: not well-formed: a bare \'*\': write "*" in quotes',
    },
    {
      name: 'custom without kind',
      text: rule('selector: a.S.M\ncustom: { path: /x }'),
      error: 'm.yaml:4:15: custom has no kind',
    },
    {
      name: 'custom without path',
      text: rule('selector: a.S.M\ncustom: { kind: HEAD }'),
      error: 'm.yaml:4:15: custom has no path',
    },
    {
      name: 'an unknown key of custom',
      text: rule('selector: a.S.M\ncustom: { kind: HEAD, path: /x, pth: y }'),
      error: 'm.yaml:4:39: unknown key "pth" in custom: did you mean "path"?',
    },
    {
      name: 'nested additional_bindings',
      text: rule('selector: a.S.M\nget: /x\nadditional_bindings:\n  - get: /y\n    additional_bindings: [{ get: /z }]'),
      error:
        'm.yaml:7:11: additional_bindings inside additional_bindings: one level only: list them all directly in the rule',
    },
    {
      name: 'a key twice',
      text: rule('selector: a.S.M\nget: /x\nget: /y'),
      error: 'm.yaml:5:7: the key "get" is written twice: keep one of them; the first is on line 4',
    },
    {
      name: 'both spellings of a key',
      text: rule('selector: a.S.M\nget: /x\nresponse_body: a\nresponseBody: b'),
      error: 'm.yaml:6:7: "response_body" is given in both spellings: keep one of them',
    },
    {
      name: 'an alias without anchor',
      text: rule('selector: a.S.M\nget: *nothing'),
      error: 'm.yaml:4:12: nothing is anchored as &nothing: set the anchor before its use',
    },
    {
      name: 'a merge key',
      text: 'a: &a {}\n<<: *a\n',
      error:
        'm.yaml:2:1: unknown key "<<" in google.api.Service: nothing is merged: write out what it stands for; an alias (*name) stands for a whole value',
    },
    {
      name: 'two documents',
      text: 'name: a\n---\nname: b\n',
      error: 'm.yaml:2:1: not well-formed: more than one document in the file: keep one, and take the "---" out',
    },
    {
      name: 'a template with braces inside braces',
      text: 'http: { rules: [{ selector: a.S.M, get: /v1/{name} }] }\n',
      error:
        'm.yaml:1:45: not well-formed: unexpected flow-map-start at node end: inside { } or [ ] quote a text that has brackets in it, as "${NAME}" or "/v1/{name}"',
    },
    {
      name: 'an unknown tag',
      text: 'name: !x a\n',
      error:
        'm.yaml:1:7: not well-formed: unresolved tag: !x: write plain texts, numbers, lists and mappings, without tags',
    },
  ])('$name', ({ text, error }) => {
    expect(read(text).errors).toContain(error)
  })

  test.each([
    { name: 'a trailing comma', text: '{"name": "x",}', error: "m.json:1:14: not JSON: unexpected '}'" },
    { name: 'a comment', text: '# x\n{"name": "x"}', error: "m.json:1:1: not JSON: unexpected '#'" },
    { name: 'YAML', text: 'name: x\n', error: "m.json:1:1: not JSON: unexpected 'n'" },
    { name: 'nothing', text: '', error: 'm.json:1:1: not JSON: unexpected end' },
    { name: 'half a file', text: '{"name":\n', error: 'm.json:2:1: not JSON: unexpected end' },
    {
      name: 'a key twice',
      text: '{"name": "x",\n "name": "y"}',
      error: 'm.json:2:2: the key "name" is written twice: keep one of them; the first is on line 1',
    },
  ])('JSON is read strictly: $name', ({ text, error }) => {
    const { errors } = read(text, 'm.json')
    expect(errors).toHaveLength(1)
    expect(errors[0]).toContain(error)
  })

  test('a rule that is a selector alone binds nothing, with a warning', () => {
    const { mapping, errors, warnings } = read('http:\n  rules:\n    - selector: a.S.M\n    - selector: a.S.*\n')
    const says = 'the rule is a selector without a path: what it selects is not exposed'
    const advice = 'for a route, give the rule get, post, … or custom'
    expect(errors).toEqual([])
    expect(warnings).toEqual([`m.yaml:3:7: ${says}: ${advice}`, `m.yaml:4:7: ${says}: ${advice}`])
    expect(mapping.rules.map(({ selector, rules }) => [selector, rules])).toEqual([
      ['a.S.M', []],
      ['a.S.*', []],
    ])
  })

  test('one error does not hide another, nor the sound rules', () => {
    const { mapping, errors } = read(`
type: x
http:
  rules:
    - { selector: a.S.A, body: x }
    - { selector: a.S.B, get: /b }
    - { selector: a.S.C, get: 1 }
`)
    expect(errors.map((error) => error.slice(0, 10))).toEqual(['m.yaml:2:7', 'm.yaml:5:7', 'm.yaml:7:3'])
    expect(say(mapping)).toEqual(['a.S.B GET /b'])
  })

  test('aliases that make the file many times as large are refused, quickly', () => {
    const lines = ['id: &b [' + '{ get: /x },'.repeat(1000) + ']', 'http:', '  rules:']
    for (let i = 0; i < 2000; i++) lines.push(`    - { selector: a.S.M${i}, get: /x, additional_bindings: *b }`)
    const { errors } = read(lines.join('\n'))
    expect(errors).toEqual([
      'm.yaml:53:58: aliases add more than 100000 values to the file: write out what they stand for, or share less by them',
    ])
  })
})
