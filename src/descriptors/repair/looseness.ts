import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { areEmptyOptions, lostOptionals } from './presence.js'
import { messagesOf, referencesIn } from './visit.js'

/**
 * Whether descriptors are loose: made not by protoc (or what makes the same) but by protobuf.js, as npm's
 * `@grpc/proto-loader` and so `@grpc/reflection` do. Each sign is something protoc never writes (descriptor.proto:
 * type names are fully qualified, imports are listed; language guide: entries are named `…Entry`), so that what protoc
 * made is left alone.
 */
export function isLoose(files: readonly FileDescriptorProto[]): boolean {
  const declaredIn = new Map<string, string>()
  for (const file of files)
    for (const { fullName } of messagesOf(file))
      if (!declaredIn.has(`.${fullName}`)) declaredIn.set(`.${fullName}`, file.name)
  return files.some((file) => hasRelativeName(file) || hasLooseMessage(file) || lacksImports(file, declaredIn))
}

function hasRelativeName(file: FileDescriptorProto): boolean {
  for (const name of referencesIn(file)) if (name !== '' && !name.startsWith('.')) return true
  return false
}

function hasLooseMessage(file: FileDescriptorProto): boolean {
  for (const { message } of messagesOf(file)) {
    // Nested extensions stand among the fields; each extension stands also, as `.its.full_name`, in what it extends.
    if (message.field.some(({ name, extendee }) => extendee !== '' || name.startsWith('.'))) return true
    if (message.options?.mapEntry === true && !message.name.endsWith('Entry')) return true
    if (file.syntax === 'proto3') for (const field of lostOptionals(message)) if (areEmptyOptions(field)) return true
  }
  return false
}

/** A file without a single import that uses a type of another one. */
function lacksImports(file: FileDescriptorProto, declaredIn: ReadonlyMap<string, string>): boolean {
  if (file.dependency.length > 0 || file.optionDependency.length > 0) return false
  for (const name of referencesIn(file)) if ((declaredIn.get(name) ?? file.name) !== file.name) return true
  return false
}
