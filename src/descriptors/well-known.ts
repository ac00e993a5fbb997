import { clone } from '@bufbuild/protobuf'
import {
  FileDescriptorProtoSchema,
  file_google_protobuf_any,
  file_google_protobuf_api,
  file_google_protobuf_compiler_plugin,
  file_google_protobuf_cpp_features,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_go_features,
  file_google_protobuf_java_features,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { jsonNameOf } from './compiler/names.js'

const FILES = [
  file_google_protobuf_any,
  file_google_protobuf_api,
  file_google_protobuf_compiler_plugin,
  file_google_protobuf_cpp_features,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_go_features,
  file_google_protobuf_java_features,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
]

const BY_NAME = new Map(FILES.map((file) => [file.proto.name, file.proto]))
/** Names of the files that `wellKnownFile` has. */
export const WELL_KNOWN_NAMES: readonly string[] = [...BY_NAME.keys()]
const COMPLETED = new Map<string, FileDescriptorProto>()

/**
 * One of the files that come with protobuf itself (`google/protobuf/timestamp.proto` …), as @bufbuild/protobuf embeds
 * it, with `json_name` filled in.
 */
export function wellKnownFile(name: string): FileDescriptorProto | undefined {
  const known = COMPLETED.get(name)
  if (known !== undefined) return known
  const embedded = BY_NAME.get(name)
  if (embedded === undefined) return undefined
  const file = clone(FileDescriptorProtoSchema, embedded)
  fillJsonNames(file)
  COMPLETED.set(name, file)
  return file
}

/** The well-known file that declares a top-level type, by the type's full name. */
export function wellKnownFileOf(typeName: string): string | undefined {
  for (const { proto } of FILES) {
    if (!typeName.startsWith(`${proto.package}.`)) continue
    const name = typeName.slice(proto.package.length + 1)
    if ([...proto.messageType, ...proto.enumType].some((type) => type.name === name)) return proto.name
  }
  return undefined
}

/** Sets the `json_name` of every field that has none, as protoc does. */
export function fillJsonNames(file: FileDescriptorProto): void {
  for (const extension of file.extension) extension.jsonName ||= jsonNameOf(extension.name)
  const messages = [...file.messageType]
  for (let message = messages.pop(); message !== undefined; message = messages.pop()) {
    for (const field of [...message.field, ...message.extension]) field.jsonName ||= jsonNameOf(field.name)
    messages.push(...message.nestedType)
  }
}
