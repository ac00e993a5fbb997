import { type Alias, type ParsedNode, isAlias, isMap, isScalar } from 'yaml'
import type { Position, Problems } from '../problems/index.js'
import { MAX_DEPTH, type Wording, TOO_DEEP } from './syntax-problems.js'
import type { DocumentEntry, DocumentItem, DocumentNode, DocumentScalar } from './types.js'

/**
 * What bounds a "billion laughs" file: aliases may add so many values to it, and never more than so many times the
 * characters it has. What people share by aliases stays far below.
 */
const MAX_ADDED = 100_000
const MAX_EXPANSION = 10

/** What an anchor names: the node, once it is complete. */
interface Anchored {
  readonly written: ParsedNode
  node?: DocumentNode
}

/** A node with every alias in it followed: how many values it is, and how many levels there are below it. */
interface Extent {
  readonly values: number
  readonly levels: number
}

const SCALAR_EXTENT: Extent = { values: 1, levels: 0 }

/**
 * Turns the nodes of a well-formed YAML text into ours, in the order of the text, and resolves aliases: one stands for
 * the last node before it that has the anchor (YAML 1.2.2 §7.1).
 *
 * @param length of the text, in characters
 * @returns undefined where it is nested too deeply or aliases make it too large: what would be left is not what was meant
 */
export function buildNodes(
  root: ParsedNode,
  length: number,
  at: (offset: number) => Position,
  problems: Problems,
): DocumentNode | undefined {
  const builder = new NodeBuilder(length, at, problems)
  const { value } = builder.build(root, 0)
  return builder.isRefused ? undefined : value
}

class NodeBuilder {
  readonly #at: (offset: number) => Position
  readonly #problems: Problems
  readonly #anchors = new Map<string, Anchored>()
  /** Of maps and lists. */
  readonly #extents = new Map<DocumentNode, Extent>()
  readonly #maxAdded: number
  /** How many values aliases have added so far. */
  #added = 0
  /** Something has no end in sight: from then on there is nothing but null. */
  isRefused = false

  constructor(length: number, at: (offset: number) => Position, problems: Problems) {
    this.#at = at
    this.#problems = problems
    this.#maxAdded = Math.min(MAX_ADDED, (length + 100) * MAX_EXPANSION)
  }

  /** `depth`: how many collections the node is in. */
  build(written: ParsedNode, depth: number): DocumentItem {
    const position = this.#at(written.range[0])
    if (isAlias(written)) return { position, value: this.#follow(written, position, depth) }
    const anchored = this.#anchor(written)
    const value = this.#node(written, position, depth)
    if (anchored !== undefined) anchored.node = value
    return { position, value }
  }

  /** Set before what is inside the node is built: an alias in there may already mean it (and is refused). */
  #anchor(written: Exclude<ParsedNode, Alias.Parsed>): Anchored | undefined {
    if (written.anchor === undefined) return undefined
    const anchored: Anchored = { written }
    this.#anchors.set(written.anchor, anchored)
    return anchored
  }

  #node(written: Exclude<ParsedNode, Alias.Parsed>, position: Position, depth: number): DocumentNode {
    if (depth > MAX_DEPTH) return this.#refuse(position, TOO_DEEP)
    if (isScalar(written)) {
      return { kind: 'scalar', value: written.value as DocumentScalar['value'], position }
    }
    if (isMap(written)) {
      const entries = this.#entries(written.items, depth + 1)
      return this.#measured({ kind: 'map', entries, position }, entries.values())
    }
    // A list of pairs comes only with a tag (`!!omap`), and those are refused.
    const items = (written.items as ParsedNode[]).map((item) => this.build(item, depth + 1))
    return this.#measured({ kind: 'list', items, position }, items)
  }

  #entries(
    pairs: readonly { key: ParsedNode; value: ParsedNode | null }[],
    depth: number,
  ): ReadonlyMap<string, DocumentEntry> {
    const entries = new Map<string, DocumentEntry>()
    for (const { key, value } of pairs) {
      const keyPosition = this.#at(key.range[0])
      const name = this.#keyName(key, depth)
      // Also where the key is wrong: an anchor in the value is one.
      const item = value === null ? { position: keyPosition, value: nothing(keyPosition) } : this.build(value, depth)
      const first = name === undefined ? undefined : entries.get(name)
      if (name === undefined) {
        this.#problems.error(keyPosition, 'a key must be a text', {
          advice: 'write a name, in quotes where it holds brackets',
        })
      } else if (first !== undefined) {
        this.#problems.error(keyPosition, `the key "${name}" is written twice`, {
          advice: `keep one of them; the first is on line ${first.keyPosition.line}`,
        })
      } else {
        entries.set(name, { keyPosition, ...item })
      }
    }
    return entries
  }

  /** A key as it is written: `1` and `true` are texts here. */
  #keyName(key: ParsedNode, depth: number): string | undefined {
    // An anchor may be on a key, too.
    if (isScalar(key) && key.anchor !== undefined) this.build(key, depth)
    const written = isAlias(key) ? this.#anchors.get(key.source)?.written : key
    if (!isScalar(written) || written.value === null) return undefined
    return typeof written.value === 'string' ? written.value : (written.source ?? String(written.value))
  }

  #follow({ source }: Alias.Parsed, position: Position, depth: number): DocumentNode {
    const anchored = this.#anchors.get(source)
    if (anchored === undefined) {
      this.#problems.error(position, `nothing is anchored as &${source}`, { advice: 'set the anchor before its use' })
      return nothing(position)
    }
    if (anchored.node === undefined) {
      this.#problems.error(position, `*${source} is inside what it stands for`)
      return nothing(position)
    }
    const { values, levels } = this.#extentOf(anchored.node)
    if (depth + levels > MAX_DEPTH) return this.#refuse(position, TOO_DEEP)
    this.#added += values
    if (this.#added <= this.#maxAdded) return anchored.node
    return this.#refuse(position, {
      message: `aliases add more than ${this.#maxAdded} values to the file`,
      advice: 'write out what they stand for, or share less by them',
    })
  }

  /** Said once: what is beside it would say it again. */
  #refuse(position: Position, { message, ...more }: Wording): DocumentNode {
    if (!this.isRefused) this.#problems.error(position, message, more)
    this.isRefused = true
    return nothing(position)
  }

  #measured(node: DocumentNode, inside: Iterable<DocumentItem>): DocumentNode {
    let values = 1
    let levels = 0
    for (const { value } of inside) {
      const extent = this.#extentOf(value)
      values += extent.values
      levels = Math.max(levels, extent.levels + 1)
    }
    this.#extents.set(node, { values, levels })
    return node
  }

  #extentOf(node: DocumentNode): Extent {
    return this.#extents.get(node) ?? SCALAR_EXTENT
  }
}

const nothing = (position: Position): DocumentNode => ({ kind: 'scalar', value: null, position })
