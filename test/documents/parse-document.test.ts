import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { parseDocument, type DocumentNode } from '../../src/documents/index.js'
import { type Position, Problems, formatProblem } from '../../src/problems/index.js'

function parse(text: string, file = 'f.yaml') {
  const problems = new Problems()
  const root = parseDocument(text, file, problems)
  return { root, errors: problems.errors.map(formatProblem) }
}

const at = ({ line, column }: Position) => `${line}:${column}`

/** A node in one line, each key and value behind its place: `1:1 {1:1 a: 1:4 1}`. */
function show(node: DocumentNode, position = node.position): string {
  const inside = () => {
    if (node.kind === 'scalar') return JSON.stringify(node.value)
    if (node.kind === 'list') return `[${node.items.map((item) => show(item.value, item.position)).join(', ')}]`
    const entries = [...node.entries].map(
      ([key, { keyPosition, position, value }]) => `${at(keyPosition)} ${key}: ${show(value, position)}`,
    )
    return `{${entries.join(', ')}}`
  }
  return `${at(position)} ${inside()}`
}

function plain(node: DocumentNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(({ value }) => plain(value))
  return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]))
}

describe('what is written, and where', () => {
  test.each([
    { name: 'nothing is null', text: '', shown: '1:1 null' },
    { name: 'only a comment is null', text: '# x\n', shown: '1:1 null' },
    { name: 'block mappings', text: 'a: 1\nb:\n  c: x\n', shown: '1:1 {1:1 a: 1:4 1, 2:1 b: 3:3 {3:3 c: 3:6 "x"}}' },
    { name: 'the first value behind a comment', text: '# x\na: 1', shown: '2:1 {2:1 a: 2:4 1}' },
    { name: 'lists', text: '- 1\n- [true, null]\n', shown: '1:1 [1:3 1, 2:3 [2:4 true, 2:10 null]]' },
    { name: 'CRLF', text: 'a: 1\r\nb: 2\r\n', shown: '1:1 {1:1 a: 1:4 1, 2:1 b: 2:4 2}' },
    { name: 'a key without a value', text: '{ a, b: }', shown: '1:1 {1:3 a: 1:3 null, 1:6 b: 1:9 null}' },
    {
      name: 'keys are texts',
      text: '1: a\ntrue: b\n0x10: c',
      shown: '1:1 {1:1 1: 1:4 "a", 2:1 true: 2:7 "b", 3:1 0x10: 3:7 "c"}',
    },
    {
      name: 'only true and false are booleans',
      text: '[yes, no, on, true]',
      shown: '1:1 [1:2 "yes", 1:7 "no", 1:11 "on", 1:15 true]',
    },
    { name: 'nothing is merged', text: '<<: { a: 1 }', shown: '1:1 {1:1 <<: 1:5 {1:7 a: 1:10 1}}' },
    { name: 'a key every object has', text: '__proto__: 1', shown: '1:1 {1:1 __proto__: 1:12 1}' },
    { name: 'columns are UTF-16 code units', text: '{ "😀": 1 }', shown: '1:1 {1:3 😀: 1:9 1}' },
    {
      name: 'an alias stands where it is, and what is in it where it was written',
      text: 'a: &x { b: 1 }\nc: *x\n',
      shown: '1:1 {1:1 a: 1:7 {1:9 b: 1:12 1}, 2:1 c: 2:4 {1:9 b: 1:12 1}}',
    },
    {
      name: 'an alias means the last anchor before it',
      text: '[&x 1, *x, &x 2, *x]',
      shown: '1:1 [1:5 1, 1:8 1, 1:15 2, 1:18 2]',
    },
    {
      name: 'an anchor inside another of its name is the later one',
      text: '[&x [&x 1, *x], *x]',
      shown: '1:1 [1:5 [1:9 1, 1:12 1], 1:17 1]',
    },
    {
      name: 'a key may be anchored, and be an alias',
      text: '&k a: 1\nb: { *k : 2 }',
      shown: '1:4 {1:4 a: 1:7 1, 2:1 b: 2:4 {2:6 a: 2:11 2}}',
    },
  ])('$name', ({ text, shown }) => {
    const { root, errors } = parse(text)
    expect(errors).toEqual([])
    expect(show(root!)).toBe(shown)
  })

  test('what aliases share is one node', () => {
    const { root } = parse('[&x { a: 1 }, *x]')
    if (root?.kind !== 'list') throw new Error('not a list')
    expect(root.items[1]!.value).toBe(root.items[0]!.value)
  })
})

const SYNTAX = 'look at the indentation, brackets and quotes here and just before'
const BRACKETS = 'inside { } or [ ] quote a text that has brackets in it, as "${NAME}" or "/v1/{name}"'
const JSON_ADVICE = 'JSON has no comments, trailing commas or single quotes; or name the file .yaml'

