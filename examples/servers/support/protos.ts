import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadSync } from '@grpc/proto-loader'
import type { MessageTypeDefinition, PackageDefinition, ServiceDefinition } from '@grpc/proto-loader'

/**
 * The checkout's root: the nearest folder above this file that has `protos/library`. This file runs from
 * `examples/` (tests) and from `dist/examples/` (built), which are not equally deep.
 */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'protos', 'library'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('protos/library is in no folder above the example servers')
    folder = parent
  }
  return folder
}

/**
 * Loads .proto files by their import paths, with the error details every server here sends.
 * Messages are plain objects: proto names, 64-bit integers as decimal strings, enums as names, unset messages null.
 */
export function loadProtos(...files: string[]): PackageDefinition {
  return loadSync([...files, 'google/rpc/status.proto', 'google/rpc/error_details.proto'], {
    includeDirs: [join(projectRoot(), 'protos')],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  })
}

/** A message type of a loaded package. `T` is what the caller knows its messages to look like. */
export type MessageType<T> = MessageTypeDefinition<Partial<T>, T>

/** The message type of a full name, such as `library.v1.Book`. Throws if it was not loaded or is none. */
export function messageType<T>(definition: PackageDefinition, fullName: string): MessageType<T> {
  const found = definition[fullName]
  if (found === undefined || !('serialize' in found) || typeof found.serialize !== 'function') {
    throw new Error(`${fullName} is no loaded message type`)
  }
  return found as unknown as MessageType<T>
}

/** The service of a full name, such as `library.v1.LibraryService`. Throws if it was not loaded or is none. */
export function serviceDefinition(definition: PackageDefinition, fullName: string): ServiceDefinition {
  const found = definition[fullName]
  if (found === undefined || 'format' in found) throw new Error(`${fullName} is no loaded service`)
  return found
}

/** `google.protobuf.Any`, as proto-loader has it. */
export interface Any {
  type_url: string
  value: Buffer
}

/** Packs a message. The type URL is `type.googleapis.com/` and the full name. */
export function packAny<T>(definition: PackageDefinition, fullName: string, message: Partial<T>): Any {
  const value = messageType<T>(definition, fullName).serialize(message)
  return { type_url: `type.googleapis.com/${fullName}`, value }
}
