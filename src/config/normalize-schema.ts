import { isAbsolute, join, resolve } from 'node:path'
import { isThere } from '../files/index.js'
import { nearestAdvice } from './nearest.js'
import type { Normalization } from './normalization.js'
import type { SchemaConfig } from './types.js'
import type { WrittenSchemaEntry } from './written.js'

export function normalizeSchema(
  written: readonly WrittenSchemaEntry[],
  upstreams: readonly string[],
  at: Normalization,
): SchemaConfig[] {
  return written.map((entry, index): SchemaConfig => {
    const pointer = `/schema/${index}`
    const { autoMap } = entry
    const position = at.positionOf(pointer)
    if (entry.descriptors !== undefined) {
      return { kind: 'descriptors', file: at.file(`${pointer}/descriptors`, entry.descriptors), autoMap, position }
    }
    if (entry.reflection !== undefined) {
      if (!upstreams.includes(entry.reflection)) {
        const message = `no upstream is named ${JSON.stringify(entry.reflection)}`
        at.inputError(`${pointer}/reflection`, message, nearestAdvice(entry.reflection, upstreams, 'upstream'))
      }
      return { kind: 'reflection', upstream: entry.reflection, autoMap, position }
    }
    const roots = (entry.roots ?? ['.']).map((root, item) => at.directory(`${pointer}/roots/${item}`, root))
    const protos = (entry.protos ?? []).map((pattern) => fromRootOrFile(pattern, roots, at.baseDir))
    return { kind: 'protos', protos, roots, autoMap, position }
  })
}

/**
 * Patterns are relative to the roots, as imports are. One whose fixed part is not under any root but is there relative
 * to the configuration file (`protos/library/v1/*.proto` with the root `protos`) is meant so, and is made absolute.
 */
function fromRootOrFile(pattern: string, roots: readonly string[], baseDir: string): string {
  if (isAbsolute(pattern)) return pattern
  const segments = pattern.split('/')
  const wild = segments.findIndex((segment) => /[*?[\]{}()!]/.test(segment))
  const fixed = (wild === -1 ? segments : segments.slice(0, wild)).join('/')
  if (roots.some((root) => isThere(join(root, fixed)))) return pattern
  return isThere(resolve(baseDir, fixed)) ? resolve(baseDir, pattern) : pattern
}
