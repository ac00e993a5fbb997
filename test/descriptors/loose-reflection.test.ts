import {
  clearField,
  create,
  fromBinary,
  toBinary,
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescMessage,
  type DescService,
} from '@bufbuild/protobuf'
import { nestedTypes } from '@bufbuild/protobuf/reflect'
import { FieldDescriptorProtoSchema, FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { loadSync } from '@grpc/proto-loader'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSchema, compileSource, type Schema } from '../../src/descriptors/index.js'
import { repairedSource } from '../../src/descriptors/load-descriptor-set.js'
import { BUNDLED_NAMES } from '../../src/descriptors/repair/known-files.js'
import { repairDescriptors } from '../../src/descriptors/repair/repair.js'
import { fieldsIn } from '../../src/descriptors/repair/visit.js'
import { formatProblem, Problems } from '../../src/problems/index.js'
import { descriptorsOf, loadFromSet, loadLoosely, protocFiles } from './loose-server.js'
import { BUNDLED, FIXTURES, GOOGLEAPIS, protosBelow, runProtoc } from './protoc.js'

const WARNING =
  /^reflection of shop:0:0: the descriptors are loose \(made by proto-loader\); repaired: relative type names, imports, .*; annotations, json_name and comments are lost there: name its protos to have them$/

const ALL = ['edition.proto', 'nowhere.proto', 'orders.proto', 'refunds.proto', 'visitor.proto']

function schemaOf(files: readonly FileDescriptorProto[], label: string): { schema: Schema; problems: Problems } {
  const problems = new Problems()
  const schema = buildSchema([repairedSource(repairDescriptors(files), label, true)], problems)
  expect(problems.errors.map(formatProblem)).toEqual([])
  return { schema: schema!, problems }
}

/** All that decides on wire and JSON, by full name. */
function essence({ registry }: Schema): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const file of registry.files) {
    if (file.proto.package.startsWith('google.')) continue
    for (const type of nestedTypes(file))
      out[type.kind === 'extension' ? `extension ${type.typeName}` : type.typeName] =
        type.kind === 'message'
          ? messageEssence(type)
          : type.kind === 'enum'
            ? enumEssence(type)
            : type.kind === 'service'
              ? serviceEssence(type)
              : [type.extendee.typeName, fieldEssence(type)]
  }
  return out
}

function messageEssence(message: DescMessage): unknown {
  return {
    fields: message.fields.map(fieldEssence),
    oneofs: message.oneofs.map(({ name, fields }) => [name, fields.map((field) => field.name)]),
  }
}

function fieldEssence(field: DescField | DescExtension): unknown {
  const { name, number, jsonName, fieldKind, presence } = field
  const type = field.message?.typeName ?? field.enum?.typeName ?? field.scalar
  const key = fieldKind === 'map' ? field.mapKey : undefined
  const packed = fieldKind === 'list' ? field.packed : undefined
  const delimited = 'delimitedEncoding' in field ? field.delimitedEncoding : undefined
  const defaultValue = fieldKind === 'scalar' || fieldKind === 'enum' ? field.getDefaultValue() : undefined
  const { oneof } = field as { oneof?: { name: string } | undefined }
  return { name, number, jsonName, fieldKind, presence, type, key, packed, delimited, defaultValue, oneof: oneof?.name }
}

/** A server whose descriptors come from a set has lost the groups: it writes such fields as any other message. */
function withoutGroups(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutGroups)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === 'delimited' ? undefined : withoutGroups(inner)]),
  )
}

function enumEssence({ open, values }: DescEnum): unknown {
  return { open, values: values.map(({ name, number }) => [name, number]) }
}

function serviceEssence({ methods }: DescService): unknown {
  return methods.map(({ name, methodKind, input, output, idempotency }) => ({
    name,
    methodKind,
    input: input.typeName,
    output: output.typeName,
    idempotency,
  }))
}

