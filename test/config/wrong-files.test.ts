import { afterAll, describe, expect, test } from '@jest/globals'
import { Folder } from './fixture.js'

const folder = new Folder()
afterAll(() => folder.remove())

describe('a file that is no configuration', () => {
  test.each([
    {
      written: '',
      errors: ['1:1: there is no configuration in it: write keys and values, at least schema and upstreams'],
    },
    {
      written: '# only a comment\n',
      errors: ['1:1: there is no configuration in it: write keys and values, at least schema and upstreams'],
    },
    {
      written: '~',
      errors: ['1:1: there is no configuration in it: write keys and values, at least schema and upstreams'],
    },
    {
      written: '[]',
      errors: ['1:1: the configuration is not a mapping: write keys and values, at least schema and upstreams'],
    },
    {
      written: 'text',
      errors: ['1:1: the configuration is not a mapping: write keys and values, at least schema and upstreams'],
    },
    {
      written: 'a: [1\nb: 2',
      errors: [
        '2:1: not well-formed: flow sequence in block collection must be sufficiently indented and end with a ]: look at the indentation, brackets and quotes here and just before',
      ],
    },
    {
      written: 'a: 1\na: 2\n',
      errors: ['2:1: the key "a" is written twice: keep one of them; the first is on line 1'],
    },
    { written: 'a: *x', errors: ['1:4: nothing is anchored as &x: set the anchor before its use'] },
    { written: 'a: &a [*a]', errors: ['1:8: *a is inside what it stands for'] },
    { written: '? [x]\n: 1\n', errors: ['1:3: a key must be a text: write a name, in quotes where it holds brackets'] },
    {
      written: 'a: !foo 1\n',
      errors: [
        '1:4: not well-formed: unresolved tag: !foo: write plain texts, numbers, lists and mappings, without tags',
      ],
    },
    {
      written: 'a:\n\tb: 1\n',
      errors: ['2:1: not well-formed: tabs are not allowed as indentation: indent with spaces'],
    },
    {
      written: 'a: 1\n---\nb: 2\n',
      errors: ['2:1: not well-formed: more than one document in the file: keep one, and take the "---" out'],
    },
    {
      written: 'listen: { port: ${PORT} }\n',
      errors: [
        '1:18: not well-formed: unexpected flow-map-start at node end: inside { } or [ ] quote a text that has brackets in it, as "${NAME}" or "/v1/{name}"',
      ],
    },
    {
      written: `a: 'x\n`,
      errors: [
        `2:1: not well-formed: missing closing 'quote: look at the indentation, brackets and quotes here and just before`,
      ],
    },
    {
      written: '<<: 1\n',
      errors: [
        '1:1: "schema" is missing: add it, for example schema: [{"protos":["library/v1/*.proto"],"roots":["protos"]}]',
        '1:1: "upstreams" is missing: add it, for example upstreams: {"library":{"target":"dns:///library.internal:50051","services":["library.v1.*"]}}',
        '1:1: unknown key "<<" (["<<"]): nothing is merged: write out what it stands for; an alias (*name) stands for a whole value',
      ],
    },
    {
      written: 'schema: [{ descriptors: image.binpb }]\n',
      errors: [
        '1:1: "upstreams" is missing: add it, for example upstreams: {"library":{"target":"dns:///library.internal:50051","services":["library.v1.*"]}}',
      ],
    },
    {
      written: 'upstreams: { library: { target: "dns:///library:50051" } }\n',
      errors: [
        '1:1: "schema" is missing: add it, for example schema: [{"protos":["library/v1/*.proto"],"roots":["protos"]}]',
      ],
    },
  ])('$written', ({ written, errors }) => {
    expect(folder.load(written).errors).toEqual(errors.map((line) => `gw.yaml:${line}`))
  })
})
