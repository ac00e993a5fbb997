import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isFile, isFolder, shownPath } from '../files/index.js'
import type { ImportResult } from './compiler/compile.js'
import { readProtoText } from './proto-text.js'
import { wellKnownFile } from './well-known.js'

/** Folders of the package's own `protos/` that every configuration can import from. */
const BUNDLED_PREFIXES = ['google/', 'grpc/', 'protobridge/']
const BUNDLED_MARK = join('protos', 'google', 'api', 'annotations.proto')

/** Finds imports: in the roots, in their order; among the bundled protos; among protobuf's well-known ones. */
export class ImportRoots {
  readonly roots: readonly string[]

  /** @param roots absolute directories */
  constructor(roots: readonly string[]) {
    this.roots = roots
  }

  find(name: string): ImportResult | undefined {
    const path = this.pathOf(name)
    if (path !== undefined) return sourceAt(path)
    const proto = wellKnownFile(name)
    return proto === undefined ? undefined : { kind: 'compiled', proto }
  }

  /** The file on disk that an import name means. */
  pathOf(name: string): string | undefined {
    if (!isPortableName(name)) return undefined
    for (const root of this.roots) {
      const path = join(root, name)
      if (isFile(path)) return path
    }
    if (!BUNDLED_PREFIXES.some((prefix) => name.startsWith(prefix))) return undefined
    const bundled = bundledRoot()
    const path = bundled === undefined ? undefined : join(bundled, name)
    return path !== undefined && isFile(path) ? path : undefined
  }

  /** The name by which files import a path: below the innermost root that holds it. */
  nameOf(path: string): string | undefined {
    let best: string | undefined
    for (const root of this.roots) {
      const below = relative(root, path)
      if (below === '' || below.startsWith('..') || isAbsolute(below)) continue
      if (best === undefined || below.length < best.length) best = below
    }
    return best?.split(sep).join('/')
  }

  /** For errors. */
  get searched(): string {
    return [...this.roots.map(shownPath), 'the protos that come with protobridge'].join(', ')
  }
}

function sourceAt(path: string): ImportResult {
  const shown = shownPath(path)
  const read = readProtoText(path)
  return 'why' in read
    ? { kind: 'unreadable', path: shown, why: read.why }
    : { kind: 'source', text: read.text, path: shown }
}

export const isDirectory = isFolder

/** Import names are relative, with slashes, and never leave their root (protoc refuses others too). */
function isPortableName(name: string): boolean {
  return (
    name !== '' &&
    !name.includes('\\') &&
    !name.includes('\0') &&
    name.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  )
}

let bundled: string | undefined | null = null

/** The package's `protos/`, from the sources and from dist/ alike. */
function bundledRoot(): string | undefined {
  if (bundled !== null) return bundled
  bundled = undefined
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    if (existsSync(join(directory, BUNDLED_MARK))) {
      bundled = resolve(directory, 'protos')
      break
    }
    if (dirname(directory) === directory) break
  }
  return bundled
}
