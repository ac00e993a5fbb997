import { parseDocument, type DocumentMap, type DocumentNode } from '../../documents/index.js'
import { readTextFile } from '../../config/index.js'
import { shownPath } from '../../files/index.js'
import type { Position, Problems } from '../../problems/index.js'

/** Plain values of a document, for reading claims. */
export function plainOf(node: DocumentNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'list':
      return node.items.map(({ value }) => plainOf(value))
    case 'map':
      return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plainOf(value)]))
  }
}

/** One entry of a file of keys or users, with what is wrong in it told by its place. */
export class CredentialEntry {
  readonly position: Position
  isSound = true
  readonly #map: DocumentMap
  readonly #problems: Problems

  constructor(map: DocumentMap, position: Position, problems: Problems) {
    this.#map = map
    this.position = position
    this.#problems = problems
  }

  /** Refuses keys that are none of these: a misspelt `expires` would hold for ever. */
  only(keys: readonly string[]): void {
    for (const [key, { keyPosition }] of this.#map.entries) {
      if (!keys.includes(key)) this.#wrong(keyPosition, `unknown key "${key}"`, `it has ${keys.join(', ')}`)
    }
  }

  /** A text that has to be there. */
  text(key: string, isRight: (text: string) => boolean, advice: string): string {
    const entry = this.#map.entries.get(key)
    const value = entry?.value.kind === 'scalar' ? entry.value.value : undefined
    if (typeof value === 'string' && isRight(value)) return value
    this.#wrong(
      entry?.position ?? this.position,
      entry === undefined ? `"${key}" is missing` : `"${key}" is wrong`,
      advice,
    )
    return ''
  }

  optionalText(key: string, isRight: (text: string) => boolean, advice: string): string | undefined {
    return this.#map.entries.has(key) ? this.text(key, isRight, advice) : undefined
  }

  /** A list of texts; absent: none. */
  texts(key: string): readonly string[] {
    const entry = this.#map.entries.get(key)
    if (entry === undefined) return []
    const value = plainOf(entry.value)
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
    this.#wrong(entry.position, `"${key}" is no list of texts`, `write it like ${key}: [a, b]`)
    return []
  }

  /** A mapping; absent: an empty one. */
  mapping(key: string): Readonly<Record<string, unknown>> {
    const entry = this.#map.entries.get(key)
    if (entry === undefined) return {}
    if (entry.value.kind === 'map') return plainOf(entry.value) as Record<string, unknown>
    this.#wrong(entry.position, `"${key}" is no mapping`, `write it like ${key}: { name: value }`)
    return {}
  }

  refuse(message: string, advice: string): void {
    this.#wrong(this.position, message, advice)
  }

  #wrong(position: Position, message: string, advice: string): void {
    this.isSound = false
    this.#problems.error(position, message, { advice })
  }
}

/**
 * The entries of a file `LIST: [{ … }, …]`.
 *
 * @returns undefined where the file cannot be read, or is something else, which is reported
 */
export function readCredentialFile(
  file: string,
  list: 'keys' | 'users',
  problems: Problems,
): readonly CredentialEntry[] | undefined {
  const read = readTextFile(file)
  if ('wrong' in read) {
    problems.error({ file: shownPath(file), line: 0, column: 0 }, `cannot be read: ${read.wrong}`, {
      advice: 'make it readable, in UTF-8',
    })
    return undefined
  }
  const document = parseDocument(read.text, shownPath(file), problems)
  if (document === undefined) return undefined
  const items = document.kind === 'map' ? document.entries.get(list)?.value : undefined
  if (document.kind !== 'map' || items?.kind !== 'list' || document.entries.size !== 1) {
    problems.error(document.position, `a file of ${list} has one key, "${list}", with a list`, {
      advice: `write ${list}: [{ … }]; \`protobridge hash\` makes an entry`,
    })
    return undefined
  }
  return items.items.flatMap(({ value, position: place }) => {
    if (value.kind === 'map') return [new CredentialEntry(value, place, problems)]
    problems.error(place, 'an entry is no mapping', { advice: '`protobridge hash` makes one' })
    return []
  })
}
