import { clearField } from '@bufbuild/protobuf'
import {
  Edition,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
  FeatureSetSchema,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { areEmptyOptions } from './presence.js'
import { fieldsIn, fieldsOf, messagesOf } from './visit.js'

const NOT_PACKABLE = new Set([Type.STRING, Type.BYTES, Type.MESSAGE, Type.GROUP])

/**
 * Sets the syntax of files that all say `proto3`, as proto-loader has them say, by what only the others have: features
 * for editions; for proto2 that what cannot be packed is said not to be, groups, defaults, extension ranges, enums that
 * do not begin with 0. An enum by itself is taken for what all that use it are.
 * @returns whether any file is something else
 */
export function restoreSyntax(files: readonly FileDescriptorProto[]): boolean {
  const given = files.filter(({ syntax }) => syntax === 'proto3')
  const syntaxOf = new Map(
    given.map((file) => [file.name, isOfEdition(file) ? 'editions' : isProto2(file) ? 'proto2' : 'proto3']),
  )
  const users = new Map<string, FileDescriptorProto[]>()
  for (const file of given) for (const name of file.dependency) users.set(name, [...(users.get(name) ?? []), file])
  for (const file of given) {
    if (syntaxOf.get(file.name) !== 'proto3' || file.enumType.length === 0 || file.messageType.length > 0) continue
    const by = (users.get(file.name) ?? []).filter(({ service }) => service.length === 0)
    if (by.length > 0 && by.every((user) => syntaxOf.get(user.name) === 'proto2' && user.package === file.package))
      syntaxOf.set(file.name, 'proto2')
  }
  let isAnyOther = false
  for (const file of given) {
    const syntax = syntaxOf.get(file.name)
    isAnyOther ||= syntax !== 'proto3'
    if (syntax === 'proto2') clearField(file, FileDescriptorProtoSchema.field.syntax)
    else if (syntax === 'editions') setEdition(file)
    for (const field of fieldsIn(file)) cleanOptions(field, syntax !== 'proto3')
  }
  return isAnyOther
}

function isOfEdition(file: FileDescriptorProto): boolean {
  for (const { options } of fieldsIn(file)) if (options?.features !== undefined) return true
  for (const { message } of messagesOf(file)) if (message.options?.features !== undefined) return true
  return enumsOf(file).some(({ options }) => options?.features !== undefined)
}

function isProto2(file: FileDescriptorProto): boolean {
  const fields = fieldsOutsideEntries(file)
  if (fields.some((field) => Object.hasOwn(field, 'defaultValue') || field.type === Type.GROUP)) return true
  const unpackable = fields.filter((field) => !isPackable(field))
  if (
    unpackable.length > 0 &&
    unpackable.every(({ options }) => options !== undefined && Object.hasOwn(options, 'packed') && !options.packed)
  )
    return true
  for (const { message } of messagesOf(file)) if (message.extensionRange.length > 0) return true
  return enumsOf(file).some(({ value }) => (value[0]?.number ?? 0) !== 0)
}

/** protobuf.js makes the fields of map entries out of nothing: they show no syntax. */
function fieldsOutsideEntries(file: FileDescriptorProto): FieldDescriptorProto[] {
  const fields = [...file.extension]
  for (const { message } of messagesOf(file))
    if (message.options?.mapEntry !== true) for (const field of fieldsOf(message)) fields.push(field)
  return fields
}

/** Edition 2023, whose features protobuf.js keeps on types and fields; groups are a feature too. */
function setEdition(file: FileDescriptorProto): void {
  file.syntax = 'editions'
  file.edition = Edition.EDITION_2023
  for (const field of fieldsIn(file)) if (field.type === Type.GROUP) field.type = Type.MESSAGE
  for (const { options } of enumsOf(file)) {
    const features = options?.features
    if (features !== undefined)
      for (const feature of FeatureSetSchema.fields) if (feature.localName !== 'enumType') clearField(features, feature)
  }
}

/** Takes `packed = false` away where it is no option, and what is empty then. */
function cleanOptions(field: FieldDescriptorProto, isPackedMeaningless: boolean): void {
  if (field.options === undefined) return
  if (!field.options.packed && (isPackedMeaningless || !isPackable(field)))
    clearField(field.options, FieldOptionsSchema.field.packed)
  if (areEmptyOptions(field)) field.options = undefined
}

function isPackable({ label, type }: FieldDescriptorProto): boolean {
  return label === Label.REPEATED && !NOT_PACKABLE.has(type)
}

function enumsOf(file: FileDescriptorProto): EnumDescriptorProto[] {
  return [...file.enumType, ...[...messagesOf(file)].flatMap(({ message }) => message.enumType)]
}
