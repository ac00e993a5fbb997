import { fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { readBytes, shownPath } from '../files/index.js'
import type { Position, Problems } from '../problems/index.js'
import { ImportedLocations } from './imported-locations.js'
import { loosenessWarning } from './repair/looseness-warning.js'
import { repairDescriptors, type RepairedDescriptors } from './repair/repair.js'
import { fillJsonNames, wellKnownFile } from './well-known.js'
import type { DescriptorSource } from './types.js'

export interface DescriptorSetOptions {
  /** Path of a serialized google.protobuf.FileDescriptorSet. */
  readonly file: string
  readonly autoMap: boolean
  /** Where the configuration says so. */
  readonly position: Position
  /** How to name the source to a person; the path by default. */
  readonly label?: string
}

/** Files that are there because others import them, whatever tool made the set: not what is to be served. */
const LIBRARY_PREFIXES = [
  'google/protobuf/',
  'google/api/',
  'google/rpc/',
  'google/type/',
  'buf/validate/',
  'validate/',
]

/** Reads a FileDescriptorSet (`protoc --include_imports -o`, `buf build -o`). */
export function loadDescriptorSet(options: DescriptorSetOptions, problems: Problems): DescriptorSource | undefined {
  const label = options.label ?? shownPath(options.file)
  let bytes: Uint8Array
  try {
    bytes = readBytes(options.file)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).message
    problems.error(options.position, `descriptor set "${label}" cannot be read: ${reason}`)
    return undefined
  }
  return descriptorSetSource(bytes, label, options.autoMap, options.position, problems)
}

/** A serialized FileDescriptorSet as a source. Missing imports that are protobuf's own are added. */
export function descriptorSetSource(
  bytes: Uint8Array,
  label: string,
  autoMap: boolean,
  position: Position,
  problems: Problems,
): DescriptorSource | undefined {
  let files: FileDescriptorProto[]
  try {
    files = fromBinary(FileDescriptorSetSchema, bytes).file
  } catch {
    problems.error(position, `"${label}" is not a descriptor set`, { advice: NOT_A_SET })
    return undefined
  }
  if (files.length === 0 || files.some(({ name }) => name === '')) {
    problems.error(position, `"${label}" is not a descriptor set, or an empty one`, { advice: NOT_A_SET })
    return undefined
  }
  return repairedSource(repairDescriptors(distinct(files, label, problems)), label, autoMap)
}

/** What repairing FileDescriptorProtos from elsewhere came to (see repair/), as a source. */
export function repairedSource(result: RepairedDescriptors, label: string, autoMap: boolean): DescriptorSource {
  const source = importedSource(result.files, label, autoMap)
  return result.repaired.length === 0 ? source : { ...source, warnings: [loosenessWarning(result)] }
}

/** FileDescriptorProtos from elsewhere as a source. */
function importedSource(given: readonly FileDescriptorProto[], label: string, autoMap: boolean): DescriptorSource {
  const files = withWellKnown(given)
  for (const file of given) fillJsonNames(file)
  return {
    label,
    files,
    roots: new Set(
      given.map(({ name }) => name).filter((name) => !LIBRARY_PREFIXES.some((one) => name.startsWith(one))),
    ),
    autoMap,
    paths: new Map(),
    optionPositions: undefined,
    locations: new ImportedLocations(files),
  }
}

const NOT_A_SET = 'make one with `protoc --include_imports --include_source_info -o FILE`'

function distinct(files: readonly FileDescriptorProto[], label: string, problems: Problems): FileDescriptorProto[] {
  const byName = new Map<string, FileDescriptorProto>()
  for (const file of files) {
    if (byName.has(file.name))
      problems.error({ file: file.name, line: 0, column: 0 }, `"${file.name}" is in ${label} twice`)
    else byName.set(file.name, file)
  }
  return [...byName.values()]
}

/** Adds what is imported but not there, if protobuf itself brings it. */
function withWellKnown(given: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const names = new Set(given.map(({ name }) => name))
  const added: FileDescriptorProto[] = []
  const wanted = given.flatMap(({ dependency }) => dependency)
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    const file = names.has(name) ? undefined : wellKnownFile(name)
    if (file === undefined) continue
    names.add(name)
    added.push(file)
    wanted.push(...file.dependency)
  }
  return [...added, ...given]
}
