import {
  Edition,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldOptions_JSType,
  FeatureSet_FieldPresence,
  FeatureSet_RepeatedFieldEncoding,
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
  if (context.file.edition >= Edition.EDITION_2023) checkFeatures(context, field, path, selector)
  if (hasImplicitPresence(field, { file: context.file, message })) {
    if (Object.hasOwn(field, 'defaultValue'))
      error(
        FIELD.defaultValue,
        'a field with implicit presence has no default value',
        'use `features.field_presence = EXPLICIT`',
      )
  }
  const isImplicit = hasImplicitPresence(field, { file: context.file, message })
  if (field.type === Type.ENUM && (isImplicit || context.file.edition === Edition.EDITION_PROTO3)) {
    const symbol = context.pool.enum(field.typeName.slice(1))
    if (symbol !== undefined && isClosedEnum(symbol))
      error(
        FIELD.typeName,
        `enum \`${symbol.fullName}\` is closed and cannot be the type of a proto3 field, or of one with implicit presence`,
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

/** Editions: which features may be chosen for which fields (descriptor.cc, `ValidateFieldFeatures`). */
function checkFeatures(
  context: LinkContext,
  field: FieldDescriptorProto,
  path: readonly number[],
  selector: string,
): void {
  const error = (text: string) => context.error([...path, FIELD.options], text, selector)
  if (field.options !== undefined && Object.hasOwn(field.options, 'packed'))
    error('`packed` is not allowed in editions: use `features.repeated_field_encoding`')
  const features = field.options?.features
  if (features === undefined) return
  const { fieldPresence, repeatedFieldEncoding, messageEncoding, utf8Validation } = features
  const isMessage = field.type === Type.MESSAGE || field.type === Type.GROUP
  const entry = isMessage ? context.pool.message(field.typeName.slice(1)) : undefined
  const isMap = entry?.proto.options?.mapEntry === true
  if (fieldPresence !== 0) {
    if (Object.hasOwn(field, 'oneofIndex'))
      error('a field of a oneof always has presence: `features.field_presence` is not allowed')
    else if (field.label === Label.REPEATED)
      error('a repeated field has no presence: `features.field_presence` is not allowed')
    else if (field.extendee !== '' && fieldPresence !== FeatureSet_FieldPresence.EXPLICIT)
      error('an extension always has presence: `features.field_presence` is not allowed')
    else if (isMessage && fieldPresence === FeatureSet_FieldPresence.IMPLICIT)
      error('a message field always has presence: it cannot be IMPLICIT')
  }
  if (repeatedFieldEncoding !== 0 && field.label !== Label.REPEATED)
    error('`features.repeated_field_encoding` is for repeated fields only')
  else if (repeatedFieldEncoding === FeatureSet_RepeatedFieldEncoding.PACKED && !isPackable(field.type))
    error('only repeated fields of numbers, bools and enums can be PACKED')
  if (messageEncoding !== 0 && (!isMessage || isMap)) error('`features.message_encoding` is for message fields only')
  const takesText = isMap ? entry.proto.field.some(({ type }) => type === Type.STRING) : field.type === Type.STRING
  if (utf8Validation !== 0 && !takesText) error('`features.utf8_validation` is for string fields only')
}
