import { toBinary, toJson } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, SourceCodeInfoSchema } from '@bufbuild/protobuf/wkt'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileSource } from '../../src/descriptors/index.js'
import { formatProblem, Problems } from '../../src/problems/index.js'
import { BUNDLED, compileWith, FIXTURES, GOOGLEAPIS, protosBelow, runProtoc } from './protoc.js'
import { REFUSALS } from './refusals.js'

/** Compares every file, with its source information, with what protoc makes of it. */
function compare(roots: readonly string[], names: readonly string[]): { name: string; differences: string[] }[] {
  const problems = new Problems()
  const ours = new Map(compileWith(roots, names, problems).map((file) => [file.proto.name, file]))
  expect(problems.errors.map(formatProblem)).toEqual([])
  const theirs = runProtoc(roots, names, true)
  expect(theirs.stderr.split('\n').filter((line) => line !== '' && !line.includes('warning:'))).toEqual([])
  return theirs.files.map((file) => {
    const mine = ours.get(file.name)
    if (mine?.parsed === undefined) return { name: file.name, differences: ['not compiled'] }
    const theirInfo = file.sourceCodeInfo!
    file.sourceCodeInfo = undefined
    const differences: string[] = []
    if (
      Buffer.compare(toBinary(FileDescriptorProtoSchema, mine.proto), toBinary(FileDescriptorProtoSchema, file)) !== 0
    )
      differences.push(`FileDescriptorProto: ${JSON.stringify(toJson(FileDescriptorProtoSchema, mine.proto))}`)
    const info = mine.parsed.locations.toSourceCodeInfo(mine.parsed.source)
    if (Buffer.compare(toBinary(SourceCodeInfoSchema, info), toBinary(SourceCodeInfoSchema, theirInfo)) !== 0) {
      const known = new Set(theirInfo.location.map((location) => JSON.stringify(location)))
      const extra = info.location.map((location) => JSON.stringify(location)).filter((location) => !known.has(location))
      differences.push(`SourceCodeInfo: ${extra.slice(0, 5).join(' ')}`)
    }
    return { name: file.name, differences }
  })
}

describe('a compiled file is byte for byte what protoc makes of it, source information included', () => {
  test.each([
    { what: 'the torture files', roots: [FIXTURES, BUNDLED], names: protosBelow(FIXTURES) },
    { what: "the package's own protos", roots: [BUNDLED], names: protosBelow(BUNDLED) },
    {
      what: 'a part of googleapis',
      roots: [GOOGLEAPIS],
      names: protosBelow(GOOGLEAPIS).filter((name) =>
        /^google\/(api|rpc|type|iam|longrunning|logging|pubsub|storage|spanner|example)\//.test(name),
      ),
    },
  ])('$what', ({ roots, names }) => {
    const files = compare(roots, names)
    expect(files.length).toBeGreaterThanOrEqual(names.length)
    expect(files.filter(({ differences }) => differences.length > 0)).toEqual([])
  })
})

describe('what is refused', () => {
  const resolveFixture = (name: string) => {
    try {
      return readFileSync(join(FIXTURES, name), 'utf8')
    } catch {
      return undefined
    }
  }

  test.each(REFUSALS)('$name', ({ proto, error }) => {
    const problems = new Problems()
    compileSource('t.proto', proto, problems, resolveFixture)
    expect(problems.errors.map(formatProblem)[0]).toBe(error)
  })

  let verdicts: boolean[]
  beforeAll(() => {
    const directory = mkdtempSync(join(tmpdir(), 'protobridge-refusals-'))
    verdicts = REFUSALS.map(({ proto }) => {
      writeFileSync(join(directory, 't.proto'), proto)
      return runProtoc([directory, FIXTURES, BUNDLED], ['t.proto']).status !== 0
    })
    rmSync(directory, { recursive: true })
  }, 120_000)

  test('protoc refuses the same files and accepts the same files', () => {
    const disagree = REFUSALS.filter(({ error }, index) => (error !== undefined) !== verdicts[index])
    expect(disagree.map(({ name }) => name)).toEqual([])
  })
})

