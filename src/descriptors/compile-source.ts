import type { Problems } from '../problems/index.js'
import { compile } from './compiler/compile.js'
import { compiledSource } from './compiled-source.js'
import { ImportRoots } from './roots.js'
import type { DescriptorSource } from './types.js'

/**
 * Compiles one `.proto` text, in memory. Imports are taken from `resolveImport`, then from the bundled and the
 * well-known protos.
 * @param name as it would be imported; also how errors name the file
 * @param resolveImport text of an imported file
 */
export function compileSource(
  name: string,
  text: string,
  problems: Problems,
  resolveImport: (name: string) => string | undefined = () => undefined,
): DescriptorSource {
  const bundled = new ImportRoots([])
  const resolve = (wanted: string) => {
    const found = wanted === name ? text : resolveImport(wanted)
    return found === undefined ? bundled.find(wanted) : { kind: 'source' as const, text: found, path: wanted }
  }
  const files = compile([name], { resolve, searched: bundled.searched }, problems)
  return compiledSource(files, { label: name, roots: new Set([name]), autoMap: false })
}