/** One file of package `t`, as proto-loader makes it. */
function loose(text: string, syntax = 'proto3'): FileDescriptorProto[] {
  const directory = mkdtempSync(join(tmpdir(), 'protobridge-loose-'))
  try {
    writeFileSync(join(directory, 't.proto'), `syntax = "${syntax}"; package t; ${text}`)
    return descriptorsOf(loadSync('t.proto', { includeDirs: [directory], keepCase: true }))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function compiled(text: string): FileDescriptorProto[] {
  const problems = new Problems()
  const { files } = compileSource('t.proto', text, problems)
  expect(problems.errors).toEqual([])
  return [...files]
}

function withoutJsonNames(files: FileDescriptorProto[]): FileDescriptorProto[] {
  for (const file of files)
    for (const field of fieldsIn(file)) clearField(field, FieldDescriptorProtoSchema.field.jsonName)
  return files
}

const ALL_OPTIONS = {
  keepCase: true,
  longs: String,
  enums: String,
  bytes: String,
  defaults: true,
  oneofs: true,
  json: true,
}

describe('descriptors made by proto-loader are repaired to what protoc makes of the same protos', () => {
  describe.each([
    { what: 'protos of every kind', names: ALL },
    { what: 'the library', names: ['library/v1/library.proto'] },
    { what: 'the inventory', names: ['inventory/v1/inventory.proto'] },
    { what: 'google.pubsub', names: protosBelow(GOOGLEAPIS).filter((name) => name.startsWith('google/pubsub/v1/')) },
    { what: 'google.logging', names: protosBelow(GOOGLEAPIS).filter((name) => name.startsWith('google/logging/v2/')) },
  ])('$what', ({ names }) => {
    const expected = essence(schemaOf(protocFiles(names), 'protoc').schema)

    test.each([
      { how: 'names kept', load: () => loadLoosely(names, { keepCase: true }) },
      { how: 'names changed to camelCase', load: () => loadLoosely(names) },
      { how: 'all other options', load: () => loadLoosely(names, ALL_OPTIONS) },
    ])('$how', ({ load }) => {
      const { schema, problems } = schemaOf(descriptorsOf(load()), 'reflection of shop')
      expect(essence(schema)).toEqual(expected)
      expect(problems.warnings.map(formatProblem)).toEqual([expect.stringMatching(WARNING)])
    })

    test('read by proto-loader from a descriptor set', () => {
      const { schema } = schemaOf(descriptorsOf(loadFromSet(names)), 'loose')
      expect(withoutGroups(essence(schema))).toEqual(withoutGroups(expected))
    })
  })
})

describe('well-formed descriptors are left alone', () => {
  const googleapis = protosBelow(GOOGLEAPIS).filter((name) =>
    /^google\/(api|rpc|type|iam|longrunning|logging|pubsub|storage|spanner|example)\//.test(name),
  )

  test.each([
    { what: "the package's own protos", load: () => runProtoc([BUNDLED], protosBelow(BUNDLED)).files },
    { what: 'the torture files', load: () => runProtoc([FIXTURES, BUNDLED], protosBelow(FIXTURES)).files },
    { what: 'the protos of these tests', load: () => protocFiles(ALL) },
    { what: 'a part of googleapis', load: () => runProtoc([GOOGLEAPIS], googleapis).files },
    { what: 'without json_name, as C++ and Python servers send them', load: () => withoutJsonNames(protocFiles(ALL)) },
    {
      what: 'a oneof that looks like that of an optional field',
      load: () => compiled('syntax = "proto3"; message M { oneof _a { string a = 1; } }'),
    },
    {
      what: 'a repeated message that looks like a map',
      load: () =>
        compiled(
          'syntax = "proto3"; message M { message Labels { string key = 1; string value = 2; } repeated Labels labels = 1; }',
        ),
    },
    {
      what: 'fields in camelCase',
      load: () => compiled('syntax = "proto3"; message M { string pageSize = 1; M theOther = 2; }'),
    },
    {
      what: 'a file without its imports',
      load: () => protocFiles(ALL).filter(({ name }) => name === 'orders.proto'),
    },
  ])('$what', ({ load }) => {
    const files = load()
    expect(files.length).toBeGreaterThan(0)
    const before = files.map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file)))
    const { files: after, repaired } = repairDescriptors(files)
    expect(repaired).toEqual([])
    expect(after).toBe(files)
    expect(after.map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file)))).toEqual(before)
  })

  test('repairing does not change what it is given', () => {
    const files = descriptorsOf(loadLoosely(ALL))
    const before = files.map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file)))
    repairDescriptors(files)
    expect(files.map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file)))).toEqual(before)
  })

  test('what is repaired is well-formed', () => {
    const { files } = repairDescriptors(descriptorsOf(loadLoosely(ALL)))
    expect(repairDescriptors(files).repaired).toEqual([])
  })
})

