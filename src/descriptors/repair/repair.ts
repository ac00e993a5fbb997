import type { DescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { restoreDefaultValue } from './default-values.js'
import { restoreExtensions, restoreRanges } from './extensions.js'
import { areCamelCase, restoreSnakeCase } from './field-names.js'
import { knownFiles } from './known-files.js'
import { isLoose } from './looseness.js'
import { renameMapEntries, unmarkMapParent } from './map-entries.js'
import { putTogether, takeApart, withoutKnown } from './pieces.js'
import { restoreOptionals } from './presence.js'
import { restoreSyntax } from './syntax.js'
import { resolveTypeNames, TypeTable } from './type-names.js'
import { fieldsIn, messagesOf } from './visit.js'

export interface RepairedDescriptors {
  /** The very files that were given where they are well-formed; else new ones, under other names. */
  readonly files: readonly FileDescriptorProto[]
  /** What was repaired, a few words each; none where the files were well-formed. */
  readonly repaired: readonly string[]
  /** Names, as written, of types that no file has. They are left as they are. */
  readonly unresolved: readonly string[]
  /** What a person should know: names that may mean two types. */
  readonly doubts: readonly string[]
}

/**
 * Makes of loose descriptors (see `isLoose`) what protoc would have made of their protos, as far as that can be told:
 * full names of types, imports, map entries, proto3 `optional`, extensions, syntax; files of protobuf itself and those
 * bundled are replaced by the true ones. Custom options (so `google.api.http`) and `json_name` cannot be restored.
 * Well-formed descriptors are given back untouched. Nothing given is changed.
 */
export function repairDescriptors(files: readonly FileDescriptorProto[]): RepairedDescriptors {
  if (!isLoose(files)) return { files, repaired: [], unresolved: [], doubts: [] }
  const repaired = new Set(['relative type names', 'imports'])
  const given = takeApart(files)
  const isCamelCase = areCamelCase(given)
  if (isCamelCase) {
    repaired.add('field names in camelCase')
    for (const { extension } of given) restoreSnakeCase(extension)
  }
  const pieces = withoutKnown(given)
  if (restoreRanges(pieces)) repaired.add('ranges')
  const valueScopes = new Map<DescriptorProto, string>()
  for (const piece of pieces)
    for (const visited of messagesOf(piece)) {
      const { message, scope } = visited
      if (restoreExtensions(message)) repaired.add('extensions')
      if (unmarkMapParent(visited)) repaired.add('map entries')
      for (const entry of renameMapEntries(visited)) {
        repaired.add('map entries')
        // protobuf.js names the value's type as seen from what the message is declared in.
        valueScopes.set(entry, scope)
      }
      if (piece.syntax === 'proto3' && restoreOptionals(message)) repaired.add('proto3 optional')
      if (isCamelCase)
        for (const named of [message.extension, [...message.field, ...message.oneofDecl]]) restoreSnakeCase(named)
    }
  const types = new TypeTable()
  for (const file of knownFiles().byName.values()) types.add(file)
  for (const piece of pieces) types.add(piece)
  const { unresolved, ambiguous } = resolveTypeNames(pieces, types, valueScopes)
  for (const piece of pieces) for (const field of fieldsIn(piece)) restoreDefaultValue(field)
  const whole = withoutUnusedGrpc(putTogether(pieces))
  if (restoreSyntax(whole.filter(({ name }) => !knownFiles().byName.has(name)))) repaired.add('proto2 and editions')
  return { files: whole, repaired: [...repaired], unresolved: [...unresolved], doubts: ambiguous }
}

/**
 * Leaves out gRPC's own services (health, reflection) and what only they use. They are never served, and every server
 * has them: under the names they have here they would be in the way of another server's.
 */
function withoutUnusedGrpc(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const isGrpc = (file: FileDescriptorProto) => file.package.startsWith('grpc.')
  const used = new Set<string>()
  // Files come after their imports: seen from the end, whoever uses a file is seen before it.
  for (const file of files.toReversed())
    if (!isGrpc(file) || used.has(file.name)) for (const name of file.dependency) used.add(name)
  return files.filter((file) => !isGrpc(file) || used.has(file.name))
}
