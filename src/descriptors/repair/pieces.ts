import { clone, create } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { componentsOf } from './components.js'
import { addWithImports, isKnownPackage, knownFiles, topLevelNames } from './known-files.js'
import { inScope, messagesOf, referencesIn } from './visit.js'

/**
 * Takes files apart into one for each top-level declaration, as copies. protobuf.js merges the files of a package, so
 * that they may import each other in a circle, and two servers may have different files of one name; declarations are
 * the same everywhere.
 */
export function takeApart(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const pieces: FileDescriptorProto[] = []
  for (const file of files) {
    const { messageType, enumType, service, extension, syntax, edition, options } = clone(
      FileDescriptorProtoSchema,
      file,
    )
    const add = (declared: Partial<FileDescriptorProto>) => {
      const piece = create(FileDescriptorProtoSchema)
      // What is empty stays unset, rather than being set to nothing.
      if (file.package !== '') piece.package = file.package
      if (syntax !== '') piece.syntax = syntax
      if (syntax === 'editions') piece.edition = edition
      Object.assign(piece, { options, ...declared })
      pieces.push(piece)
    }
    for (const one of messageType) add({ messageType: [one] })
    for (const one of enumType) add({ enumType: [one] })
    for (const one of extension) add({ extension: [one] })
    for (const one of service) add({ service: [one] })
  }
  return pieces
}

/** Leaves out what comes with protobuf, or is bundled. */
export function withoutKnown(pieces: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  return pieces.filter(
    (piece) => !isKnownPackage(piece.package) || !topLevelNames(piece).every((name) => knownFiles().fileOf.has(name)),
  )
}

/**
 * Puts pieces that need each other into one file, and says which files each imports. Types that refer to each other in a
 * circle are always of one file, and so of one package; where not, the files get into a circle, to be refused later.
 * @param pieces as `takeApart` made them, with full names of types
 * @returns files in dependency order, with the well-known ones they import
 */
export function putTogether(pieces: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const pieceOf = new Map<string, number>()
  pieces.forEach((piece, index) => {
    for (const name of typeNamesOf(piece)) if (!pieceOf.has(name)) pieceOf.set(name, index)
  })
  const edges = pieces.map((piece) => {
    const targets = new Set<number>()
    for (const name of referencesIn(piece)) {
      const target = pieceOf.get(name)
      if (target !== undefined) targets.add(target)
    }
    return [...targets]
  })
  const fileOf: FileDescriptorProto[] = []
  const files = new Set<FileDescriptorProto>()
  const taken = new Set<string>()
  for (const component of componentsOf(edges)) {
    const byPackage = new Map<string, number[]>()
    for (const index of component.sort((a, b) => a - b)) {
      const members = byPackage.get(pieces[index]!.package)
      if (members === undefined) byPackage.set(pieces[index]!.package, [index])
      else members.push(index)
    }
    for (const members of byPackage.values()) {
      const file = merged(members.map((index) => pieces[index]!))
      for (let number = 1, name = file.name; taken.has(file.name); number++)
        file.name = name.replace(/\.proto$/, `_${number}.proto`)
      taken.add(file.name)
      for (const index of members) fileOf[index] = file
    }
    for (const index of component) files.add(fileOf[index]!)
  }
  return withImports(files, pieceOf, fileOf)
}

function withImports(
  files: ReadonlySet<FileDescriptorProto>,
  pieceOf: ReadonlyMap<string, number>,
  fileOf: readonly FileDescriptorProto[],
): FileDescriptorProto[] {
  const known = knownFilesByType()
  const imported = new Set<FileDescriptorProto>()
  for (const file of files) {
    const names = new Set<string>()
    for (const reference of referencesIn(file)) {
      const index = pieceOf.get(reference)
      const target = index === undefined ? known.get(reference) : fileOf[index]
      if (target === undefined || target === file) continue
      names.add(target.name)
      if (index === undefined) addWithImports(target, imported)
    }
    file.dependency = [...names].sort()
  }
  return [...imported, ...files]
}

function merged(pieces: readonly FileDescriptorProto[]): FileDescriptorProto {
  const [first, ...others] = pieces
  const file = first!
  for (const { messageType, enumType, service, extension } of others) {
    file.messageType.push(...messageType)
    file.enumType.push(...enumType)
    file.service.push(...service)
    file.extension.push(...extension)
  }
  const [name] = topLevelNames(file).sort()
  file.name = `${name!.replaceAll('.', '/')}.proto`
  return file
}

let byType: Map<string, FileDescriptorProto> | undefined

/** Known files by the full names, with leading dot, of their types. */
function knownFilesByType(): ReadonlyMap<string, FileDescriptorProto> {
  if (byType !== undefined) return byType
  byType = new Map()
  for (const file of knownFiles().byName.values()) for (const name of typeNamesOf(file)) byType.set(name, file)
  return byType
}

function* typeNamesOf(file: FileDescriptorProto): Generator<string> {
  for (const { name } of file.enumType) yield `.${inScope(file.package, name)}`
  for (const { message, fullName } of messagesOf(file)) {
    yield `.${fullName}`
    for (const { name } of message.enumType) yield `.${fullName}.${name}`
  }
}