describe('a text that is not well-formed is refused', () => {
  test.each([
    { name: 'a bare *', text: 'a: *', errors: ['1:4: not well-formed: a bare \'*\': write "*" in quotes'] },
    {
      name: 'a bare * in a list',
      text: 'a: [*, b]',
      errors: ['1:5: not well-formed: a bare \'*\': write "*" in quotes'],
    },
    {
      name: 'an unquoted reference in a mapping',
      text: '{ a: ${A}, b: ${B} }',
      errors: [`1:7: not well-formed: unexpected flow-map-start at node end: ${BRACKETS}`],
    },
    {
      name: 'an unquoted reference in a list, a line each',
      text: '[\n ${A},\n ${B}\n]',
      errors: [
        `2:3: not well-formed: missing , or : between flow sequence items: ${BRACKETS}`,
        `3:3: not well-formed: missing , or : between flow sequence items: ${BRACKETS}`,
      ],
    },
    {
      name: 'an unquoted reference behind quotes',
      text: '{ a: "x"${A} }',
      errors: [`1:9: not well-formed: unexpected scalar at node end: ${BRACKETS}`],
    },
    {
      name: 'a missing comma is not a text with brackets',
      text: 'a: [1 [2]]',
      errors: [`1:7: not well-formed: missing , or : between flow sequence items: ${SYNTAX}`],
    },
    {
      name: 'a missing end',
      text: '[1, 2',
      errors: [`1:6: not well-formed: flow sequence must end with a ]: ${SYNTAX}`],
    },
    {
      name: 'tags, also known ones',
      text: 'a: !!binary aGk=\nb: !x 1\nc: !!set { x }',
      errors: [
        '1:4: not well-formed: unresolved tag: tag:yaml.org,2002:binary: write plain texts, numbers, lists and mappings, without tags',
        '2:4: not well-formed: unresolved tag: !x: write plain texts, numbers, lists and mappings, without tags',
        '3:4: not well-formed: unresolved tag: tag:yaml.org,2002:set: write plain texts, numbers, lists and mappings, without tags',
      ],
    },
    {
      name: 'more than one document',
      text: 'a: 1\n---\nb: 1',
      errors: ['2:1: not well-formed: more than one document in the file: keep one, and take the "---" out'],
    },
    {
      name: 'tabs',
      text: 'a:\n\tb: 1',
      errors: ['2:1: not well-formed: tabs are not allowed as indentation: indent with spaces'],
    },
    { name: 'JSON: nothing', file: 'f.json', text: '', errors: [`1:1: not JSON: unexpected end: ${JSON_ADVICE}`] },
    {
      name: 'JSON: a comment',
      file: 'f.json',
      text: '{} # x',
      errors: [`1:4: not JSON: unexpected '#': ${JSON_ADVICE}`],
    },
    {
      name: 'JSON: a trailing comma',
      file: 'F.JSON',
      text: '[\n  1,\n]',
      errors: [`3:1: not JSON: unexpected ']': ${JSON_ADVICE}`],
    },
    {
      name: 'JSON: half a file',
      file: 'f.json',
      text: '{"a":\n',
      errors: [`2:1: not JSON: unexpected end: ${JSON_ADVICE}`],
    },
    {
      name: 'JSON: what is no character of it',
      file: 'f.json',
      text: '[😀]',
      errors: [`1:2: not JSON: unexpected '😀': ${JSON_ADVICE}`],
    },
  ])('$name', ({ text, errors, file = 'f.yaml' }) => {
    const found = parse(text, file)
    expect(found.errors).toEqual(errors.map((error) => `${file}:${error}`))
    expect(found.root).toBeUndefined()
  })
})

describe('what else is wrong does not hide the rest', () => {
  test.each([
    {
      name: 'a key twice: the first counts',
      text: 'a: 1\na: 2\nb: 3',
      errors: ['2:1: the key "a" is written twice: keep one of them; the first is on line 1'],
      value: { a: 1, b: 3 },
    },
    {
      name: 'a key twice, in two spellings of one text',
      text: '{ "1": a, 1: b }',
      errors: ['1:11: the key "1" is written twice: keep one of them; the first is on line 1'],
      value: { 1: 'a' },
    },
    {
      name: 'an anchor in the second of two keys is one all the same',
      text: 'a: 1\na: &x 2\nb: *x',
      errors: ['2:1: the key "a" is written twice: keep one of them; the first is on line 1'],
      value: { a: 1, b: 2 },
    },
    {
      name: 'a list as key',
      text: '? [x]\n: 1\n',
      errors: ['1:3: a key must be a text: write a name, in quotes where it holds brackets'],
      value: {},
    },
    {
      name: 'null as key',
      text: '~: 1\nb: 2',
      errors: ['1:1: a key must be a text: write a name, in quotes where it holds brackets'],
      value: { b: 2 },
    },
    {
      name: 'a list as key, by an alias',
      text: 'a: &x [1]\n*x : 1',
      errors: ['2:1: a key must be a text: write a name, in quotes where it holds brackets'],
      value: { a: [1] },
    },
    {
      name: 'an alias of nothing',
      text: '[*x, 1]',
      errors: ['1:2: nothing is anchored as &x: set the anchor before its use'],
      value: [null, 1],
    },
    {
      name: 'an alias before its anchor',
      text: '[*x, &x 1]',
      errors: ['1:2: nothing is anchored as &x: set the anchor before its use'],
      value: [null, 1],
    },
    {
      name: 'an alias inside what it stands for',
      text: '&x [*x, 1]',
      errors: ['1:5: *x is inside what it stands for'],
      value: [null, 1],
    },
  ])('$name', ({ text, errors, value }) => {
    const found = parse(text)
    expect(found.errors).toEqual(errors.map((error) => `f.yaml:${error}`))
    expect(plain(found.root!)).toEqual(value)
  })
})

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const DEEP = 'nested too deeply: at most 64 levels can be read'
const LARGE = (values: number) =>
  `aliases add more than ${values} values to the file: write out what they stand for, or share less by them`