describe('errors', () => {
  const errorsOf = (text: string, imports: Record<string, string> = {}) => {
    const problems = new Problems()
    compileSource('t.proto', text, problems, (name) => new Map(Object.entries(imports)).get(name))
    return problems.errors.map(formatProblem)
  }

  test('several syntax errors in one file are all reported', () => {
    expect(
      errorsOf(
        'syntax = "proto3";\nmessage A {\n  int32 a 1;\n  int32 b = 2\n}\nmessage B { foo = 1; }\nenum E { X = 0 }\n',
      ),
    ).toEqual([
      't.proto:3:11: expected `=` and a number after the name of a field, found `1`',
      't.proto:5:1: expected `;` after a field, found `}`',
      't.proto:6:17: expected the name of a field, found `=`',
      't.proto:7:16: expected `;` after an enum value, found `}`',
    ])
  })

  test('an error in one import does not hide one in another, nor cause errors where it is used', () => {
    const text = 'syntax = "proto3"; import "a.proto"; import "b.proto"; message M { A a = 1; B b = 2; Missing c = 3; }'
    expect(
      errorsOf(text, {
        'a.proto': 'syntax = "proto3"; message A { int32 x = 0; }',
        'b.proto': 'syntax = "proto3"; message {',
      }),
    ).toEqual([
      'a.proto:1:42: field number 0: field numbers begin at 1 (A.x)',
      'b.proto:1:28: expected the name of a message, found `{`',
    ])
  })

  test('an import cycle is reported once, with the whole circle', () => {
    const files = {
      'a.proto': 'syntax = "proto3"; import "b.proto";',
      'b.proto': 'syntax = "proto3"; import "a.proto";',
    }
    expect(errorsOf('syntax = "proto3"; import "a.proto";', files)).toEqual([
      'b.proto:1:20: import cycle: a.proto → b.proto → a.proto: move what both files need into a third one',
    ])
  })

  test('a type that is near another one names it', () => {
    expect(errorsOf('syntax = "proto3"; package p; message Book {} message M { Bok b = 1; }')).toEqual([
      't.proto:1:59: type `Bok` does not exist (p.M.b): did you mean `p.Book`?',
    ])
  })

  test('a type of a file that is loaded but not imported names the import', () => {
    const files = { 'a.proto': 'syntax = "proto3"; import "b.proto";', 'b.proto': 'syntax = "proto3"; message B {}' }
    expect(errorsOf('syntax = "proto3"; import "a.proto"; message M { B b = 1; }', files)).toEqual([
      't.proto:1:50: type `B` is in "b.proto", which is not imported (M.b): add `import "b.proto";`',
    ])
  })

  test('columns count characters, not bytes: a tab and an umlaut are one each', () => {
    expect(errorsOf('syntax = "proto3"; /* äöü𝄞 */\tmessage M { Nope a = 1; }')[0]).toMatch(/^t\.proto:1:44: /)
  })
})

describe('hostile text is refused in bounded time', () => {
  const rows = [
    { name: 'messages nested 100,000 deep', proto: 'message A {'.repeat(100_000), error: /nest deeper than 31 levels/ },
    {
      name: 'an aggregate nested 100,000 deep',
      proto: `option (a) = ${'{ a '.repeat(100_000)}`,
      error: /nests deeper than 100 levels/,
    },
    { name: 'a million closing braces', proto: '}'.repeat(1_000_000), error: /expected a top-level statement/ },
    { name: 'a million statements on one line', proto: ';'.repeat(1_000_000), error: undefined },
    {
      name: 'an integer of a million digits',
      proto: `message A { optional int32 a = ${'9'.repeat(1_000_000)}; }`,
      error: /out of range/,
    },
    {
      name: 'a string of a million escapes',
      proto: `option java_package = "${'\\001'.repeat(1_000_000)}";`,
      error: undefined,
    },
    { name: 'comment openings without end', proto: '/* '.repeat(500_000), error: /not closed/ },
    {
      name: 'a million open brackets',
      proto: `option (a) = { a: ${'['.repeat(1_000_000)}`,
      error: /a list inside a list/,
    },
    {
      name: 'random bytes',
      proto: Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 256)).toString('latin1'),
      error: /./,
    },
  ]
  test.each(rows)('$name', ({ proto, error }) => {
    const problems = new Problems()
    const begin = performance.now()
    compileSource('t.proto', `syntax = "proto2";\n${proto}`, problems)
    expect(performance.now() - begin).toBeLessThan(5_000)
    if (error === undefined) expect(problems.errors).toEqual([])
    else expect(problems.errors.map(formatProblem).join('\n')).toMatch(error)
    expect(problems.errors.length).toBeLessThan(200)
  })
})
