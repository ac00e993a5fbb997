import {
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescMessage,
  type DescService,
} from '@bufbuild/protobuf'
import { nestedTypes } from '@bufbuild/protobuf/reflect'
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { describe, expect, test } from '@jest/globals'
import { buildSchema, type Schema } from '../../src/descriptors/index.js'
import { repairedSource } from '../../src/descriptors/load-descriptor-set.js'
import { formatProblem, Problems } from '../../src/problems/index.js'
import { descriptorsOf, loadFromSet, loadLoosely, protocFiles } from './loose-server.js'

const ALL = ['edition.proto', 'nowhere.proto', 'orders.proto', 'refunds.proto', 'visitor.proto']

function schemaOf(files: readonly FileDescriptorProto[], label: string): { schema: Schema; problems: Problems } {
  const problems = new Problems()
  const schema = buildSchema([repairedSource(files, label, true)], problems)
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

describe('descriptors made by proto-loader are repaired to what protoc makes of the same protos', () => {
  const expected = essence(schemaOf(protocFiles(ALL), 'protoc').schema)

  test.each([
    { how: 'names kept', load: () => loadLoosely(ALL, { keepCase: true }) },
    { how: 'names changed to camelCase', load: () => loadLoosely(ALL) },
    {
      how: 'all other options',
      load: () =>
        loadLoosely(ALL, { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true, json: true }),
    },
    { how: 'from a descriptor set', load: () => loadFromSet(ALL) },
  ])('$how', ({ load }) => {
    const { schema } = schemaOf(descriptorsOf(load()), 'loose')
    expect(essence(schema)).toEqual(expected)
  })
})
