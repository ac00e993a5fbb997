import type { LinkContext } from '../link-context.js'
import type { MessageDeclaration, ServiceDeclaration } from './declarations.js'

const NAME = 1

/** Fields, oneofs and nested types of a message share one scope. */
export function checkMemberNames(context: LinkContext, { symbol, path }: MessageDeclaration): void {
  const { proto, fullName } = symbol
  const taken = new Set<string>()
  // Enum values stand beside their enum (C++ scoping).
  for (const desc of proto.enumType) {
    taken.add(desc.name)
    for (const value of desc.value) taken.add(value.name)
  }
  for (const nested of proto.nestedType) taken.add(nested.name)
  for (const extension of proto.extension) taken.add(extension.name)
  const add = (name: string, what: string, where: readonly number[]) => {
    if (taken.has(name))
      context.error(
        where,
        `${what} \`${name}\`: \`${fullName}\` has something of this name already`,
        `${fullName}.${name}`,
        'give one of the two another name',
      )
    taken.add(name)
  }
  proto.field.forEach(({ name }, index) => add(name, 'field', [...path, 2, index, NAME]))
  proto.oneofDecl.forEach(({ name }, index) => add(name, 'oneof', [...path, 8, index, NAME]))
  const filled = new Set(
    proto.field.filter((field) => Object.hasOwn(field, 'oneofIndex')).map(({ oneofIndex }) => oneofIndex),
  )
  proto.oneofDecl.forEach(({ name }, index) => {
    if (!filled.has(index))
      context.error(
        [...path, 8, index, NAME],
        `oneof \`${name}\` has no fields`,
        `${fullName}.${name}`,
        'add a field or remove the oneof',
      )
  })
}

export function checkMethodNames(context: LinkContext, { symbol, path }: ServiceDeclaration): void {
  const taken = new Set<string>()
  symbol.proto.method.forEach(({ name }, index) => {
    if (taken.has(name))
      context.error(
        [...path, 2, index, NAME],
        `\`${symbol.fullName}\` has a method \`${name}\` already`,
        `${symbol.fullName}.${name}`,
        'give one of the two another name',
      )
    taken.add(name)
  })
}
