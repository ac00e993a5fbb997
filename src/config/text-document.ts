import { type DocumentNode, parseDocument } from '../documents/index.js'
import type { Problems } from '../problems/index.js'
import { type ConfigDocument, Positions } from './document.js'

/** Reads a configuration in YAML, or JSON where the file's name ends in `.json`; undefined where anything is wrong. */
export function readText(text: string, file: string, problems: Problems): ConfigDocument | undefined {
  const before = problems.errors.length
  const root = parseDocument(text, file, problems)
  if (root === undefined || problems.errors.length > before) return undefined
  return { value: plainValue(root), positions: new Positions(file, root) }
}

/** A value of its own for each place: what aliases share is filled in and defaulted apart. */
function plainValue(node: DocumentNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(({ value }) => plainValue(value))
  const out = Object.create(null) as Record<string, unknown>
  for (const [key, { value }] of node.entries) out[key] = plainValue(value)
  return out
}
