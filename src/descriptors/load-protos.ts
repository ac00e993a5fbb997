import { resolve } from 'node:path'
import { glob, shownPath } from '../files/index.js'
import type { Position, Problems } from '../problems/index.js'
import { compile } from './compiler/compile.js'
import { compiledSource } from './compiled-source.js'
import { ImportRoots, isDirectory } from './roots.js'
import type { DescriptorSource } from './types.js'

export interface ProtosOptions {
  /** Globs (`*`, `**`, `?`, `{a,b}`) below the roots; also below `baseDir`, or absolute, where that is in a root. */
  readonly protos: readonly string[]
  /** Directories in which imports are looked for, in this order. None: `baseDir`. */
  readonly roots: readonly string[]
  readonly autoMap: boolean
  /** What relative paths are relative to; the working directory by default. */
  readonly baseDir?: string
  /** How to name the source to a person; the globs by default. */
  readonly label?: string
  /** Where the configuration says so. */
  readonly position: Position
}

/**
 * Compiles the `.proto` files that match globs, and what they import. Errors go to `problems`; whatever has none is in
 * the result all the same, so that later stages can report theirs.
 */
export function loadProtos(options: ProtosOptions, problems: Problems): DescriptorSource | undefined {
  const baseDir = resolve(options.baseDir ?? '.')
  const directories = (options.roots.length === 0 ? ['.'] : options.roots).map((root) => resolve(baseDir, root))
  for (const directory of directories)
    if (!isDirectory(directory))
      problems.error(options.position, `root "${shownPath(directory)}" is not a directory`, {
        advice: 'roots are the directories that imports are relative to',
      })
  const roots = new ImportRoots(directories.filter(isDirectory))
  const names = new Set<string>()
  for (const pattern of options.protos) {
    const matches = matchingNames(pattern, baseDir, roots)
    for (const name of matches) names.add(name)
    if (matches.length === 0 && roots.roots.length > 0)
      problems.error(options.position, `"${pattern}" matches no file`, {
        advice: `it is looked for below ${roots.roots.map(shownPath).join(', ')}`,
      })
  }
  if (names.size === 0) return undefined
  const files = compile([...names], { resolve: (name) => roots.find(name), searched: roots.searched }, problems)
  return compiledSource(files, {
    label: options.label ?? options.protos.join(', '),
    roots: names,
    autoMap: options.autoMap,
  })
}

/** Import names of the files a glob matches, sorted. */
function matchingNames(pattern: string, baseDir: string, roots: ImportRoots): string[] {
  const names = new Set<string>()
  for (const directory of new Set([...roots.roots, baseDir]))
    for (const path of glob(pattern, { cwd: directory })) {
      const name = roots.nameOf(resolve(path))
      if (name !== undefined) names.add(name)
    }
  return [...names].sort()
}
