import { clone, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileOptionsSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { create } from '@bufbuild/protobuf'
import type { Position, Problems } from '../problems/index.js'
import { checkDescriptors } from './check-descriptors.js'
import { fillJsonNames, wellKnownFile } from './well-known.js'
import type { DescriptorSource } from './types.js'

/** A file of the merged schema and where it is from. */
export interface MergedFile {
  readonly proto: FileDescriptorProto
  readonly source: DescriptorSource
  /** Some source asks for it, rather than only importing it. */
  isRoot: boolean
  autoMap: boolean
}

/** Files that every tool brings along in its own version: the first source's is used. */
const COMMON_FILES = [
  'google/api/',
  'google/rpc/',
  'google/type/',
  'google/longrunning/',
  'grpc/',
  'buf/validate/',
  'validate/',
]

/**
 * One list of files from all sources, in dependency order. protobuf's own files are always those that are built in, so
 * that a server compiled with another version of them fits with the rest.
 */
export function mergeSources(sources: readonly DescriptorSource[], problems: Problems): MergedFile[] {
  const files = new Map<string, MergedFile>()
  for (const source of sources)
    for (const given of source.files) {
      const { name } = given
      const isRoot = source.roots.has(name)
      const known = files.get(name)
      if (known === undefined) {
        const proto = wellKnownFile(name) ?? given
        files.set(name, { proto, source, isRoot, autoMap: isRoot && source.autoMap })
        continue
      }
      known.isRoot ||= isRoot
      known.autoMap ||= isRoot && source.autoMap
      if (known.proto === given || known.source === source || wellKnownFile(name) !== undefined) continue
      if (isSameContent(known.proto, given)) continue
      const message = `"${name}" of ${source.label} differs from that of ${known.source.label}`
      if (COMMON_FILES.some((prefix) => name.startsWith(prefix)))
        problems.warn(placeOf(source, name), message, { advice: `that of ${known.source.label} is used` })
      else
        problems.error(placeOf(source, name), message, {
          advice: 'bring both to one version, or take the file from one source only',
        })
    }
  return checkDescriptors([...files.values()], (file, message, { path, ...more } = {}) => {
    const { name } = file.proto
    const position = path === undefined ? undefined : file.source.locations?.positionOf(name, path)
    problems.error(position ?? placeOf(file.source, name), message, more)
  })
}

export function placeOf(source: DescriptorSource, name: string): Position {
  return { file: source.paths.get(name) ?? name, line: 0, column: 0 }
}

/** Alike in everything that matters here: comments, places and file options (of code generators) do not. */
function isSameContent(one: FileDescriptorProto, other: FileDescriptorProto): boolean {
  return Buffer.compare(essence(one), essence(other)) === 0
}

function essence(proto: FileDescriptorProto): Uint8Array {
  const copy = clone(FileDescriptorProtoSchema, proto)
  copy.sourceCodeInfo = undefined
  if (copy.syntax === 'proto2') copy.syntax = ''
  const features = copy.options?.features
  copy.options = undefined
  if (features !== undefined) {
    copy.options = create(FileOptionsSchema)
    copy.options.features = features
  }
  fillJsonNames(copy)
  return toBinary(FileDescriptorProtoSchema, copy)
}
