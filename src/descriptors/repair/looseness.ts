import { toBinary } from '@bufbuild/protobuf'
import {
  FieldOptionsSchema,
  type DescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
  type OneofDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { fieldsIn, inScope, messagesOf, referencesIn } from './visit.js'

/**
 * Whether descriptors are loose: made not by protoc (or what makes the same) but by protobuf.js, as npm's
 * `@grpc/proto-loader` and so `@grpc/reflection` do. Each sign is something protoc never writes (descriptor.proto:
 * type names are fully qualified, imports are listed, entries are named `…Entry`), so that what protoc made is left
 * alone.
 */
export function isLoose(files: readonly FileDescriptorProto[]): boolean {
  const fileOf = new Map<string, string>()
  for (const file of files)
    for (const { fullName } of messagesOf(file)) if (!fileOf.has(`.${fullName}`)) fileOf.set(`.${fullName}`, file.name)
  return files.some(
    (file) =>
      hasRelativeName(file) || hasMisplacedExtension(file) || hasLooseMessage(file) || lacksImports(file, fileOf),
  )
}

function hasRelativeName(file: FileDescriptorProto): boolean {
  for (const name of referencesIn(file)) if (name !== '' && !name.startsWith('.')) return true
  return false
}

/** protobuf.js writes nested extensions among the fields, and each extension again into the message it extends. */
function hasMisplacedExtension(file: FileDescriptorProto): boolean {
  for (const { message } of messagesOf(file))
    if (message.field.some(({ name, extendee }) => extendee !== '' || name.startsWith('.'))) return true
  return false
}

function hasLooseMessage(file: FileDescriptorProto): boolean {
  for (const { message } of messagesOf(file)) {
    if (message.options?.mapEntry === true && !message.name.endsWith('Entry')) return true
    if (message.oneofDecl.some((oneof, index) => optionalFieldOf(message, oneof, index) !== undefined)) return true
  }
  return false
}

/** A file without a single import that uses a type of another one. */
function lacksImports(file: FileDescriptorProto, fileOf: ReadonlyMap<string, string>): boolean {
  if (file.dependency.length > 0 || file.optionDependency.length > 0) return false
  for (const name of referencesIn(file)) if ((fileOf.get(name) ?? file.name) !== file.name) return true
  return false
}

/**
 * The proto3 `optional` field that protobuf.js made this oneof for: `_field` with that one member, whose flag
 * `proto3_optional` was lost and left empty options behind. (protoc allows such a oneof too, but not the options.)
 */
export function optionalFieldOf(
  message: DescriptorProto,
  oneof: OneofDescriptorProto,
  index: number,
): FieldDescriptorProto | undefined {
  if (!oneof.name.startsWith('_') || oneof.options !== undefined) return undefined
  let only: FieldDescriptorProto | undefined
  for (const field of message.field) {
    if (!Object.hasOwn(field, 'oneofIndex') || field.oneofIndex !== index) continue
    if (only !== undefined) return undefined
    only = field
  }
  const isOptional = only?.name === oneof.name.slice(1) && !only.proto3Optional && only.options !== undefined
  return isOptional ? only : undefined
}

/** Whether options are there, but say nothing. */
export function areEmptyOptions(field: FieldDescriptorProto): boolean {
  return field.options !== undefined && toBinary(FieldOptionsSchema, field.options).length === 0
}

/** Names of the files whose package has the parts of `name` before the last. */
export function declaredNames(file: FileDescriptorProto): string[] {
  return [...file.messageType, ...file.enumType, ...file.service, ...file.extension].map(({ name }) =>
    inScope(file.package, name),
  )
}

export { fieldsIn }
