import {
  Edition,
  FeatureSet_EnumType,
  FeatureSet_FieldPresence,
  FeatureSet_JsonFormat,
  FeatureSet_MessageEncoding,
  FeatureSet_RepeatedFieldEncoding,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type FeatureSet,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import type { EnumSymbol, FileEntry, MessageSymbol } from './pool.js'

/** The features that decide something here (descriptor.proto, FeatureSet). */
export type FeatureName =
  | 'fieldPresence'
  | 'enumType'
  | 'repeatedFieldEncoding'
  | 'messageEncoding'
  | 'jsonFormat'
  | 'enforceNamingStyle'
  | 'defaultSymbolVisibility'

/** `edition_defaults` of each feature: value in proto2, proto3, 2023, 2024 and 2026. */
const DEFAULTS: Record<FeatureName, readonly [number, number, number, number, number]> = {
  fieldPresence: [1, 2, 1, 1, 1],
  enumType: [2, 1, 1, 1, 1],
  repeatedFieldEncoding: [2, 1, 1, 1, 1],
  messageEncoding: [1, 1, 1, 1, 1],
  jsonFormat: [2, 1, 1, 1, 1],
  enforceNamingStyle: [2, 2, 2, 1, 3],
  defaultSymbolVisibility: [1, 1, 1, 2, 4],
}

/** An element's value of a feature: its own, or that of the nearest element around it, or the edition's default. */
export function feature(
  name: FeatureName,
  file: FileEntry,
  scope: MessageSymbol | undefined,
  own?: FeatureSet | undefined,
): number {
  const set = own?.[name] ?? 0
  if (set !== 0) return set
  for (let message = scope; message !== undefined; message = message.parent) {
    const value = message.proto.options?.features?.[name] ?? 0
    if (value !== 0) return value
  }
  const value = file.proto.options?.features?.[name] ?? 0
  if (value !== 0) return value
  const defaults = DEFAULTS[name]
  if (file.edition >= Edition.EDITION_2026) return defaults[4]
  if (file.edition >= Edition.EDITION_2024) return defaults[3]
  if (file.edition >= Edition.EDITION_2023) return defaults[2]
  return file.edition === Edition.EDITION_PROTO3 ? defaults[1] : defaults[0]
}

/** Where a field is declared: the message of a field; the scope of an extension. */
export interface FieldScope {
  readonly file: FileEntry
  readonly message: MessageSymbol | undefined
}

export function isPacked(field: FieldDescriptorProto, scope: FieldScope): boolean {
  if (field.label !== Label.REPEATED || !isPackable(field.type)) return false
  if (field.options !== undefined && Object.hasOwn(field.options, 'packed')) return field.options.packed
  return (
    feature('repeatedFieldEncoding', scope.file, scope.message, field.options?.features) ===
    FeatureSet_RepeatedFieldEncoding.PACKED
  )
}

export function isPackable(type: Type): boolean {
  return type !== Type.STRING && type !== Type.BYTES && type !== Type.MESSAGE && type !== Type.GROUP
}

/** Written as a group: `group` fields, and messages of `message_encoding = DELIMITED`. */
export function isDelimited(field: FieldDescriptorProto, scope: FieldScope): boolean {
  if (field.type === Type.GROUP) return true
  return (
    field.type === Type.MESSAGE &&
    scope.message?.proto.options?.mapEntry !== true &&
    feature('messageEncoding', scope.file, scope.message, field.options?.features) ===
      FeatureSet_MessageEncoding.DELIMITED
  )
}

export function isClosedEnum(symbol: EnumSymbol): boolean {
  return feature('enumType', symbol.file, symbol.parent, symbol.proto.options?.features) === FeatureSet_EnumType.CLOSED
}

export function hasImplicitPresence(field: FieldDescriptorProto, scope: FieldScope): boolean {
  if (field.label !== Label.OPTIONAL || field.type === Type.MESSAGE || field.type === Type.GROUP) return false
  if (Object.hasOwn(field, 'oneofIndex') || field.extendee !== '') return false
  return (
    feature('fieldPresence', scope.file, scope.message, field.options?.features) === FeatureSet_FieldPresence.IMPLICIT
  )
}

export function isJsonStrict(
  file: FileEntry,
  message: MessageSymbol | undefined,
  own: FeatureSet | undefined,
): boolean {
  return feature('jsonFormat', file, message, own) === FeatureSet_JsonFormat.ALLOW
}
