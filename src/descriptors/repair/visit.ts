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
export function* messagesOf(file: FileDescriptorProto): Generator<VisitedMessage> {
  for (const message of file.messageType) yield* messagesIn(message, file.package)
}

/** A message and those nested in it. */
export function* messagesIn(message: DescriptorProto, scope: string): Generator<VisitedMessage> {
  const fullName = inScope(scope, message.name)
  yield { message, fullName, scope }
  for (const nested of message.nestedType) yield* messagesIn(nested, fullName)
}

/** Every field and extension of a message itself. */
export function fieldsOf(message: DescriptorProto): FieldDescriptorProto[] {
  return [...message.field, ...message.extension]
}

/** Every field and extension of a file. */
export function* fieldsIn(file: FileDescriptorProto): Generator<FieldDescriptorProto> {
  yield* file.extension
  for (const { message } of messagesOf(file)) yield* fieldsOf(message)
}

/** Every reference to a type that a file makes, as it is written there. */
export function* referencesIn(file: FileDescriptorProto): Generator<string> {
  for (const { typeName, extendee } of fieldsIn(file)) {
    if (typeName !== '') yield typeName
    if (extendee !== '') yield extendee
  }
  for (const { method } of file.service) for (const { inputType, outputType } of method) yield* [inputType, outputType]
}

export function inScope(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`
}
