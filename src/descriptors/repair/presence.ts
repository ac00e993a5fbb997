import { clearField, toBinary } from '@bufbuild/protobuf'
import {
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldOptionsSchema,
  type DescriptorProto,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { addSyntheticOneofs } from '../compiler/synthetic.js'

/**
 * The proto3 `optional` fields of a message whose flag `proto3_optional` was lost. protobuf.js parses them into a oneof
 * `_field` of one member. A oneof that a person has written so is taken for one too: it means the same.
 */
export function lostOptionals(message: DescriptorProto): FieldDescriptorProto[] {
  const mayHaveSome = message.oneofDecl.some(({ name }) => name.startsWith('_'))
  if (!mayHaveSome || message.field.some(({ proto3Optional }) => proto3Optional)) return []
  const members: FieldDescriptorProto[][] = message.oneofDecl.map(() => [])
  for (const field of message.field) if (isMember(field)) members[field.oneofIndex]?.push(field)
  return members.flatMap((fields, index) => {
    const [only, another] = fields
    const { name, options } = message.oneofDecl[index]!
    const isLost =
      only !== undefined &&
      another === undefined &&
      options === undefined &&
      name === `_${only.name}` &&
      only.label === Label.OPTIONAL
    return isLost ? [only] : []
  })
}

/** Sets the flag again and writes the oneofs anew, those of `optional` fields last, as descriptor.proto says. */
export function restoreOptionals(message: DescriptorProto): boolean {
  const lost = lostOptionals(message)
  if (lost.length === 0) return false
  const synthetic = new Set(lost.map(({ oneofIndex }) => oneofIndex))
  const position = new Map<number, number>()
  const kept = message.oneofDecl.filter((_, index) => {
    if (synthetic.has(index)) return false
    position.set(index, position.size)
    return true
  })
  for (const field of message.field) if (isMember(field)) field.oneofIndex = position.get(field.oneofIndex) ?? -1
  for (const field of lost) {
    field.proto3Optional = true
    clearField(field, FieldDescriptorProtoSchema.field.oneofIndex)
  }
  message.oneofDecl = kept
  addSyntheticOneofs(message)
  return true
}

/** Whether options are there, but say nothing: protobuf.js leaves them of the flag, and protoc never writes them. */
export function areEmptyOptions({ options }: FieldDescriptorProto): boolean {
  return options !== undefined && toBinary(FieldOptionsSchema, options).length === 0
}

function isMember(field: FieldDescriptorProto): boolean {
  return Object.hasOwn(field, 'oneofIndex')
}
