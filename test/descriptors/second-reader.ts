import { loadSync } from '@grpc/proto-loader'
import { fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, type DescriptorProto, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'

/** @grpc/proto-loader as an independent second reader: what it makes of a file, or why it refuses it. */
export function readWithProtoLoader(roots: readonly string[], name: string): FileDescriptorProto[] | Error {
  try {
    const definition = loadSync(name, { includeDirs: [...roots], keepCase: true })
    const files = new Map<string, FileDescriptorProto>()
    // Every entry has the descriptors of all files: each is to be decoded once.
    const seen = new Set<string>()
    for (const entry of Object.values(definition)) {
      if (!('fileDescriptorProtos' in entry) || !Array.isArray(entry.fileDescriptorProtos)) continue
      for (const bytes of entry.fileDescriptorProtos as Buffer[]) {
        const key = `${bytes.length} ${bytes.toString('latin1', 0, 100)}`
        if (seen.has(key)) continue
        seen.add(key)
        const file = fromBinary(FileDescriptorProtoSchema, bytes)
        files.set(`${file.name} ${file.package}`, file)
      }
    }
    return [...files.values()]
  } catch (error) {
    return error as Error
  }
}

/** `package.Message` → `field:number …` and `package.Enum` → `VALUE:number …`, for what both readers must agree on. */
export function namesAndNumbers(files: readonly FileDescriptorProto[]): Map<string, string> {
  const names = new Map<string, string>()
  const scoped = (scope: string, name: string) => (scope === '' ? name : `${scope}.${name}`)
  const visit = (message: DescriptorProto, scope: string) => {
    const fullName = scoped(scope, message.name)
    const fields = message.field.filter(({ extendee, name }) => extendee === '' && !name.startsWith('.'))
    names.set(
      fullName,
      fields
        .map(({ name, number }) => `${name}:${number}`)
        .sort()
        .join(' '),
    )
    for (const nested of message.nestedType) if (nested.options?.mapEntry !== true) visit(nested, fullName)
    for (const desc of message.enumType) visitEnum(desc, fullName)
  }
  const visitEnum = (desc: FileDescriptorProto['enumType'][number], scope: string) => {
    names.set(
      scoped(scope, desc.name),
      desc.value
        .map(({ name, number }) => `${name}:${number}`)
        .sort()
        .join(' '),
    )
  }
  for (const file of files) {
    for (const message of file.messageType) visit(message, file.package)
    for (const desc of file.enumType) visitEnum(desc, file.package)
  }
  return names
}
