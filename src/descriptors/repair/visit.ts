import type { DescriptorProto, FieldDescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt'

/** A message at any depth, with its names. */
export interface VisitedMessage {
  readonly message: DescriptorProto
  /** Without leading dot. */
  readonly fullName: string
  /** Full name of what it is declared in: a message, or the package ('' where there is none). */
  readonly scope: string
}

/** Every message of a file, each before those nested in it. Nesting is bounded by the decoder (100 levels). */
export function messagesOf(file: FileDescriptorProto): VisitedMessage[] {
  const visited: VisitedMessage[] = []
  for (const message of file.messageType) visit(message, file.package, visited)
  return visited
}

function visit(message: DescriptorProto, scope: string, into: VisitedMessage[]): void {
  const fullName = inScope(scope, message.name)
  into.push({ message, fullName, scope })
  for (const nested of message.nestedType) visit(nested, fullName, into)
}

/** Every field and extension of a message itself. */
export function fieldsOf({ field, extension }: DescriptorProto): readonly FieldDescriptorProto[] {
  return extension.length === 0 ? field : [...field, ...extension]
}

/** Every field and extension of a file. */
export function fieldsIn(file: FileDescriptorProto): FieldDescriptorProto[] {
  const fields = [...file.extension]
  for (const { message } of messagesOf(file)) for (const field of fieldsOf(message)) fields.push(field)
  return fields
}

/** Every reference to a type that a file makes, as it is written there. */
export function referencesIn(file: FileDescriptorProto): string[] {
  const names: string[] = []
  for (const { typeName, extendee } of fieldsIn(file)) {
    if (typeName !== '') names.push(typeName)
    if (extendee !== '') names.push(extendee)
  }
  for (const { method } of file.service)
    for (const { inputType, outputType } of method) names.push(inputType, outputType)
  return names
}

export function inScope(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`
}
