import { create } from '@bufbuild/protobuf'
import {
  DescriptorProtoSchema,
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  MessageOptionsSchema,
  OneofDescriptorProtoSchema,
  type DescriptorProto,
  type FieldDescriptorProto,
  type FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt'
import { mapEntryName } from './names.js'

/** One type of a map: a scalar, or a name still to be resolved. */
export type MapType = { type: Type; typeName: undefined } | { type: undefined; typeName: string }
export interface MapTypes {
  readonly key: MapType
  readonly value: MapType
}

/** The message that a map field is a repeated field of (descriptor.proto, MessageOptions.map_entry). */
export function mapEntry(fieldName: string, types: MapTypes): DescriptorProto {
  const entry = create(DescriptorProtoSchema)
  entry.name = mapEntryName(fieldName)
  entry.field.push(entryField('key', 1, types.key), entryField('value', 2, types.value))
  entry.options = create(MessageOptionsSchema)
  entry.options.mapEntry = true
  return entry
}

function entryField(name: string, number: number, type: MapType): FieldDescriptorProto {
  const field = create(FieldDescriptorProtoSchema)
  field.name = name
  field.number = number
  field.label = Label.OPTIONAL
  if (type.type === undefined) field.typeName = type.typeName
  else field.type = type.type
  return field
}

/**
 * Gives each proto3 `optional` field the oneof of its own that marks its presence: named `_field`, with `X`s before it
 * while that name is taken (docs/implementing_proto3_presence.md).
 */
export function addSyntheticOneofs(message: DescriptorProto): void {
  let taken: Set<string> | undefined
  for (const field of message.field) {
    if (!field.proto3Optional) continue
    taken ??= new Set([...message.field, ...message.oneofDecl].map(({ name }) => name))
    let name = field.name.startsWith('_') ? field.name : `_${field.name}`
    while (taken.has(name)) name = `X${name}`
    taken.add(name)
    const oneof = create(OneofDescriptorProtoSchema)
    oneof.name = name
    field.oneofIndex = message.oneofDecl.length
    message.oneofDecl.push(oneof)
  }
}
