import { create, getOption, hasOption, toBinary, type DescExtension } from '@bufbuild/protobuf'
import {
  Edition,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  buildSchema,
  compileSource,
  descriptorSetSource,
  loadDescriptorSet,
  loadProtos,
  type DescriptorSource,
} from '../../src/descriptors/index.js'
import { formatProblem, Problems } from '../../src/problems/index.js'
import { BUNDLED, FIXTURES, GOOGLEAPIS, runProtoc } from './protoc.js'

const AT = { file: 'protobridge.yaml', line: 3, column: 5 }

const LIBRARY = `syntax = "proto3";
package library.v1;
import "google/api/annotations.proto";
import "google/protobuf/timestamp.proto";

// Keeps books.
service LibraryService {
  // Gets a book.
  rpc GetBook(GetBookRequest) returns (Book) {
    option (google.api.http) = {
      get: "/v1/{name=books/*}"
      additional_bindings { get: "/v1/first" }
      additional_bindings: [{ post: "/v1/second" body: "*" }, { custom: { kind: "HEAD" path: "/v1/third" } }]
    };
  }
  rpc PutBook(Book) returns (Book) {
    option (google.api.http).put = "/v1/book";
    option (google.api.http).body = "*";
  }
  rpc Plain(Book) returns (Book);
}
message GetBookRequest { string name = 1; }
// A book.
message Book { string name = 1; google.protobuf.Timestamp at = 2; optional int32 __proto__ = 3; map<string, Book> constructor = 4; }
`

function compiled(text: string, name = 'library/v1/library.proto'): DescriptorSource {
  const problems = new Problems()
  const source = compileSource(name, text, problems)
  expect(problems.errors.map(formatProblem)).toEqual([])
  return source
}

function built(...sources: DescriptorSource[]) {
  const problems = new Problems()
  const schema = buildSchema(sources, problems)
  return { schema: schema!, errors: problems.errors.map(formatProblem), warnings: problems.warnings.map(formatProblem) }
}

/** A descriptor set source of files, as another tool would have written it. */
function asSet(files: readonly FileDescriptorProto[], label = 'image.binpb', problems = new Problems()) {
  const bytes = toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [...files] }))
  return descriptorSetSource(bytes, label, false, AT, problems)!
}

function withDirectory(files: Record<string, string>, run: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'protobridge-protos-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true })
      writeFileSync(join(directory, name), text)
    }
    run(directory)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

