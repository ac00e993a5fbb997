import type { LinkContext } from '../link-context.js'
import { isClosedEnum, isJsonStrict } from '../features.js'
import type { EnumDeclaration } from './declarations.js'

/** Field numbers of google.protobuf.EnumDescriptorProto and EnumValueDescriptorProto. */
const ENUM = { name: 1, value: 2, options: 3, reservedRange: 4, reservedName: 5 } as const
const VALUE = { name: 1, number: 2 } as const

/** Rules for enums (protobuf language specification, "Enumerations"). */
export function checkEnum(context: LinkContext, { symbol, path }: EnumDeclaration): void {
  const { proto, fullName, file } = symbol
  const scope = fullName.slice(0, Math.max(0, fullName.length - proto.name.length))
  const first = proto.value[0]
  if (first === undefined) {
    context.error(
      [...path, ENUM.name],
      `enum \`${proto.name}\` has no values`,
      fullName,
      'an enum has at least one value',
    )
    return
  }
  if (first.number !== 0 && !isClosedEnum(symbol))
    context.error(
      [...path, ENUM.value, 0, VALUE.number],
      `the first value of enum \`${proto.name}\` must be zero`,
      scope + first.name,
      `put a value like \`${proto.name.toUpperCase()}_UNSPECIFIED = 0;\` first`,
    )
  const allowsAlias = proto.options?.allowAlias === true
  const byNumber = new Map<number, string>()
  let hasAlias = false
  const reservedNames = new Set<string>()
  proto.reservedName.forEach((name, index) => {
    if (reservedNames.has(name))
      context.error([...path, ENUM.reservedName, index], `name \`${name}\` is reserved twice`, fullName)
    reservedNames.add(name)
  })
  proto.reservedRange.forEach((range, index) => {
    const where = [...path, ENUM.reservedRange, index]
    if (range.start > range.end)
      context.error(where, `reserved range ${range.start} to ${range.end} ends before it begins`, fullName)
    const other = proto.reservedRange.slice(0, index).find(({ start, end }) => range.start <= end && start <= range.end)
    if (other !== undefined)
      context.error(
        where,
        `reserved range ${range.start} to ${range.end} overlaps with ${other.start} to ${other.end}`,
        fullName,
      )
  })
  proto.value.forEach((value, index) => {
    const selector = scope + value.name
    const where = [...path, ENUM.value, index, VALUE.number]
    const other = byNumber.get(value.number)
    if (other === undefined) byNumber.set(value.number, value.name)
    else {
      hasAlias = true
      if (!allowsAlias)
        context.error(
          where,
          `enum value ${value.number} is that of \`${other}\` already`,
          selector,
          'if this is meant, set `option allow_alias = true;`',
        )
    }
    if (proto.reservedRange.some(({ start, end }) => value.number >= start && value.number <= end))
      context.error(where, `enum value ${value.number} is reserved`, selector, 'use another number')
    if (reservedNames.has(value.name))
      context.error(
        [...path, ENUM.value, index, VALUE.name],
        `name \`${value.name}\` is reserved`,
        selector,
        'use another name',
      )
  })
  if (allowsAlias && !hasAlias)
    context.error(
      [...path, ENUM.options],
      `enum \`${proto.name}\` allows aliases but has none`,
      fullName,
      'remove `option allow_alias = true;`',
    )
  checkStrippedNames(
    context,
    { kind: 'enum', symbol, path },
    isJsonStrict(file, symbol.parent, proto.options?.features),
  )
}

/** Values that differ only by case or by the enum's name as a prefix clash in languages that strip it. */
function checkStrippedNames(context: LinkContext, { symbol, path }: EnumDeclaration, isStrict: boolean): void {
  const { proto, fullName } = symbol
  const seen = new Map<string, { name: string; number: number }>()
  const prefix = proto.name.replaceAll('_', '').toLowerCase()
  proto.value.forEach(({ name, number }, index) => {
    const stripped = strippedName(name, prefix)
    const other = seen.get(stripped)
    if (other === undefined) seen.set(stripped, { name, number })
    else if (other.number !== number && other.name !== name) {
      const message = `enum values \`${name}\` and \`${other.name}\` are one when case and the prefix \`${proto.name}\` are left out`
      const where = [...path, ENUM.value, index, VALUE.name]
      if (isStrict && proto.options?.deprecatedLegacyJsonFieldConflicts !== true)
        context.error(where, message, fullName, 'rename one of them')
      else context.warn(where, message, fullName, 'rename one of them')
    }
  })
}

/** The value's name without the enum's (underscores and case aside), in PascalCase, as protoc's PrefixRemover has it. */
function strippedName(name: string, prefix: string): string {
  let rest = name
  let at = 0
  let matched = 0
  while (at < name.length && matched < prefix.length) {
    if (name[at] !== '_') {
      if (name[at]!.toLowerCase() !== prefix[matched]) break
      matched++
    }
    at++
  }
  if (matched === prefix.length) {
    while (name[at] === '_') at++
    if (at < name.length) rest = name.slice(at)
  }
  return rest
    .split('_')
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1).toLowerCase())
    .join('')
}
