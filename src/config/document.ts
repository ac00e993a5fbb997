import type { DocumentEntry, DocumentItem, DocumentNode } from '../documents/index.js'
import type { Position } from '../problems/index.js'

/**
 * A configuration as it is written: plain values (objects without a prototype, arrays, strings, numbers, booleans,
 * null), and where each of them stands.
 */
export interface ConfigDocument {
  value: unknown
  readonly positions: Positions
}

/** Where each key and value stands, by JSON Pointer (RFC 6901), as ajv names them: `/upstreams/library/target`. */
export class Positions {
  readonly #file: string
  readonly #root: DocumentNode | undefined

  /** `root`: none where the configuration is given in code, and nothing has a line. */
  constructor(file: string, root?: DocumentNode) {
    this.#file = file
    this.#root = root
  }

  /** The place of a value; of the nearest thing around it that is written where it is not (a default). */
  ofValue(pointer: string): Position {
    return this.#find(pointer).item?.position ?? { file: this.#file, line: 0, column: 0 }
  }

  /** The place of a key; of the value where it has none (a list's item, the whole file). */
  ofKey(pointer: string): Position {
    const { item, isWritten } = this.#find(pointer)
    return isWritten && item !== undefined && 'keyPosition' in item ? item.keyPosition : this.ofValue(pointer)
  }

  /** What is written at a pointer, or the innermost thing around it. */
  #find(pointer: string): { item: DocumentItem | DocumentEntry | undefined; isWritten: boolean } {
    if (this.#root === undefined) return { item: undefined, isWritten: false }
    let item: DocumentItem | DocumentEntry = { position: this.#root.position, value: this.#root }
    for (const segment of segmentsOf(pointer)) {
      const inside = childOf(item.value, segment)
      if (inside === undefined) return { item, isWritten: false }
      item = inside
    }
    return { item, isWritten: true }
  }
}

function childOf(node: DocumentNode, segment: string): DocumentItem | DocumentEntry | undefined {
  if (node.kind === 'map') return node.entries.get(segment)
  return node.kind === 'list' ? node.items[Number(segment)] : undefined
}

export const parentOf = (pointer: string): string => pointer.slice(0, pointer.lastIndexOf('/'))

export function childPointer(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

export function segmentsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** A pointer as a person reads it: `listen[1].tls.cert`, `upstreams["odd name"].target`; '' for the whole. */
export function keyPathOf(pointer: string): string {
  let out = ''
  for (const segment of segmentsOf(pointer)) {
    if (/^[0-9]+$/.test(segment)) out += `[${segment}]`
    else if (/^[A-Za-z0-9_-]+$/.test(segment)) out += out === '' ? segment : `.${segment}`
    else out += `[${JSON.stringify(segment)}]`
  }
  return out
}

/** The value at a pointer, or undefined. */
export function valueAt(root: unknown, pointer: string): unknown {
  let at = root
  for (const segment of segmentsOf(pointer)) {
    if (typeof at !== 'object' || at === null) return undefined
    at = (at as Record<string, unknown>)[segment]
  }
  return at
}

/** Puts `value` at a pointer below the root, or takes what is there out when `value` is undefined. */
export function replaceAt(root: unknown, pointer: string, value: unknown): void {
  const parent = valueAt(root, parentOf(pointer))
  const key = segmentsOf(pointer).at(-1)
  if (typeof parent !== 'object' || parent === null || key === undefined) return
  if (value !== undefined) (parent as Record<string, unknown>)[key] = value
  else if (!Array.isArray(parent)) Reflect.deleteProperty(parent, key)
}