describe('a schema of compiled protos', () => {
  const { schema, errors } = built(compiled(LIBRARY))
  const service = schema.services[0]!.desc
  const [get, put, plain] = service.methods

  test('has the services of the files asked for, not those of their imports', () => {
    expect(errors).toEqual([])
    expect(schema.services.map(({ desc }) => desc.typeName)).toEqual(['library.v1.LibraryService'])
    expect(schema.registry.getMessage('google.protobuf.Timestamp')).toBeDefined()
  })

  test('knows where things are declared and what is written above them', () => {
    const file = 'library/v1/library.proto'
    expect(schema.positionOf(service)).toEqual({ file, line: 7, column: 9 })
    expect(schema.positionOf(get!)).toEqual({ file, line: 9, column: 7 })
    expect(schema.positionOf(schema.registry.getMessage('library.v1.Book')!)).toEqual({ file, line: 24, column: 9 })
    expect(schema.positionOf(schema.registry.getMessage('google.protobuf.Timestamp')!)).toEqual({
      file: 'google/protobuf/timestamp.proto',
      line: 0,
      column: 0,
    })
    expect(schema.commentOf(service)).toBe(' Keeps books.\n')
    expect(schema.commentOf(get!)).toBe(' Gets a book.\n')
    expect(schema.commentOf(plain!)).toBe('')
    expect(schema.commentOf(schema.registry.getMessage('library.v1.Book')!)).toBe(' A book.\n')
  })

  test.each([
    { what: 'the option', path: ['google.api.http'], line: 10, column: 5 },
    { what: 'a value in it', path: ['google.api.http', 'get'], line: 11, column: 12 },
    { what: 'the first of several messages', path: ['google.api.http', 'additional_bindings', 0], line: 12, column: 7 },
    { what: 'a value in the first', path: ['google.api.http', 'additional_bindings', 0, 'get'], line: 12, column: 34 },
    { what: 'one of a list', path: ['google.api.http', 'additional_bindings', 1], line: 13, column: 29 },
    {
      what: 'a value in one of a list',
      path: ['google.api.http', 'additional_bindings', 1, 'body'],
      line: 13,
      column: 56,
    },
    {
      what: 'a value deep in a list',
      path: ['google.api.http', 'additional_bindings', 2, 'custom', 'path'],
      line: 13,
      column: 94,
    },
    {
      what: 'what is not there: the nearest',
      path: ['google.api.http', 'additional_bindings', 0, 'body'],
      line: 12,
      column: 7,
    },
    { what: 'another option: the method', path: ['other.option'], line: 9, column: 7 },
  ])('$what stands at $line:$column', ({ path, line, column }) => {
    expect(schema.optionPosition(get!, path)).toEqual({ file: 'library/v1/library.proto', line, column })
  })

  test.each([
    { path: ['google.api.http', 'put'], line: 17, column: 36 },
    { path: ['google.api.http', 'body'], line: 18, column: 37 },
    { path: ['google.api.http'], line: 17, column: 5 },
  ])('of options with dotted names, $path stands at $line:$column', ({ path, line, column }) => {
    expect(schema.optionPosition(put!, path)).toEqual({ file: 'library/v1/library.proto', line, column })
  })

  test('options are read through the registry', () => {
    const http = schema.registry.getExtension('google.api.http') as DescExtension
    expect(hasOption(get!, http)).toBe(true)
    expect(getOption(get!, http)).toMatchObject({
      pattern: { case: 'get', value: '/v1/{name=books/*}' },
      additionalBindings: [
        { pattern: { case: 'get', value: '/v1/first' } },
        { pattern: { case: 'post', value: '/v1/second' }, body: '*' },
        { pattern: { case: 'custom', value: { kind: 'HEAD', path: '/v1/third' } } },
      ],
    })
    expect(getOption(put!, http)).toMatchObject({ pattern: { case: 'put', value: '/v1/book' }, body: '*' })
    expect(hasOption(plain!, http)).toBe(false)
  })

  test('fields called __proto__ and constructor are fields like others', () => {
    const book = schema.registry.getMessage('library.v1.Book')!
    expect(book.fields.map(({ name, jsonName }) => [name, jsonName])).toEqual([
      ['name', 'name'],
      ['at', 'at'],
      ['__proto__', 'Proto'],
      ['constructor', 'constructor'],
    ])
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })
})

