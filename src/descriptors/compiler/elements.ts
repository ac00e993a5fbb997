import type {
  DescriptorProto,
  DescriptorProto_ExtensionRange,
  EnumDescriptorProto,
  EnumValueDescriptorProto,
  FieldDescriptorProto,
  FileDescriptorProto,
  MethodDescriptorProto,
  OneofDescriptorProto,
  ServiceDescriptorProto,
} from '@bufbuild/protobuf/wkt'

interface ElementBase {
  /** Full name; of an extension range that of its message. */
  readonly fullName: string
  /** The scope in which names in its options are looked up. */
  readonly scope: string
  /** Path in SourceCodeInfo. */
  readonly path: readonly number[]
  /** Number of its `options` field. */
  readonly optionsNumber: number
}

/** Anything in a file that has options. */
export type Element = ElementBase &
  (
    | { readonly kind: 'file'; readonly proto: FileDescriptorProto }
    | { readonly kind: 'message'; readonly proto: DescriptorProto }
    | { readonly kind: 'field'; readonly proto: FieldDescriptorProto }
    | { readonly kind: 'oneof'; readonly proto: OneofDescriptorProto }
    | { readonly kind: 'range'; readonly proto: DescriptorProto_ExtensionRange }
    | { readonly kind: 'enum'; readonly proto: EnumDescriptorProto }
    | { readonly kind: 'value'; readonly proto: EnumValueDescriptorProto }
    | { readonly kind: 'service'; readonly proto: ServiceDescriptorProto }
    | { readonly kind: 'method'; readonly proto: MethodDescriptorProto }
  )

/**
 * Every element of a file that can have options, outer ones first.
 * @param isWanted leaves out fields, the bulk of any file, without making anything of them
 */
export function* elementsOf(
  file: FileDescriptorProto,
  isWanted: (field: FieldDescriptorProto) => boolean = () => true,
): Generator<Element> {
  const dotted = file.package === '' ? '' : `${file.package}.`
  yield { kind: 'file', proto: file, fullName: file.package, scope: file.package, path: [], optionsNumber: 8 }
  for (const [index, message] of file.messageType.entries())
    yield* messageElements(message, dotted, [4, index], isWanted)
  for (const [index, desc] of file.enumType.entries()) yield* enumElements(desc, dotted, [5, index])
  for (const [index, field] of file.extension.entries())
    if (isWanted(field)) yield fieldElement(field, dotted, [7, index])
  for (const [index, service] of file.service.entries()) {
    const fullName = dotted + service.name
    const path = [6, index]
    yield { kind: 'service', proto: service, fullName, scope: fullName, path, optionsNumber: 3 }
    for (const [at, method] of service.method.entries()) {
      const name = `${fullName}.${method.name}`
      yield { kind: 'method', proto: method, fullName: name, scope: name, path: [...path, 2, at], optionsNumber: 4 }
    }
  }
}

function* messageElements(
  message: DescriptorProto,
  dotted: string,
  path: readonly number[],
  isWanted: (field: FieldDescriptorProto) => boolean,
): Generator<Element> {
  const fullName = dotted + message.name
  const inner = `${fullName}.`
  yield { kind: 'message', proto: message, fullName, scope: fullName, path, optionsNumber: 7 }
  for (const [index, field] of message.field.entries())
    if (isWanted(field)) yield fieldElement(field, inner, [...path, 2, index])
  for (const [index, field] of message.extension.entries())
    if (isWanted(field)) yield fieldElement(field, inner, [...path, 6, index])
  for (const [index, oneof] of message.oneofDecl.entries()) {
    const name = inner + oneof.name
    yield { kind: 'oneof', proto: oneof, fullName: name, scope: name, path: [...path, 8, index], optionsNumber: 2 }
  }
  for (const [index, range] of message.extensionRange.entries())
    yield { kind: 'range', proto: range, fullName, scope: fullName, path: [...path, 5, index], optionsNumber: 3 }
  for (const [index, nested] of message.nestedType.entries())
    yield* messageElements(nested, inner, [...path, 3, index], isWanted)
  for (const [index, desc] of message.enumType.entries()) yield* enumElements(desc, inner, [...path, 4, index])
}

function* enumElements(desc: EnumDescriptorProto, dotted: string, path: readonly number[]): Generator<Element> {
  const fullName = dotted + desc.name
  yield { kind: 'enum', proto: desc, fullName, scope: fullName, path, optionsNumber: 3 }
  for (const [index, value] of desc.value.entries()) {
    const name = dotted + value.name
    yield { kind: 'value', proto: value, fullName: name, scope: name, path: [...path, 2, index], optionsNumber: 3 }
  }
}

function fieldElement(field: FieldDescriptorProto, dotted: string, path: readonly number[]): Element {
  const fullName = dotted + field.name
  return { kind: 'field', proto: field, fullName, scope: fullName, path, optionsNumber: 8 }
}
