import {
  ScalarType,
  createFileRegistry,
  create,
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  type FileRegistry,
} from '@bufbuild/protobuf'
import { nestedTypes } from '@bufbuild/protobuf/reflect'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import type { Position, Problems } from '../problems/index.js'
import { mergeSources, placeOf, type MergedFile } from './merge.js'
import type { DescriptorSource, Schema, ServedService } from './types.js'

type Declared = DescMessage | DescEnum | DescExtension | DescService | DescMethod

/** Name of every declaration is field 1 of its descriptor. */
const NAME = 1
/** MethodDescriptorProto.options. */
const METHOD_OPTIONS = 4

/**
 * Merges sources into one registry. Files that several sources have alike are taken once; conflicts and what does not
 * hold together (imports or types that are missing, cycles, numbers out of range) go to `problems`.
 * @returns undefined where there is no sound registry to go on with
 */
export function buildSchema(sources: readonly DescriptorSource[], problems: Problems): Schema | undefined {
  for (const { label, warnings } of sources)
    for (const { message, advice } of warnings ?? []) problems.warn(nowhere(label), message, { advice })
  const merged = mergeSources(sources, problems)
  let registry: FileRegistry
  try {
    registry = createFileRegistry(create(FileDescriptorSetSchema, { file: merged.map(({ proto }) => proto) }))
    checkDefaults(registry, merged, problems)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    problems.error(nowhere(sources[0]?.label ?? 'schema'), `the descriptors do not hold together: ${reason}`)
    return undefined
  }
  const files = new Map(merged.map((file) => [file.proto.name, file]))
  return Object.freeze({
    registry,
    services: servedServices(registry, merged),
    positionOf: (desc: Declared) => positionOf(desc, files),
    optionPosition: (method: DescMethod, path: readonly (string | number)[]) =>
      optionPosition(method, path, files, registry),
    commentOf: (desc: DescMessage | DescService | DescMethod) => {
      const name = fileOf(desc).proto.name
      return files.get(name)?.source.locations?.commentOf(name, pathOf(desc)) ?? ''
    },
  })
}

function servedServices(registry: FileRegistry, merged: readonly MergedFile[]): ServedService[] {
  return merged.flatMap(({ proto, source, isRoot, autoMap }) =>
    isRoot
      ? (registry.getFile(proto.name)?.services ?? []).map((desc) => ({ desc, autoMap, source: source.label }))
      : [],
  )
}

/** Default values are read when first used: one that cannot be is to be known now. */
function checkDefaults(registry: FileRegistry, merged: readonly MergedFile[], problems: Problems): void {
  for (const { proto, source } of merged) {
    const file = registry.getFile(proto.name)
    if (file === undefined) continue
    for (const type of nestedTypes(file)) {
      if (type.kind !== 'message') continue
      for (const field of type.fields) {
        if (field.fieldKind !== 'scalar' && field.fieldKind !== 'enum') continue
        if (!hasSoundDefault(field))
          problems.error(placeOf(source, proto.name), `the default value of \`${field.name}\` is not of its type`, {
            selector: `${type.typeName}.${field.name}`,
          })
      }
    }
  }
}

function hasSoundDefault(field: DescField & { fieldKind: 'scalar' | 'enum' }): boolean {
  const text = field.proto.defaultValue
  if (text === '') return true
  try {
    const value = field.getDefaultValue()
    if (value === undefined) return false
    if (typeof value !== 'number' || field.fieldKind === 'enum') return true
    if (field.scalar === ScalarType.DOUBLE || field.scalar === ScalarType.FLOAT)
      return text === 'nan' || !Number.isNaN(value)
    return Number.isInteger(value)
  } catch {
    return false
  }
}

function positionOf(desc: Declared, files: ReadonlyMap<string, MergedFile>): Position {
  const name = fileOf(desc).proto.name
  const file = files.get(name)
  const path = pathOf(desc)
  const known =
    file?.source.locations?.positionOf(name, [...path, NAME]) ?? file?.source.locations?.positionOf(name, path)
  return known ?? nowhere(file?.source.paths.get(name) ?? name)
}

/** Places in aggregates come from our own compiler; SourceCodeInfo has those of whole options. */
function optionPosition(
  method: DescMethod,
  path: readonly (string | number)[],
  files: ReadonlyMap<string, MergedFile>,
  registry: FileRegistry,
): Position {
  const file = method.parent.file.proto.name
  const source = files.get(file)?.source
  const precise = source?.optionPositions?.find(`${method.parent.typeName}.${method.name}`, path)
  if (precise !== undefined) return precise
  const number = registry.getExtension(String(path[0] ?? ''))?.number
  const whole =
    number === undefined ? undefined : source?.locations?.positionOf(file, [...pathOf(method), METHOD_OPTIONS, number])
  return whole ?? positionOf(method, files)
}

function nowhere(file: string): Position {
  return { file, line: 0, column: 0 }
}

function fileOf(desc: Declared): DescFile {
  return desc.kind === 'rpc' ? desc.parent.file : desc.file
}

/** A declaration's path in SourceCodeInfo (descriptor.proto): field numbers and indexes from the file down. */
function pathOf(desc: Declared): number[] {
  switch (desc.kind) {
    case 'rpc':
      return [...pathOf(desc.parent), 2, desc.parent.proto.method.indexOf(desc.proto)]
    case 'service':
      return [6, desc.file.proto.service.indexOf(desc.proto)]
    case 'message':
      return desc.parent === undefined
        ? [4, desc.file.proto.messageType.indexOf(desc.proto)]
        : [...pathOf(desc.parent), 3, desc.parent.proto.nestedType.indexOf(desc.proto)]
    case 'enum':
      return desc.parent === undefined
        ? [5, desc.file.proto.enumType.indexOf(desc.proto)]
        : [...pathOf(desc.parent), 4, desc.parent.proto.enumType.indexOf(desc.proto)]
    default:
      return desc.parent === undefined
        ? [7, desc.file.proto.extension.indexOf(desc.proto)]
        : [...pathOf(desc.parent), 6, desc.parent.proto.extension.indexOf(desc.proto)]
  }
}
