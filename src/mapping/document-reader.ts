import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Node,
} from 'yaml'
import { nearestName, type Position, type Problems } from '../problems/index.js'
import { findJsonError } from './json-syntax.js'

/** An entry of a map: where its key stands, and its value (never null: null is absence, as in ProtoJSON). */
export interface DocumentEntry {
  readonly keyPosition: Position
  readonly value: Node
}

/** How much larger than its text aliases may make a file: legitimate sharing stays far below, "bombs" go far above. */
const MAX_EXPANSION = 10

/**
 * A YAML or JSON file that holds a ProtoJSON message, read by hand so that every complaint has the place of the very
 * value. Wrong types are reported and read as absent.
 */
export class DocumentReader {
  /** The top-level node; undefined where the file is empty or cannot be parsed. */
  readonly root: Node | undefined
  /** There is nothing in the file but comments, or null. */
  readonly isEmpty: boolean = false
  private readonly file: string
  private readonly problems: Problems
  private readonly lines = new LineCounter()
  private readonly aliases: ReadonlyMap<Alias, Node>
  /** How many values may still be visited. Without aliases there are never more than characters. */
  private budget: number

  /** @param file its name as shown; `.json` (in any case) is read as RFC 8259 JSON, all else as YAML 1.2 */
  constructor(file: string, text: string, problems: Problems) {
    this.file = file
    this.problems = problems
    this.budget = (text.length + 100) * MAX_EXPANSION
    const document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false, stringKeys: true })
    this.aliases = resolveAliases(document)
    const isJson = file.toLowerCase().endsWith('.json')
    if (isJson && !this.checkJson(text)) return
    let isReadable = true
    for (const { pos, code, message } of [...document.errors, ...document.warnings]) {
      // A key given twice is no reason not to read the rest.
      if (code !== 'DUPLICATE_KEY') isReadable = false
      const rest = text.slice(pos[0])
      if (code === 'DUPLICATE_KEY') {
        this.complain(this.at(pos[0]), `duplicate key ${/^"(?:[^"\\]|\\.)*"|^[^:\s]*/.exec(rest)?.[0] ?? ''}`)
      } else if (code === 'MULTIPLE_DOCS') {
        this.complain(this.at(pos[0]), 'a second YAML document: only one is read')
      } else if (code === 'BAD_ALIAS' && /^\*?(\s|[,}\]]|$)/.test(rest)) {
        this.complain(this.at(pos[0]), "a bare '*'", 'write "*" in quotes')
      } else {
        this.complain(this.at(pos[0]), message)
      }
    }
    if (!isReadable) return
    this.root = document.contents === null ? undefined : this.follow(document.contents)
    this.isEmpty = this.root === undefined
  }

  positionOf(node: Node): Position {
    return this.at(node.range?.[0] ?? 0)
  }

  complain(position: Position, message: string, advice?: string): void {
    this.problems.error(position, message, advice === undefined ? {} : { advice })
  }

  /**
   * The entries of a map by proto name; either spelling (`response_body`, `responseBody`) is accepted, both is an
   * error, and so is a name that is not known.
   *
   * @param known proto names of the message's fields
   * @param what how to name the message to a person
   */
  entries(node: Node, known: readonly string[], what: string): Map<string, DocumentEntry> {
    const entries = new Map<string, DocumentEntry>()
    if (!isMap(node)) {
      this.complain(this.positionOf(node), `${what} is not a map of keys to values`)
      return entries
    }
    const spellings = new Map<string, string>()
    for (const name of known) spellings.set(name, name).set(camelCase(name), name)
    for (const pair of node.items) {
      const key = pair.key as Node
      const written = isScalar(key) ? String(key.value) : ''
      const name = spellings.get(written)
      const keyPosition = this.positionOf(key)
      if (name === undefined) {
        const nearest = nearestName(written, [...spellings.keys()])
        const advice = nearest === undefined ? undefined : `did you mean "${nearest}"?`
        this.complain(keyPosition, `unknown key "${written}" in ${what}`, advice)
        continue
      }
      if (entries.has(name)) {
        // Twice in one spelling is reported by the parser.
        if (node.has(name) && node.has(camelCase(name)) && name !== camelCase(name)) {
          this.complain(keyPosition, `"${name}" is given in both spellings`)
        }
        continue
      }
      const value = pair.value === null ? undefined : this.follow(pair.value as Node)
      if (value !== undefined) entries.set(name, { keyPosition, value })
    }
    return entries
  }

  /** The items of a list; nulls are errors, as in ProtoJSON. */
  items(node: Node, what: string): Node[] {
    if (!isSeq(node)) {
      this.complain(this.positionOf(node), `${what} is not a list`)
      return []
    }
    const items: Node[] = []
    for (const item of node.items as Node[]) {
      const value = this.follow(item)
      if (value === undefined) this.complain(this.positionOf(item), `an item of ${what} is null`)
      else items.push(value)
    }
    return items
  }

  text(node: Node, what: string): string | undefined {
    return this.scalar(node, what, 'a string', (value) => (typeof value === 'string' ? value : undefined))
  }

  boolean(node: Node, what: string): boolean | undefined {
    return this.scalar(node, what, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined))
  }

  /** ProtoJSON: a uint32 is a number or the same in a string. */
  uint32(node: Node, what: string): number | undefined {
    return this.scalar(node, what, 'a number', (value) => {
      const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
      return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number < 2 ** 32
        ? number
        : undefined
    })
  }

  private scalar<T>(node: Node, what: string, type: string, read: (value: unknown) => T | undefined): T | undefined {
    const value = isScalar(node) ? read(node.value) : undefined
    if (value === undefined) this.complain(this.positionOf(node), `${what} is not ${type}`)
    return value
  }

  /** What an alias stands for; undefined for null, and for everything once aliases have made the file too large. */
  private follow(node: Node): Node | undefined {
    if (this.budget <= 0) return undefined
    if (--this.budget <= 0) {
      this.complain(this.positionOf(node), `aliases make the file more than ${MAX_EXPANSION} times as large`)
      return undefined
    }
    const value = isAlias(node) ? this.aliases.get(node) : node
    if (value === undefined) this.complain(this.positionOf(node), 'an alias has no anchor')
    return value === undefined || (isScalar(value) && value.value === null) ? undefined : value
  }

  private at(offset: number): Position {
    const { line, col } = this.lines.linePos(offset)
    return { file: this.file, line, column: col }
  }

  /** JSON is stricter than the YAML it is a part of: comments, trailing commas, bare words. */
  private checkJson(text: string): boolean {
    const offset = findJsonError(text)
    if (offset === -1) return true
    const found = offset === text.length ? 'end' : `'${String.fromCodePoint(text.codePointAt(offset)!)}'`
    this.complain(this.at(offset), `not JSON: unexpected ${found}`)
    return false
  }
}

/** What each alias stands for, by one pass: the library's own look-up goes through the whole document for each. */
function resolveAliases(document: Document.Parsed): Map<Alias, Node> {
  const anchors = new Map<string, Node>()
  const targets = new Map<Alias, Node>()
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source)
        if (target !== undefined) targets.set(node, target)
      } else if (node.anchor !== undefined) {
        anchors.set(node.anchor, node)
      }
    },
  })
  return targets
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
