import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type ExtensionRangeOptions_Declaration,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import type { LinkContext } from '../link-context.js'
import { jsonNameOf } from '../names.js'
import { FIELD } from '../parse-field.js'
import { SCALAR_TYPES } from '../scalar-types.js'
import type { ExtensionDeclaration } from './declarations.js'

/** What a proto3 file may extend (protobuf language specification proto3, "Custom Options"). */
const OPTIONS_MESSAGES = new Set(
  ['File', 'Message', 'Field', 'Oneof', 'ExtensionRange', 'Enum', 'EnumValue', 'Service', 'Method', 'Stream'].map(
    (kind) => `google.protobuf.${kind}Options`,
  ),
)

const SCALAR_NAMES = new Map([...SCALAR_TYPES].map(([name, type]) => [type, name]))

/** Rules for an extension: its number is one the extended message leaves to it, and it is declared if that asks so. */
export function checkExtension(context: LinkContext, { symbol, path }: ExtensionDeclaration): void {
  const { proto: field, fullName } = symbol
  const extendee = context.pool.message(field.extendee.slice(1))
  if (extendee === undefined || !field.extendee.startsWith('.')) return
  const numberPath = [...path, FIELD.number]
  if (context.file.edition === 999 && !OPTIONS_MESSAGES.has(extendee.fullName))
    context.error([...path, FIELD.extendee], 'proto3 allows extensions for custom options only', fullName)
  if (field.label === Label.REQUIRED) context.error([...path, FIELD.label], 'an extension cannot be required', fullName)
  if (Object.hasOwn(field, 'jsonName') && field.jsonName !== jsonNameOf(field.name))
    context.error([...path, FIELD.jsonName], 'an extension has no `json_name`', fullName)
  const range = extendee.proto.extensionRange.find(({ start, end }) => field.number >= start && field.number < end)
  if (range === undefined) {
    const ranges = extendee.proto.extensionRange.map(({ start, end }) =>
      end - start === 1 ? `${start}` : `${start} to ${end - 1}`,
    )
    context.error(
      numberPath,
      `\`${extendee.fullName}\` does not leave number ${field.number} to extensions`,
      fullName,
      ranges.length === 0 ? 'it has no extension ranges' : `it leaves ${ranges.join(', ')}`,
    )
    return
  }
  if (
    extendee.proto.options?.messageSetWireFormat === true &&
    (field.type !== Type.MESSAGE || field.label !== Label.OPTIONAL)
  )
    context.error([...path, FIELD.type], 'extensions of a message set must be optional messages', fullName)
  const declarations = range.options?.declaration ?? []
  const declaration = declarations.find(({ number }) => number === field.number)
  // ExtensionRangeOptions.verification = DECLARATION, or any declaration at all, asks for each to be declared.
  const mustBeDeclared = declarations.length > 0 || range.options?.verification === 0
  if (declaration !== undefined) checkDeclaration(context, symbol.proto, fullName, path, declaration)
  else if (range.options !== undefined && mustBeDeclared)
    context.error(numberPath, `\`${extendee.fullName}\` does not declare an extension ${field.number}`, fullName)
}

function checkDeclaration(
  context: LinkContext,
  field: FieldDescriptorProto,
  fullName: string,
  path: readonly number[],
  declaration: ExtensionRangeOptions_Declaration,
): void {
  const fail = (number: number, text: string) =>
    context.error([...path, number], `extension ${field.number} is declared ${text}`, fullName)
  if (declaration.reserved) return fail(FIELD.number, 'as reserved')
  if (declaration.fullName !== `.${fullName}`) fail(FIELD.name, `with the name \`${declaration.fullName}\``)
  const type = SCALAR_NAMES.get(field.type) ?? field.typeName
  if (declaration.type !== type) fail(FIELD.type, `with the type \`${declaration.type}\``)
  if (declaration.repeated !== (field.label === Label.REPEATED))
    fail(FIELD.label, declaration.repeated ? 'as repeated' : 'as optional')
}
