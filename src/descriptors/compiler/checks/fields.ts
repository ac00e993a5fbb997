import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldOptions_CType,
  FieldOptions_JSType,
  FeatureSet_FieldPresence,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { hasImplicitPresence, isClosedEnum, isPackable } from '../features.js'
import type { LinkContext } from '../link-context.js'
import { FIELD } from '../parse-field.js'
import type { MessageSymbol } from '../pool.js'

const INTEGER_64 = new Set([Type.INT64, Type.UINT64, Type.SINT64, Type.FIXED64, Type.SFIXED64])
/** No floats, bytes, enums or messages (protobuf language specification, "Maps"). */
const NOT_MAP_KEYS = new Set([Type.DOUBLE, Type.FLOAT, Type.BYTES, Type.ENUM, Type.MESSAGE, Type.GROUP])

/** Rules for one field or extension that follow from its type, label and options. */
export function checkField(
  context: LinkContext,
  field: FieldDescriptorProto,
  { symbol: message }: { readonly symbol: MessageSymbol | undefined },
  path: readonly number[],
): void {
  const scope = message?.fullName ?? context.file.proto.package
  const selector = scope === '' ? field.name : `${scope}.${field.name}`
  const error = (number: number, text: string, advice?: string) =>
    context.error([...path, number], text, selector, advice)
  const options = field.options
  const isMessage = field.type === Type.MESSAGE || field.type === Type.GROUP
  if (options?.packed === true && (field.label !== Label.REPEATED || !isPackable(field.type)))
    error(FIELD.options, '`packed` is for repeated fields of numbers, bools and enums only')
  if ((options?.lazy === true || options?.unverifiedLazy === true) && !isMessage)
    error(FIELD.options, '`lazy` is for message fields only')
  if (options !== undefined && options.jstype !== FieldOptions_JSType.JS_NORMAL && !INTEGER_64.has(field.type))
    error(FIELD.options, '`jstype` is for 64-bit integers only')
  if (options !== undefined && Object.hasOwn(options, 'ctype') && options.ctype !== FieldOptions_CType.STRING)
    if (field.type !== Type.STRING && field.type !== Type.BYTES)
      error(FIELD.options, '`ctype` is for strings and bytes only')
  if (context.file.edition >= 1000) checkPresence(context, field, message, path, selector)
  if (hasImplicitPresence(field, { file: context.file, message })) {
    if (Object.hasOwn(field, 'defaultValue'))
      error(
        FIELD.defaultValue,
        'a field with implicit presence has no default value',
        'use `features.field_presence = EXPLICIT`',
      )
    const symbol = field.type === Type.ENUM ? context.pool.enum(field.typeName.slice(1)) : undefined
    if (symbol !== undefined && isClosedEnum(symbol))
      error(
        FIELD.typeName,
        `enum \`${symbol.fullName}\` is closed and cannot be the type of a field with implicit presence`,
        'closed enums are those of proto2 files',
      )
  }
  const entry = field.type === Type.MESSAGE ? context.pool.message(field.typeName.slice(1)) : undefined
  if (entry?.proto.options?.mapEntry === true) checkMap(context, field, entry, path, selector)
}

function checkMap(
  context: LinkContext,
  field: FieldDescriptorProto,
  entry: MessageSymbol,
  path: readonly number[],
  selector: string,
): void {
  const [key, value] = entry.proto.field
  if (key !== undefined && Object.hasOwn(key, 'type') && NOT_MAP_KEYS.has(key.type))
    context.error([...path, FIELD.typeName], 'the key of a map must be an integer, a bool or a string', selector)
  const symbol = value?.type === Type.ENUM ? context.pool.enum(value.typeName.slice(1)) : undefined
  if (symbol !== undefined && symbol.proto.value[0]?.number !== 0)
    context.error(
      [...path, FIELD.typeName],
      `the first value of enum \`${symbol.fullName}\` must be zero for a map value`,
      selector,
    )
  const isOwn = entry.parent?.fullName === selector.slice(0, selector.lastIndexOf('.'))
  if (!isOwn || field.label !== Label.REPEATED)
    context.error(
      [...path, FIELD.typeName],
      `\`${entry.fullName}\` is made for a map field and not to be used by name`,
      selector,
    )
}

/** Editions: where a field's presence may be chosen (editions, "features.field_presence"). */
function checkPresence(
  context: LinkContext,
  field: FieldDescriptorProto,
  message: MessageSymbol | undefined,
  path: readonly number[],
  selector: string,
): void {
  const error = (text: string) => context.error([...path, FIELD.options], text, selector)
  const presence = field.options?.features?.fieldPresence ?? 0
  const isMessage = field.type === Type.MESSAGE || field.type === Type.GROUP
  if (presence !== 0) {
    if (Object.hasOwn(field, 'oneofIndex'))
      error('a field of a oneof always has presence: `features.field_presence` is not allowed')
    else if (field.label === Label.REPEATED)
      error('a repeated field has no presence: `features.field_presence` is not allowed')
    else if (field.extendee !== '' && presence !== FeatureSet_FieldPresence.EXPLICIT)
      error('an extension always has presence: `features.field_presence` is not allowed')
    else if (isMessage && presence === FeatureSet_FieldPresence.IMPLICIT)
      error('a message field always has presence: it cannot be IMPLICIT')
  }
  if (
    message !== undefined &&
    (field.options?.features?.repeatedFieldEncoding ?? 0) !== 0 &&
    field.label !== Label.REPEATED
  )
    error('`features.repeated_field_encoding` is for repeated fields only')
  if (field.options?.features?.repeatedFieldEncoding === 1 && !isPackable(field.type))
    error('only repeated fields of numbers, bools and enums can be PACKED')
  if ((field.options?.features?.messageEncoding ?? 0) !== 0 && !isMessage)
    error('`features.message_encoding` is for message fields only')
  if (field.options !== undefined && Object.hasOwn(field.options, 'packed'))
    error('`packed` is not allowed in editions: use `features.repeated_field_encoding`')
}
