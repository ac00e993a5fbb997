import type {
  DescriptorProto,
  EnumDescriptorProto,
  FieldDescriptorProto,
  FileDescriptorProto,
  ServiceDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { Edition } from '@bufbuild/protobuf/wkt'
import type { ParsedFile } from './syntax.js'

/** A file in the pool. Files from sources have `parsed`; well-known ones come compiled. */
export interface FileEntry {
  readonly name: string
  readonly proto: FileDescriptorProto
  readonly parsed: ParsedFile | undefined
  /** 998 proto2, 999 proto3, 1000 and up editions. */
  readonly edition: number
  readonly dependencies: FileEntry[]
  /** Only their options may be used: `import option`. */
  readonly optionDependencies: FileEntry[]
  /** What names in this file may refer to: itself, its imports, and what those import publicly. */
  readonly visible: Set<FileEntry>
  /** The same, and what is imported for options. */
  readonly visibleInOptions: Set<FileEntry>
  /** Packages of the visible files, and each of their prefixes. */
  readonly packages: Set<string>
  readonly packagesInOptions: Set<string>
  /** Something of it, or of what it imports, is missing: a name that is not found may be there. */
  isDamaged: boolean
}

interface SymbolBase {
  readonly fullName: string
  readonly file: FileEntry
  readonly parent: MessageSymbol | undefined
}
export interface MessageSymbol extends SymbolBase {
  readonly kind: 'message'
  readonly proto: DescriptorProto
  fields: Map<string, FieldDescriptorProto> | undefined
}
export interface EnumSymbol extends SymbolBase {
  readonly kind: 'enum'
  readonly proto: EnumDescriptorProto
}
export interface ServiceSymbol extends SymbolBase {
  readonly kind: 'service'
  readonly proto: ServiceDescriptorProto
}
export interface ExtensionSymbol extends SymbolBase {
  readonly kind: 'extension'
  readonly proto: FieldDescriptorProto
}
/** An enum value: in the scope of the enum's parent, as in C++. */
export interface ValueSymbol extends SymbolBase {
  readonly kind: 'value'
}
export type PoolSymbol = MessageSymbol | EnumSymbol | ServiceSymbol | ExtensionSymbol | ValueSymbol

/** Why a name could not be resolved. */
export interface Unresolved {
  /** A file that has it but is not imported. */
  readonly undeclared: FileEntry | undefined
  /** What the first part of the name was taken for, so that the rest was not found. */
  readonly shadowedBy: string | undefined
}

/** All symbols of a compilation by full name, and C++-like lookup of names in scopes. */
export class Pool {
  readonly files = new Map<string, FileEntry>()
  readonly symbols = new Map<string, PoolSymbol>()
  /** Package (and each prefix) → a file that has it. */
  readonly packages = new Map<string, FileEntry>()
  /** For so many names that do not exist a similar one is looked for. */
  suggestionsLeft = 50
  /** Extendee → number → extension. */
  readonly extensions = new Map<string, Map<number, ExtensionSymbol>>()

  /**
   * Resolves a name as protoc does (descriptor.cc, `LookupSymbol`): a leading dot means a full name; otherwise the
   * innermost scope that knows the first part decides, and the rest must be found there.
   * @param scope full name of the element in which the name stands
   */
  resolve(
    file: FileEntry,
    scope: string,
    name: string,
    wants: 'type' | 'extension',
    isOption = false,
  ): PoolSymbol | Unresolved {
    const visible = isOption ? file.visibleInOptions : file.visible
    const packages = isOption ? file.packagesInOptions : file.packages
    let undeclared: FileEntry | undefined
    const find = (fullName: string): PoolSymbol | undefined => {
      const symbol = this.symbols.get(fullName)
      if (symbol === undefined || visible.has(symbol.file)) return symbol
      undeclared = symbol.file
      return undefined
    }
    const isWanted = (symbol: PoolSymbol) =>
      wants === 'type' ? symbol.kind === 'message' || symbol.kind === 'enum' : symbol.kind === 'extension'
    if (name.startsWith('.')) {
      return find(name.slice(1)) ?? { undeclared, shadowedBy: undefined }
    }
    const dot = name.indexOf('.')
    const first = dot < 0 ? name : name.slice(0, dot)
    for (let around = scope; ; around = around.slice(0, Math.max(0, around.lastIndexOf('.')))) {
      const prefix = around === '' ? '' : `${around}.`
      if (dot < 0) {
        const symbol = find(prefix + name)
        if (symbol !== undefined && isWanted(symbol)) return symbol
      } else {
        const symbol = find(prefix + first)
        const isScope = symbol === undefined ? packages.has(prefix + first) : isAggregate(symbol)
        if (isScope) {
          const shadowedBy = around === '' ? undefined : prefix + name
          return find(prefix + name) ?? { undeclared, shadowedBy }
        }
      }
      if (around === '') return { undeclared: undeclared ?? this.symbols.get(name)?.file, shadowedBy: undefined }
    }
  }

  message(fullName: string): MessageSymbol | undefined {
    const symbol = this.symbols.get(fullName)
    return symbol?.kind === 'message' ? symbol : undefined
  }

  enum(fullName: string): EnumSymbol | undefined {
    const symbol = this.symbols.get(fullName)
    return symbol?.kind === 'enum' ? symbol : undefined
  }
}

export function isUnresolved(result: PoolSymbol | Unresolved): result is Unresolved {
  return !('kind' in result)
}

/** The field of a message by its name. */
export function fieldOf(message: MessageSymbol, name: string): FieldDescriptorProto | undefined {
  message.fields ??= new Map(message.proto.field.map((field) => [field.name, field]))
  return message.fields.get(name)
}

/** Makes a file's entry; its dependencies must be in `pool` already (those that are not are left out). */
export function fileEntry(pool: Pool, proto: FileDescriptorProto, parsed: ParsedFile | undefined): FileEntry {
  const entry: FileEntry = {
    name: proto.name,
    proto,
    parsed,
    edition: editionOf(proto),
    dependencies: [],
    optionDependencies: [],
    visible: new Set(),
    visibleInOptions: new Set(),
    packages: new Set(),
    packagesInOptions: new Set(),
    isDamaged: parsed?.isDamaged ?? false,
  }
  const link = (names: readonly string[], into: FileEntry[]) => {
    for (const name of names) {
      const dependency = pool.files.get(name)
      if (dependency === undefined) entry.isDamaged = true
      else {
        into.push(dependency)
        entry.isDamaged ||= dependency.isDamaged
      }
    }
  }
  link(proto.dependency, entry.dependencies)
  link(proto.optionDependency, entry.optionDependencies)
  entry.visible.add(entry)
  for (const dependency of entry.dependencies) addVisible(pool, entry.visible, dependency)
  for (const file of entry.visible) {
    entry.visibleInOptions.add(file)
    addPackages(entry.packages, file.proto.package)
    addPackages(entry.packagesInOptions, file.proto.package)
  }
  for (const dependency of entry.optionDependencies) addVisible(pool, entry.visibleInOptions, dependency)
  for (const file of entry.visibleInOptions) addPackages(entry.packagesInOptions, file.proto.package)
  return entry
}

function addVisible(pool: Pool, into: Set<FileEntry>, file: FileEntry): void {
  if (into.has(file)) return
  into.add(file)
  for (const index of file.proto.publicDependency) {
    const dependency = pool.files.get(file.proto.dependency[index] ?? '')
    if (dependency !== undefined) addVisible(pool, into, dependency)
  }
}

function addPackages(into: Set<string>, name: string): void {
  for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
    const prefix = name.slice(0, end)
    if (into.has(prefix)) return
    into.add(prefix)
  }
}

function isAggregate(symbol: PoolSymbol): boolean {
  return symbol.kind === 'message' || symbol.kind === 'enum' || symbol.kind === 'service'
}

function editionOf(proto: FileDescriptorProto): number {
  if (proto.syntax === 'proto3') return Edition.EDITION_PROTO3
  return proto.syntax === 'editions' ? proto.edition : Edition.EDITION_PROTO2
}
