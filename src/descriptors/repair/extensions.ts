import type { DescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { MAX_FIELD_NUMBER_END } from '../compiler/parse-ranges.js'
import { messagesOf } from './visit.js'

/**
 * Puts extensions where descriptor.proto has them. protobuf.js writes those declared in a message among its fields, and
 * adds every extension a second time to the message it extends, as a field that is named `.its.full_name`.
 */
export function restoreExtensions(message: DescriptorProto): boolean {
  const fields = message.field.filter(({ name, extendee }) => extendee === '' && !name.startsWith('.'))
  if (fields.length === message.field.length) return false
  message.extension = [...message.extension, ...message.field.filter(({ extendee }) => extendee !== '')]
  message.field = fields
  return true
}

/**
 * Makes the ends of ranges exclusive, as descriptor.proto has them. protobuf.js writes what it parsed, inclusive ends;
 * where it was itself given descriptors it kept theirs, which shows when a range ends behind the last field number.
 */
export function restoreRanges(files: readonly FileDescriptorProto[]): boolean {
  const ranges = files.flatMap((file) =>
    [...messagesOf(file)].flatMap(({ message }) => [...message.extensionRange, ...message.reservedRange]),
  )
  if (ranges.length === 0 || ranges.some(({ end }) => end >= MAX_FIELD_NUMBER_END)) return false
  for (const range of ranges) range.end += 1
  return true
}