describe('files of .proto', () => {
  const proto = (name: string) =>
    `syntax = "proto3"; package ${name}; message M {} service S { rpc Get(M) returns (M); }`
  const files = {
    'protos/a/v1/a.proto': proto('a.v1'),
    'protos/a/v1/deep/b.proto': proto('b.v1'),
    'protos/c.proto': proto('c'),
    'other/a/v1/a.proto': proto('shadowed'),
    'other/only.proto': 'syntax = "proto3"; package only; import "a/v1/a.proto"; message O { a.v1.M m = 1; }',
    'outside.proto': proto('outside'),
  }
  const rows = [
    { protos: ['a/v1/*.proto'], files: ['a/v1/a.proto'] },
    { protos: ['a/**/*.proto'], files: ['a/v1/a.proto', 'a/v1/deep/b.proto'] },
    { protos: ['{c,only}.proto'], files: ['c.proto', 'only.proto'] },
    { protos: ['?.proto'], files: ['c.proto'] },
    { protos: ['protos/c.proto'], files: ['c.proto'] },
    { protos: ['other/*.proto'], files: ['only.proto'] },
    { protos: ['a/v1/a.proto', 'a/v1/*.proto'], files: ['a/v1/a.proto'] },
  ]
  test.each(rows)('$protos is $files', ({ protos, files: expected }) => {
    withDirectory(files, (directory) => {
      const problems = new Problems()
      const source = loadProtos(
        { protos, roots: ['protos', 'other'], autoMap: true, baseDir: directory, position: AT },
        problems,
      )
      expect(problems.errors.map(formatProblem)).toEqual([])
      expect([...source!.roots].sort()).toEqual(expected)
      expect(source!.autoMap).toBe(true)
    })
  })

  test('an absolute glob inside a root is one of it', () => {
    withDirectory(files, (directory) => {
      const problems = new Problems()
      const protos = [join(directory, 'protos/a/v1/*.proto')]
      const source = loadProtos({ protos, roots: [join(directory, 'protos')], autoMap: false, position: AT }, problems)
      expect([...source!.roots]).toEqual(['a/v1/a.proto'])
    })
  })

  test('of a file that two roots have, the first root counts', () => {
    withDirectory(files, (directory) => {
      const problems = new Problems()
      const source = loadProtos(
        { protos: ['only.proto'], roots: ['protos', 'other'], autoMap: false, baseDir: directory, position: AT },
        problems,
      )
      expect(problems.errors.map(formatProblem)).toEqual([])
      expect(source!.files.map(({ package: name }) => name)).toEqual(['a.v1', 'only'])
    })
  })

  test.each([
    {
      what: 'a glob that matches nothing',
      protos: ['*.prot'],
      roots: ['protos'],
      error: /^protobridge\.yaml:3:5: "\*\.prot" matches no file: it is looked for below .*protos$/,
    },
    {
      what: 'a glob outside the roots',
      protos: ['outside.proto'],
      roots: ['protos'],
      error: /"outside\.proto" matches no file/,
    },
    {
      what: 'a root that is not there',
      protos: ['*.proto'],
      roots: ['nowhere'],
      error:
        /^protobridge\.yaml:3:5: root ".*nowhere" is not a directory: roots are the directories that imports are relative to$/,
    },
  ])('$what is refused', ({ protos, roots, error }) => {
    withDirectory(files, (directory) => {
      const problems = new Problems()
      loadProtos({ protos, roots, autoMap: false, baseDir: directory, position: AT }, problems)
      expect(problems.errors.map(formatProblem)[0]).toMatch(error)
    })
  })

  test('an import that is not found says where it was looked for', () => {
    withDirectory({ 'p/x.proto': 'syntax = "proto3";\nimport "no/such.proto";' }, (directory) => {
      const problems = new Problems()
      loadProtos({ protos: ['x.proto'], roots: ['p'], autoMap: false, baseDir: directory, position: AT }, problems)
      expect(problems.errors.map(formatProblem)[0]).toMatch(
        /x\.proto:2:1: import "no\/such\.proto" is not found: it was looked for in .*p, the protos that come with protobridge$/,
      )
    })
  })

  test('google/api, google/rpc and google/protobuf need no root', () => {
    const imports = [
      'google/api/annotations.proto',
      'google/api/httpbody.proto',
      'google/rpc/status.proto',
      'google/protobuf/struct.proto',
    ]
    withDirectory(
      { 'x.proto': `syntax = "proto3"; ${imports.map((name) => `import "${name}";`).join(' ')}` },
      (directory) => {
        const problems = new Problems()
        const source = loadProtos(
          { protos: ['x.proto'], roots: [], autoMap: false, baseDir: directory, position: AT },
          problems,
        )
        expect(problems.errors.map(formatProblem)).toEqual([])
        expect(built(source!).errors).toEqual([])
      },
    )
  })

  test('the torture files make one registry', () => {
    const problems = new Problems()
    const source = loadProtos({ protos: ['**/*.proto'], roots: [FIXTURES], autoMap: false, position: AT }, problems)
    expect(problems.errors.map(formatProblem)).toEqual([])
    const { schema, errors } = built(source!)
    expect(errors).toEqual([])
    expect(schema.services.map(({ desc }) => desc.typeName).sort()).toEqual([
      'torture.comments.S',
      'torture.e2024.Service',
      'torture.three.Library',
      'torture.two.Service',
    ])
  })
})