describe('a file has bounds', () => {
  test.each([
    { name: '65 lists in each other', text: nested(65), errors: [] },
    { name: '66 lists in each other', text: nested(66), errors: [`1:66: ${DEEP}`] },
    { name: 'said once', text: `[${nested(70)}, ${nested(70)}]`, errors: [`1:66: ${DEEP}`] },
    { name: 'an alias as deep as may be', text: `[&x ${nested(60)}, [[[[*x]]]]]`, errors: [] },
    { name: 'an alias that goes one deeper', text: `[&x ${nested(60)}, [[[[[*x]]]]]]`, errors: [`1:132: ${DEEP}`] },
    { name: 'ten aliases of ten values each', text: `[&x [${'1,'.repeat(9)}], ${'*x, '.repeat(10)}]`, errors: [] },
    {
      name: 'aliases that add more than ten values a character',
      text: `[&x [${'1,'.repeat(99)}], ${'*x, '.repeat(100)}]`,
      errors: [`1:487: ${LARGE(7070)}`],
    },
    {
      name: 'as many values as one likes without aliases',
      text: `[${'1,'.repeat(150_000)}]`,
      errors: [],
    },
    {
      name: 'aliases that add more than 100000 values',
      text: `[&x [${'1,'.repeat(60_000)}], *x, *x]`,
      errors: [`1:120013: ${LARGE(100_000)}`],
    },
  ])('$name', ({ text, errors }) => {
    const found = parse(text)
    expect(found.errors).toEqual(errors.map((error) => `f.yaml:${error}`))
    expect(found.root === undefined).toBe(errors.length > 0)
  })

  test('a JSON file too deep for the parser is said to be', () => {
    const { root, errors } = parse(nested(50_000), 'f.json')
    expect(root).toBeUndefined()
    expect(errors).toHaveLength(1)
    expect(errors[0]).toContain(DEEP)
  })

  test('aliases of aliases are counted, not followed', () => {
    const levels = Array.from(
      { length: 30 },
      (_, n) =>
        `- &l${n} [${Array(10)
          .fill(n === 0 ? 'x' : `*l${n - 1}`)
          .join(', ')}]`,
    )
    const text = levels.join('\n')
    expect(parse(text).errors).toEqual([`f.yaml:5:8: ${LARGE(10 * (text.length + 100))}`])
  })
})

describe('as others read it', () => {
  const values = fc.jsonValue({ maxDepth: 5 })

  test('JSON.parse, for JSON by either name', () => {
    fc.assert(
      fc.property(values, fc.constantFrom('f.json', 'f.yaml'), fc.constantFrom(0, 2), (value, file, indent) => {
        const text = JSON.stringify(value, null, indent)
        const { root, errors } = parse(text, file)
        expect(errors).toEqual([])
        expect(plain(root!)).toEqual(JSON.parse(text))
      }),
    )
  })

  test('the text at the place of a scalar or key is that scalar or key', () => {
    fc.assert(
      fc.property(values, (value) => {
        const text = JSON.stringify(value, null, 2)
        const lines = text.split('\n')
        const expectAt = ({ line, column }: Position, written: string) => {
          expect(lines[line - 1]!.slice(column - 1, column - 1 + written.length)).toBe(written)
        }
        const walk = (node: DocumentNode): void => {
          if (node.kind === 'scalar') return expectAt(node.position, JSON.stringify(node.value))
          expectAt(node.position, node.kind === 'list' ? '[' : '{')
          if (node.kind === 'list') return node.items.forEach((item) => walk(item.value))
          for (const [key, entry] of node.entries) {
            expectAt(entry.keyPosition, JSON.stringify(key))
            walk(entry.value)
          }
        }
        walk(parse(text, 'f.json').root!)
      }),
    )
  })

  test('yaml, for what it writes with aliases', () => {
    const shared = fc.record({ a: fc.string(), b: fc.array(fc.integer(), { maxLength: 3 }) })
    fc.assert(
      fc.property(shared, values, fc.array(fc.constantFrom(0, 1), { maxLength: 6 }), (first, second, picks) => {
        const value = picks.map((pick) => ({ x: pick === 0 ? first : [second, first.b] }))
        const { root, errors } = parse(stringify(value, { schema: 'core' }))
        expect(errors).toEqual([])
        expect(plain(root!)).toEqual(value)
      }),
    )
  })
})
