import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { Problems } from '../../problems/index.js'
import { compile } from '../compiler/compile.js'
import { ImportRoots } from '../roots.js'
import { WELL_KNOWN_NAMES, wellKnownFile } from '../well-known.js'
import { inScope } from './visit.js'

/** Files of the bundled `protos/` whose types servers send along. */
export const BUNDLED_NAMES = [
  'google/api/annotations.proto',
  'google/api/field_behavior.proto',
  'google/api/http.proto',
  'google/api/httpbody.proto',
  'google/api/resource.proto',
  'google/rpc/code.proto',
  'google/rpc/error_details.proto',
  'google/rpc/status.proto',
]
const PACKAGES = new Set(['google.protobuf', 'google.api', 'google.rpc'])

/** Files that are the same everywhere, in the form protoc gives them. */
export interface KnownFiles {
  /** Full name of a top-level declaration → its file. */
  readonly fileOf: ReadonlyMap<string, FileDescriptorProto>
  readonly byName: ReadonlyMap<string, FileDescriptorProto>
}

let known: KnownFiles | undefined

/** Whether files of a package may be known ones. */
export function isKnownPackage(name: string): boolean {
  return PACKAGES.has(name)
}

/** protobuf's own files, and those of the bundled protos. Compiled when first asked for. */
export function knownFiles(): KnownFiles {
  if (known !== undefined) return known
  const files = WELL_KNOWN_NAMES.flatMap((name) => wellKnownFile(name) ?? [])
  const roots = new ImportRoots([])
  const compiled = compile(
    BUNDLED_NAMES,
    { resolve: (name) => roots.find(name), searched: roots.searched },
    new Problems(),
  )
  for (const { proto, isSound } of compiled) if (isSound && wellKnownFile(proto.name) === undefined) files.push(proto)
  const fileOf = new Map<string, FileDescriptorProto>()
  for (const file of files) for (const name of topLevelNames(file)) fileOf.set(name, file)
  known = { fileOf, byName: new Map(files.map((file) => [file.name, file])) }
  return known
}

/** Full names of what a file declares outside of messages. */
export function topLevelNames(file: FileDescriptorProto): string[] {
  const { messageType, enumType, service, extension } = file
  return [...messageType, ...enumType, ...service, ...extension].map(({ name }) => inScope(file.package, name))
}

/** Adds to `files` a known file and all it imports, each after its imports. */
export function addWithImports(file: FileDescriptorProto, into: Set<FileDescriptorProto>): void {
  if (into.has(file)) return
  for (const name of file.dependency) {
    const imported = knownFiles().byName.get(name)
    if (imported !== undefined) addWithImports(imported, into)
  }
  into.add(file)
}
