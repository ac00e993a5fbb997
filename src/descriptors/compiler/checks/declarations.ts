import type { DescriptorProto, EnumDescriptorProto, FieldDescriptorProto } from '@bufbuild/protobuf/wkt'
import type { LinkContext } from '../link-context.js'
import type { EnumSymbol, ExtensionSymbol, MessageSymbol, PoolSymbol, ServiceSymbol } from '../pool.js'

/** A symbol and its path in SourceCodeInfo. */
export interface Declared<S extends PoolSymbol> {
  readonly kind: S['kind']
  readonly symbol: S
  readonly path: readonly number[]
}
export type MessageDeclaration = Declared<MessageSymbol> & { readonly kind: 'message' }
export type EnumDeclaration = Declared<EnumSymbol> & { readonly kind: 'enum' }
export type ExtensionDeclaration = Declared<ExtensionSymbol> & { readonly kind: 'extension' }
export type ServiceDeclaration = Declared<ServiceSymbol> & { readonly kind: 'service' }
export type Declaration = MessageDeclaration | EnumDeclaration | ExtensionDeclaration | ServiceDeclaration

/** Every message, enum, extension and service of a file, map entries left out. */
export function* declarationsOf({ file }: LinkContext): Generator<Declaration> {
  const { proto } = file
  const prefix = proto.package === '' ? '' : `${proto.package}.`
  for (const [index, message] of proto.messageType.entries()) yield* inMessage(message, undefined, prefix, [4, index])
  for (const [index, desc] of proto.enumType.entries()) yield anEnum(desc, undefined, prefix, [5, index])
  for (const [index, field] of proto.extension.entries()) yield anExtension(field, undefined, prefix, [7, index])
  for (const [index, service] of proto.service.entries()) {
    const symbol: ServiceSymbol = {
      kind: 'service',
      fullName: prefix + service.name,
      file,
      parent: undefined,
      proto: service,
    }
    yield { kind: 'service', symbol, path: [6, index] }
  }

  function* inMessage(
    message: DescriptorProto,
    parent: MessageSymbol | undefined,
    around: string,
    path: readonly number[],
  ): Generator<Declaration> {
    const fullName = around + message.name
    const symbol: MessageSymbol = { kind: 'message', fullName, file, parent, proto: message, fields: undefined }
    if (message.options?.mapEntry !== true) yield { kind: 'message', symbol, path }
    const inner = `${fullName}.`
    for (const [index, nested] of message.nestedType.entries())
      yield* inMessage(nested, symbol, inner, [...path, 3, index])
    for (const [index, desc] of message.enumType.entries()) yield anEnum(desc, symbol, inner, [...path, 4, index])
    for (const [index, field] of message.extension.entries())
      yield anExtension(field, symbol, inner, [...path, 6, index])
  }

  function anEnum(
    desc: EnumDescriptorProto,
    parent: MessageSymbol | undefined,
    around: string,
    path: readonly number[],
  ): EnumDeclaration {
    return { kind: 'enum', symbol: { kind: 'enum', fullName: around + desc.name, file, parent, proto: desc }, path }
  }

  function anExtension(
    field: FieldDescriptorProto,
    parent: MessageSymbol | undefined,
    around: string,
    path: readonly number[],
  ): ExtensionDeclaration {
    const symbol: ExtensionSymbol = { kind: 'extension', fullName: around + field.name, file, parent, proto: field }
    return { kind: 'extension', symbol, path }
  }
}