describe('loose descriptors one by one', () => {
  test('a message with key and value stays a message, whatever its name', () => {
    const { schema } = schemaOf(
      loose(
        'message M { message Labels { string key = 1; string value = 2; } repeated Labels labels = 1; map<string, M> ms = 2; }',
      ),
      'loose',
    )
    const message = schema.registry.getMessage('t.M')!
    expect(message.fields.map(({ name, fieldKind }) => [name, fieldKind])).toEqual([
      ['labels', 'list'],
      ['ms', 'map'],
    ])
  })

  test('names that were camelCase beside names that were not are kept', () => {
    const { schema } = schemaOf(loose('message M { string pageSize = 1; string page_token = 2; M m = 3; }'), 'loose')
    expect(schema.registry.getMessage('t.M')!.fields.map(({ name }) => name)).toEqual(['pageSize', 'page_token', 'm'])
  })

  test('a default that JavaScript cannot hold is left out', () => {
    const { schema } = schemaOf(
      loose('message M { optional uint64 most = 1 [default = 18446744073709551615]; optional M m = 2; }', 'proto2'),
      'loose',
    )
    const [most] = schema.registry.getMessage('t.M')!.fields
    expect(most).toMatchObject({ name: 'most', presence: 1 })
    expect(most!.proto.defaultValue).toBe('')
  })

  test('protobuf and bundled files are the true ones, under their names', () => {
    const { files } = repairDescriptors(descriptorsOf(loadLoosely(['library/v1/library.proto'])))
    const names = files.map(({ name }) => name).filter((name) => name.startsWith('google/'))
    expect(names).toEqual(expect.arrayContaining(['google/protobuf/timestamp.proto', 'google/api/httpbody.proto']))
    expect(names.filter((name) => /[A-Z]/.test(name))).toEqual([])
  })

  test('every bundled proto of google.api and google.rpc is among the known ones', () => {
    const bundled = protosBelow(BUNDLED).filter((name) => /^google\/(api|rpc)\//.test(name))
    expect([...BUNDLED_NAMES].sort()).toEqual(bundled)
  })

  test('a name that fits two types is of the nearer one, and the operator is told', () => {
    const files = descriptorsOf(loadLoosely(['orders.proto'], { keepCase: true }))
    const outer = create(FileDescriptorProtoSchema, {
      name: 'shop.proto',
      package: 'shop',
      syntax: 'proto3',
      messageType: [{ name: 'Order' }],
    })
    const user = create(FileDescriptorProtoSchema, {
      name: 'shop_orders_user.proto',
      package: 'shop.orders',
      syntax: 'proto3',
      messageType: [{ name: 'User', field: [{ name: 'order', number: 1, label: 1, type: 11, typeName: 'Order' }] }],
    })
    const { doubts } = repairDescriptors([...files, outer, user])
    expect(doubts).toEqual(
      expect.arrayContaining(['shop.orders.User.order may be of shop.Order rather than shop.orders.Order']),
    )
  })

  test.each([
    {
      what: 'a name of no type',
      typeName: 'Gone',
      error: 't/M.proto:0:0: type `Gone` does not exist in this file or what it imports (t.M.f)',
    },
    {
      what: 'a name longer than any',
      typeName: 'x'.repeat(100_000),
      error: /does not exist in this file or what it imports/,
    },
    {
      what: 'a message where an enum is to be',
      typeName: 'M',
      type: 14,
      error: 't/M.proto:0:0: type `M` does not exist in this file or what it imports (t.M.f)',
    },
  ])('refused: $what', ({ typeName, type, error }) => {
    const file = create(FileDescriptorProtoSchema, {
      name: 't.proto',
      package: 't',
      syntax: 'proto3',
      messageType: [{ name: 'M', field: [{ name: 'f', number: 1, label: 1, type: type ?? 11, typeName }] }],
    })
    const problems = new Problems()
    buildSchema([repairedSource(repairDescriptors([file]), 'loose', true)], problems)
    expect(problems.errors.map(formatProblem)).toEqual([
      typeof error === 'string' ? error : expect.stringMatching(error),
    ])
  })

  test('refused: types of two packages that need each other', () => {
    const file = (name: string, other: string) =>
      create(FileDescriptorProtoSchema, {
        name: `${name}.proto`,
        package: name,
        syntax: 'proto3',
        messageType: [{ name: 'M', field: [{ name: 'f', number: 1, label: 1, type: 11, typeName: `${other}.M` }] }],
      })
    const problems = new Problems()
    buildSchema([repairedSource(repairDescriptors([file('a', 'b'), file('b', 'a')]), 'loose', true)], problems)
    expect(problems.errors.map(({ message }) => message)).toEqual([expect.stringMatching(/^import cycle: /)])
  })

  test('a chain of types as long as it likes is no trouble', () => {
    const length = 20_000
    const messageType = Array.from({ length }, (_, at) => ({
      name: `M${at}`,
      field: [{ name: 'next', number: 1, label: 1, type: 11, typeName: `M${(at + 1) % length}` }],
    }))
    const file = create(FileDescriptorProtoSchema, { name: 't.proto', package: 't', syntax: 'proto3', messageType })
    const { files, unresolved } = repairDescriptors([file])
    expect(unresolved).toEqual([])
    expect(files.map(({ messageType: all }) => all.length)).toEqual([length])
  })

  test('two servers that have different parts of a package fit together', () => {
    const problems = new Problems()
    const sources = [['orders.proto'], ['refunds.proto']].map((names, at) =>
      repairedSource(repairDescriptors(descriptorsOf(loadLoosely(names))), `reflection of ${at}`, true),
    )
    const schema = buildSchema(sources, problems)
    expect(problems.errors.map(formatProblem)).toEqual([])
    expect(schema!.services.map(({ desc }) => desc.typeName).sort()).toEqual([
      'shop.orders.Orders',
      'shop.types.Refunds',
    ])
  })

  test("gRPC's own services, which every server has, are left out", () => {
    const { files } = repairDescriptors(
      descriptorsOf(loadLoosely(['orders.proto', 'grpc/reflection/v1/reflection.proto'])),
    )
    expect(files.map((file) => file.package)).toContain('shop.orders')
    expect(files.map((file) => file.package).filter((name) => name.startsWith('grpc.'))).toEqual([])
  })

  test('whatever is broken in them is an error, not an exception', () => {
    const given = descriptorsOf(loadLoosely(ALL)).map((file) => toBinary(FileDescriptorProtoSchema, file))
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(given.length - 1), fc.nat(), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 8,
        }),
        (edits) => {
          const bytes = given.map((file) => Uint8Array.from(file))
          for (const [at, offset, value] of edits) bytes[at]![offset % bytes[at]!.length] = value
          let files: FileDescriptorProto[]
          try {
            files = bytes.map((file) => fromBinary(FileDescriptorProtoSchema, file))
          } catch {
            return
          }
          const problems = new Problems()
          const schema = buildSchema([repairedSource(repairDescriptors(files), 'loose', true)], problems)
          expect(schema !== undefined || problems.hasErrors).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })
})