describe('descriptor sets', () => {
  const set = (withInfo: boolean) => runProtoc([FIXTURES, BUNDLED], ['proto3.proto'], withInfo).files

  test('source information gives positions, of whole options too', () => {
    const { schema, errors } = built(asSet(set(true)))
    expect(errors).toEqual([])
    const service = schema.services.find(({ desc }) => desc.name === 'Library')!.desc
    expect(schema.positionOf(service)).toMatchObject({ file: 'proto3.proto', column: 9 })
    const place = schema.optionPosition(service.methods[0]!, ['google.api.http', 'get'])
    expect(place.line).toBe(schema.positionOf(service.methods[0]!).line + 1)
  })

  test('without source information positions are FILE:0:0', () => {
    const { schema } = built(asSet(set(false)))
    const service = schema.services.find(({ desc }) => desc.name === 'Library')!.desc
    expect(schema.positionOf(service)).toEqual({ file: 'proto3.proto', line: 0, column: 0 })
    expect(schema.optionPosition(service.methods[0]!, ['google.api.http'])).toEqual({
      file: 'proto3.proto',
      line: 0,
      column: 0,
    })
  })

  test("protobuf's own files are added where the set lacks them", () => {
    const { errors } = built(asSet(set(false).filter(({ name }) => !name.startsWith('google/protobuf/'))))
    expect(errors).toEqual([])
  })

  test('a missing import is named', () => {
    const { errors } = built(asSet(set(false).filter(({ name }) => name !== 'google/api/http.proto')))
    expect(errors[0]).toBe(
      'google/api/annotations.proto:0:0: import "google/api/http.proto" is missing: make the descriptors with all imports (`protoc --include_imports`)',
    )
  })

  test.each([
    {
      what: 'text',
      bytes: Buffer.from('syntax = "proto3";'),
      error: /^protobridge\.yaml:3:5: "x" is not a descriptor set/,
    },
    { what: 'nothing', bytes: Buffer.alloc(0), error: /is not a descriptor set, or an empty one/ },
    {
      what: 'a length beyond the end',
      bytes: Buffer.from([10, 255, 255, 255, 255, 15]),
      error: /is not a descriptor set/,
    },
  ])('$what is not a descriptor set', ({ bytes, error }) => {
    const problems = new Problems()
    expect(descriptorSetSource(bytes, 'x', false, AT, problems)).toBeUndefined()
    expect(problems.errors.map(formatProblem)[0]).toMatch(error)
  })

  test('a file that is not there', () => {
    const problems = new Problems()
    expect(loadDescriptorSet({ file: '/no/such.binpb', autoMap: false, position: AT }, problems)).toBeUndefined()
    expect(problems.errors.map(formatProblem)[0]).toMatch(
      /^protobridge\.yaml:3:5: descriptor set "\/no\/such\.binpb" cannot be read: ENOENT/,
    )
  })

  test('random bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const problems = new Problems()
        const source = descriptorSetSource(bytes, 'x', false, AT, problems)
        if (source !== undefined) buildSchema([source], problems)
      }),
      { numRuns: 2_000 },
    )
  })

  test('a set with bytes changed never throws', () => {
    const bytes = toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: set(false) }))
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const changed = Uint8Array.from(bytes)
          for (const [at, byte] of changes) changed[at] = byte
          const problems = new Problems()
          const source = descriptorSetSource(changed, 'x', false, AT, problems)
          if (source !== undefined && buildSchema([source], problems) === undefined)
            expect(problems.errors).not.toEqual([])
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('merging', () => {
  const one = 'syntax = "proto3"; package p; message A { string x = 1; } service S { rpc Get(A) returns (A); }'

  test('the same file from two sources is one file', () => {
    const problems = new Problems()
    const { schema, errors } = built(
      compiled(one, 'p.proto'),
      asSet(runProtocOn(one)),
      asSet(compiled(one, 'p.proto').files),
    )
    expect(problems.errors).toEqual([])
    expect(errors).toEqual([])
    expect(schema.services.map(({ desc }) => desc.typeName)).toEqual(['p.S'])
  })

  test('comments and file options make no difference', () => {
    const other = `// Comment.\n${one} option go_package = "example.com/p";`
    expect(built(compiled(one, 'p.proto'), compiled(other, 'p.proto')).errors).toEqual([])
  })

  test('one name with two contents names both sources', () => {
    const other = one.replace('string x', 'int32 x')
    expect(built(compiled(one, 'p.proto'), asSet(compiled(other, 'p.proto').files)).errors).toEqual([
      'p.proto:0:0: "p.proto" of image.binpb differs from that of p.proto: bring both to one version, or take the file from one source only',
    ])
  })

  test('one type in two files names both sources and files', () => {
    const first = compiled(one, 'p.proto')
    const second = asSet(compiled(one, 'q.proto').files)
    expect(built(first, second).errors[0]).toBe(
      'q.proto:0:0: `p.A` is defined already, in "p.proto" of p.proto; here it is "q.proto" of image.binpb (p.A): take the type from one source only, under one file name',
    )
  })

  test('an error in one source does not hide one in another', () => {
    const bad = (name: string) => {
      const file = compiled(one, `${name}.proto`).files.at(-1)!
      file.package = name
      file.messageType[0]!.field[0]!.number = 0
      return asSet([file], name)
    }
    expect(built(bad('a'), bad('b')).errors.filter((error) => error.includes('out of range'))).toHaveLength(2)
  })

  test("another version of protobuf's own files gives way to the built-in one", () => {
    const old = runProtoc([BUNDLED], ['google/api/annotations.proto']).files
    for (const file of old) if (file.name === 'google/protobuf/descriptor.proto') file.messageType.pop()
    const { errors, warnings } = built(compiled(LIBRARY), asSet(old))
    expect(errors).toEqual([])
    expect(warnings).toEqual([])
  })

  test('another version of google.api is told and the first used', () => {
    const theirs = runProtoc([GOOGLEAPIS], ['google/api/http.proto']).files
    theirs[0]!.messageType[0]!.field.pop()
    const { errors, warnings } = built(compiled(LIBRARY), asSet(theirs))
    expect(errors).toEqual([])
    expect(warnings).toEqual([
      'google/api/http.proto:0:0: "google/api/http.proto" of image.binpb differs from that of library/v1/library.proto: that of library/v1/library.proto is used',
    ])
  })

  test('autoMap and being asked for are those of any source', () => {
    const first = { ...compiled(one, 'p.proto'), roots: new Set<string>() }
    const second = { ...compiled(one, 'p.proto'), autoMap: true }
    expect(built(first, second).schema.services).toMatchObject([{ autoMap: true }])
  })

  function runProtocOn(text: string): FileDescriptorProto[] {
    let files: FileDescriptorProto[] = []
    withDirectory({ 'p.proto': text }, (directory) => {
      files = runProtoc([directory], ['p.proto'], true).files
    })
    return files
  }
})

