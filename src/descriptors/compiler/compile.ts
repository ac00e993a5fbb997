import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import type { Position, Problems } from '../../problems/index.js'
import { checkFile } from './checks/index.js'
import { interpretOptions } from './interpret-options.js'
import { LinkContext } from './link-context.js'
import { linkTypes } from './link-types.js'
import { parseFile } from './parse-file.js'
import { fileEntry, Pool, type FileEntry } from './pool.js'
import { registerFile } from './register.js'
import { SourceText } from './source-text.js'
import type { ParsedFile } from './syntax.js'

/** What an import leads to: a source to compile, a file compiled already, or one that is there and cannot be read. */
export type ImportResult =
  | { readonly kind: 'source'; readonly text: string; readonly path: string }
  | { readonly kind: 'compiled'; readonly proto: FileDescriptorProto }
  | { readonly kind: 'unreadable'; readonly path: string; readonly why: string }

export interface CompileOptions {
  /** Finds a file by the name it is imported by. */
  readonly resolve: (name: string) => ImportResult | undefined
  /** Where `resolve` looks, for the error of an import it does not find: `protos, the bundled protos`. */
  readonly searched: string
}

/** A compiled file and what it was read from (undefined for one that came compiled). */
export interface CompiledFile {
  readonly proto: FileDescriptorProto
  readonly parsed: ParsedFile | undefined
  /** Neither it nor anything it imports has an error. */
  readonly isSound: boolean
}

const DESCRIPTOR_PROTO = 'google/protobuf/descriptor.proto'
const FILE = { dependency: 3, optionDependency: 15 } as const

/**
 * Compiles `.proto` files and everything they import to the FileDescriptorProtos that protoc makes of them (proto2,
 * proto3, editions 2023 and 2024).
 * @param names of the files asked for, as imports name them
 * @param problems gets every error; whatever has none is in the result all the same
 * @returns files in dependency order
 */
export function compile(names: readonly string[], options: CompileOptions, problems: Problems): CompiledFile[] {
  const pool = new Pool()
  const loaded = new Map<string, CompiledFile | undefined>()
  const order: CompiledFile[] = []
  // Built-in options are looked up here whether the file is imported or not.
  visit(DESCRIPTOR_PROTO, [], undefined)
  const isDescriptorAsked = names.includes(DESCRIPTOR_PROTO)
  for (const name of names) visit(name, [], undefined)
  const isDescriptorUsed = isDescriptorAsked || order.some(({ proto }) => importsOf(proto).includes(DESCRIPTOR_PROTO))
  return isDescriptorUsed ? order : order.filter(({ proto }) => proto.name !== DESCRIPTOR_PROTO)

  /** Loads a file after its imports, and links it. */
  function visit(name: string, importers: readonly string[], from: Position | undefined): void {
    if (loaded.has(name)) return
    const found = options.resolve(name)
    loaded.set(name, undefined)
    if (found === undefined) {
      if (from !== undefined) problems.error(from, `import "${name}" is not found`, { advice: adviceOn(name, options) })
      return
    }
    if (found.kind === 'unreadable') {
      problems.error({ file: found.path, line: 0, column: 0 }, `cannot be read: ${found.why}`, {
        advice: 'make it readable, in UTF-8',
      })
      return
    }
    let errors = problems.errors.length
    const parsed =
      found.kind === 'source' ? parseFile(name, new SourceText(found.path, found.text), problems) : undefined
    const proto = found.kind === 'compiled' ? found.proto : parsed!.proto
    const chain = [...importers, name]
    let isSound = problems.errors.length === errors
    visitImports(proto.dependency, FILE.dependency)
    visitImports(proto.optionDependency, FILE.optionDependency)
    isSound &&= importsOf(proto).every((dependency) => loaded.get(dependency)?.isSound === true)
    const entry = fileEntry(pool, proto, parsed)
    pool.files.set(name, entry)
    errors = problems.errors.length
    if (parsed === undefined) registerFile(pool, entry, () => undefined)
    else link(pool, entry, parsed, problems)
    const compiled: CompiledFile = { proto, parsed, isSound: isSound && problems.errors.length === errors }
    loaded.set(name, compiled)
    order.push(compiled)

    function visitImports(imports: readonly string[], number: number): void {
      imports.forEach((dependency, index) => {
        const position = positionOf(parsed, [number, index])
        const cycle = chain.indexOf(dependency)
        if (cycle >= 0)
          problems.error(
            position ?? { file: name, line: 0, column: 0 },
            `import cycle: ${[...chain.slice(cycle), dependency].join(' → ')}`,
            {
              advice: 'move what both files need into a third one',
            },
          )
        else visit(dependency, chain, position ?? { file: name, line: 0, column: 0 })
      })
    }
  }
}

function link(pool: Pool, entry: FileEntry, parsed: ParsedFile, problems: Problems): void {
  const context = new LinkContext(pool, entry, parsed, problems)
  registerFile(pool, entry, (path, fullName, other) => {
    const file = other === undefined ? '' : 'kind' in other ? other.file.name : other.name
    const where = file === entry.name ? 'in this file' : `in "${file}"`
    context.error(path, `\`${fullName}\` is defined ${where} already`, fullName, 'give one of the two another name')
  })
  linkTypes(context)
  interpretOptions(context)
  // What is missing after a syntax error would only cause errors that say nothing.
  if (!parsed.isDamaged) checkFile(context)
}

/** `./kv.proto` is what some tools take for `kv.proto`, and protoc does not. */
function adviceOn(name: string, { resolve, searched }: CompileOptions): string {
  const plain = name.split(/[/\\]+/).filter((part) => part !== '.' && part !== '')
  const tidied = plain.join('/')
  if (tidied !== name && resolve(tidied) !== undefined)
    return `write "${tidied}": the names of imports begin below a root`
  return `it was looked for in ${searched}`
}

function importsOf(proto: FileDescriptorProto): string[] {
  return [...proto.dependency, ...proto.optionDependency]
}

function positionOf(parsed: ParsedFile | undefined, path: readonly number[]): Position | undefined {
  if (parsed === undefined) return undefined
  const offset = parsed.locations.offsetOf(path)
  return parsed.source.position(offset ?? 0)
}
