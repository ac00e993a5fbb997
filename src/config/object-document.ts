import type { Problems } from '../problems/index.js'
import { type ConfigDocument, Positions, childPointer, keyPathOf } from './document.js'

/**
 * A configuration given in code: the same keys and values as in a file. Copied, so the caller's object is not touched; a
 * key whose value is undefined counts as not written. What a file could not say (a function, a Date, a cycle) is an error.
 * Nothing in it has a line: problems stand at `file:0:0`, with the key path as their selector.
 */
export function readObject(value: unknown, file: string, problems: Problems): ConfigDocument | undefined {
  const position = { file, line: 0, column: 0 }
  const before = problems.errors.length

  const copy = (from: unknown, pointer: string, open: readonly object[]): unknown => {
    if (from === null || typeof from === 'string' || typeof from === 'number' || typeof from === 'boolean') return from
    const isList = Array.isArray(from)
    if (typeof from !== 'object' || (!isList && !isPlain(from))) {
      const selector = keyPathOf(pointer)
      problems.error(position, `a ${nameOf(from)} is not a configuration value`, {
        ...(selector === '' ? {} : { selector }),
        advice: 'give texts, numbers, booleans, lists and plain objects',
      })
      return null
    }
    if (open.includes(from)) {
      problems.error(position, 'the value is inside itself', { selector: keyPathOf(pointer) })
      return null
    }
    const inside = [...open, from]
    if (isList) return from.map((item, index) => copy(item, childPointer(pointer, index), inside))
    const out = Object.create(null) as Record<string, unknown>
    for (const [key, item] of Object.entries(from)) {
      if (item !== undefined) out[key] = copy(item, childPointer(pointer, key), inside)
    }
    return out
  }

  const read = copy(value, '', [])
  return problems.errors.length > before ? undefined : { value: read, positions: new Positions(file) }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  // An object of another realm (a vm context, as under jest) has its own Object.prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value
  return value.constructor.name
}