describe('hostile descriptors', () => {
  const file = (changes: Parameters<typeof create<typeof FileDescriptorProtoSchema>>[1]) =>
    create(FileDescriptorProtoSchema, { name: 'x.proto', syntax: 'proto3', ...changes })
  const field = (changes: object) => ({ name: 'f', number: 1, label: 1, type: 9, ...changes })
  const rows = [
    {
      what: 'an import of itself',
      files: [file({ dependency: ['x.proto'] })],
      error: 'x.proto:0:0: import cycle: "x.proto" and "x.proto" import each other',
    },
    {
      what: 'a circle of imports',
      files: [file({ dependency: ['y.proto'] }), file({ name: 'y.proto', dependency: ['x.proto'] })],
      error: 'y.proto:0:0: import cycle: "y.proto" and "x.proto" import each other',
    },
    {
      what: 'a type that does not exist',
      files: [file({ messageType: [{ name: 'M', field: [field({ type: 11, typeName: '.no.Such' })] }] })],
      error: 'x.proto:0:0: type `.no.Such` does not exist in this file or what it imports (M.f)',
    },
    {
      what: 'a type of the wrong kind',
      files: [file({ messageType: [{ name: 'M', field: [field({ type: 14, typeName: '.M' })] }] })],
      error: 'x.proto:0:0: type `.M` is a message, not a enum (M.f)',
    },
    {
      what: 'a field number of zero',
      files: [file({ messageType: [{ name: 'M', field: [field({ number: 0 })] }] })],
      error: 'x.proto:0:0: field number 0 is out of range (M.f)',
    },
    {
      what: 'a negative field number',
      files: [file({ messageType: [{ name: 'M', field: [field({ number: -1 })] }] })],
      error: 'x.proto:0:0: field number -1 is out of range (M.f)',
    },
    {
      what: 'two fields of one number',
      files: [file({ messageType: [{ name: 'M', field: [field({}), field({ name: 'g' })] }] })],
      error: 'x.proto:0:0: field number 1 is used twice (M.g)',
    },
    {
      what: 'a field of no known type',
      files: [file({ messageType: [{ name: 'M', field: [field({ type: 99 })] }] })],
      error: 'x.proto:0:0: field `f` has no known type (M.f)',
    },
    {
      what: 'a oneof that is not there',
      files: [file({ messageType: [{ name: 'M', field: [field({ oneofIndex: 7 })] }] })],
      error: 'x.proto:0:0: field `f` is of a oneof that does not exist (M.f)',
    },
    {
      what: 'a name with a quote',
      files: [file({ messageType: [{ name: 'M"; process.exit()' }] })],
      error: 'x.proto:0:0: message name "M"; process.exit()" is not a name',
    },
    {
      what: 'a package that is not one',
      files: [file({ package: 'a..b' })],
      error: 'x.proto:0:0: package "a..b" is not a name',
    },
    {
      what: 'an unknown syntax',
      files: [file({ syntax: 'proto9' })],
      error: 'x.proto:0:0: syntax "proto9" is not supported',
    },
    {
      what: 'an unknown edition',
      files: [file({ syntax: 'editions', edition: Edition.EDITION_99997_TEST_ONLY })],
      error: 'x.proto:0:0: edition 99997 is not supported',
    },
    {
      what: 'a default value that is not of its type',
      files: [file({ syntax: 'proto2', messageType: [{ name: 'M', field: [field({ type: 5, defaultValue: 'x' })] }] })],
      error: 'x.proto:0:0: the default value of `f` is not of its type (M.f)',
    },
    {
      what: 'a map entry without a key',
      files: [
        file({
          messageType: [
            {
              name: 'M',
              field: [field({ type: 11, label: 3, typeName: '.M.FEntry' })],
              nestedType: [
                { name: 'FEntry', field: [field({ name: 'value', number: 2 })], options: { mapEntry: true } },
              ],
            },
          ],
        }),
      ],
      error: 'x.proto:0:0: map entry `FEntry` has not just a key and a value (M.FEntry)',
    },
    {
      what: 'a method of a type that is no message',
      files: [
        file({
          enumType: [{ name: 'E', value: [{ name: 'Z', number: 0 }] }],
          service: [{ name: 'S', method: [{ name: 'Get', inputType: '.E', outputType: '.E' }] }],
        }),
      ],
      error: 'x.proto:0:0: request type `.E` is a enum, not a message (S.Get)',
    },
    {
      what: 'an extension of what is not there',
      files: [file({ syntax: 'proto2', extension: [field({ extendee: '.no.Such' })] })],
      error: 'x.proto:0:0: extended type `.no.Such` does not exist in this file or what it imports (f)',
    },
  ]
  test.each(rows)('$what', ({ files, error }) => {
    const problems = new Problems()
    const source = asSet(files, 'image.binpb', problems)
    const schema = buildSchema([source], problems)
    expect(problems.errors.map(formatProblem)[0]).toBe(error)
    expect(schema?.services ?? []).toEqual([])
  })

  test('an import chain of 50,000 files', () => {
    const files = Array.from({ length: 50_000 }, (_, index) =>
      file({ name: `f${index}.proto`, dependency: index === 0 ? [] : [`f${index - 1}.proto`] }),
    ).reverse()
    expect(built(asSet(files)).errors).toEqual([])
  })
})
