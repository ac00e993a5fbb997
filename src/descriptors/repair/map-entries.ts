import { clearField, toBinary } from '@bufbuild/protobuf'
import { FieldDescriptorProto_Label as Label, MessageOptionsSchema, type DescriptorProto } from '@bufbuild/protobuf/wkt'
import { mapEntryName } from '../compiler/names.js'
import type { VisitedMessage } from './visit.js'

/**
 * Gives the entries of a message's map fields the names they have by the language guide, `LabelsEntry` for `labels`.
 * protobuf.js names them like the field, `Labels`, perhaps beside a message that is really called so.
 *
 * A repeated message with fields `key` and `value` that is not marked as an entry stays what it is: people write such
 * messages, and protobuf.js never loses the mark.
 * @returns the entries that were renamed
 */
export function renameMapEntries({ message, fullName }: VisitedMessage): DescriptorProto[] {
  const entries = new Map<string, DescriptorProto>()
  for (const nested of message.nestedType)
    if (nested.options?.mapEntry === true && !entries.has(nested.name)) entries.set(nested.name, nested)
  if (entries.size === 0) return []
  const renamed: DescriptorProto[] = []
  for (const field of message.field) {
    const entry = field.label === Label.REPEATED ? entries.get(field.typeName) : undefined
    if (entry === undefined || field.typeName !== capitalised(field.name)) continue
    entries.delete(field.typeName)
    entry.name = mapEntryName(field.name)
    field.typeName = `.${fullName}.${entry.name}`
    renamed.push(entry)
  }
  return renamed
}

/**
 * Takes the mark of map entries from a message that only contains some: protobuf.js sets it there when it reads
 * descriptors instead of protos. An entry itself contains nothing.
 */
export function unmarkMapParent({ message }: VisitedMessage): boolean {
  if (message.options?.mapEntry !== true || message.nestedType.length === 0) return false
  clearField(message.options, MessageOptionsSchema.field.mapEntry)
  if (toBinary(MessageOptionsSchema, message.options).length === 0) message.options = undefined
  return true
}

function capitalised(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1)
}
