import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { ImportedLocations } from './imported-locations.js'
import type { DescriptorSource, SourceWarning } from './types.js'

/** A source that was not compiled here, as plain values: to send to another process. */
export interface PackedSource {
  readonly label: string
  /** A FileDescriptorProto each. */
  readonly files: readonly Uint8Array[]
  readonly roots: readonly string[]
  readonly autoMap: boolean
  readonly warnings: readonly SourceWarning[]
}

export function packSource({ label, files, roots, autoMap, warnings = [] }: DescriptorSource): PackedSource {
  return {
    label,
    files: files.map((file) => toBinary(FileDescriptorProtoSchema, file)),
    roots: [...roots],
    autoMap,
    warnings,
  }
}

export function unpackSource({ label, files: packed, roots, autoMap, warnings }: PackedSource): DescriptorSource {
  const files = packed.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes))
  return {
    label,
    files,
    roots: new Set(roots),
    autoMap,
    paths: new Map(),
    optionPositions: undefined,
    locations: new ImportedLocations(files),
    ...(warnings.length === 0 ? {} : { warnings }),
  }
}
