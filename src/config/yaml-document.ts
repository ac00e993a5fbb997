import {
  type Alias,
  type Document,
  LineCounter,
  type ParsedNode,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
  type YAMLError,
} from 'yaml'
import type { Position, Problems } from '../problems/index.js'
import { type ConfigDocument, Positions, childPointer } from './document.js'

/** Values in a file, those reached through aliases counted again: what bounds a "billion laughs" file. */
const MAX_VALUES = 100_000
const MAX_DEPTH = 64

/**
 * Reads YAML 1.2 (core schema), or JSON where the file's name ends in `.json`. Every syntax error, duplicate key,
 * unknown tag or bad alias goes to `problems` with its place; undefined when there was one.
 */
export function parseConfigText(text: string, file: string, problems: Problems): ConfigDocument | undefined {
  const isJson = file.toLowerCase().endsWith('.json')
  const lines = new LineCounter()
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  const before = problems.errors.length

  const doc = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    schema: isJson ? 'json' : 'core',
  })
  reportSyntax([...doc.errors, ...doc.warnings], text, at, problems)
  if (isJson && problems.errors.length === before) reportWhatJsonForbids(text, at, problems)
  if (problems.errors.length > before) return undefined

  const positions = new Positions(file)
  const reader = new TreeReader(doc, positions, at, problems)
  positions.set('', { file, line: 1, column: 1 })
  const value = doc.contents === null ? null : reader.read(doc.contents, '', [])
  return problems.errors.length > before ? undefined : { value, positions }
}

/** One error a line: what follows the first is mostly the parser finding its feet again. */
function reportSyntax(
  errors: readonly YAMLError[],
  text: string,
  at: (offset: number) => Position,
  problems: Problems,
): void {
  const lines = text.split('\n')
  const seen = new Set<number>()
  for (const error of [...errors].sort((a, b) => a.pos[0] - b.pos[0])) {
    const position = at(error.pos[0])
    if (seen.has(position.line)) continue
    seen.add(position.line)
    const isBareReference = lines[position.line - 1]?.includes('${') === true
    problems.error(position, `not well-formed: ${messageOf(error)}`, {
      advice: isBareReference ? 'inside { } or [ ] quote it: "${NAME}"' : adviceFor(error),
    })
  }
}

function messageOf(error: YAMLError): string {
  if (error.code === 'MULTIPLE_DOCS') return 'more than one document in the file'
  // The parser's own recursion gave out.
  if (error.code === 'RESOURCE_EXHAUSTION') return 'nested too deeply'
  const message = error.message.replace(/\.$/, '')
  return message.charAt(0).toLowerCase() + message.slice(1)
}

function adviceFor(error: YAMLError): string {
  switch (error.code) {
    case 'MULTIPLE_DOCS':
      return 'keep one, and take the "---" out'
    case 'TAB_AS_INDENT':
      return 'indent with spaces'
    case 'TAG_RESOLVE_FAILED':
      return 'write plain texts, numbers, lists and mappings, without tags; in JSON, quote texts'
    default:
      return 'look at the indentation, brackets and quotes here and just before'
  }
}

/** YAML takes more than JSON does (comments, trailing commas); a `.json` file is read by other tools too. */
function reportWhatJsonForbids(text: string, at: (offset: number) => Position, problems: Problems): void {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const offset = /at position ([0-9]+)/.exec(error.message)
    const place = offset === null ? text.length : Number(offset[1])
    problems.error(at(place), `not well-formed: not JSON`, {
      advice: 'JSON has no comments, trailing commas or single quotes; or name the file .yaml',
    })
  }
}

/** Turns nodes into plain values, noting where each stands. */
class TreeReader {
  readonly #doc: Document.Parsed
  readonly #positions: Positions
  readonly #at: (offset: number) => Position
  readonly #problems: Problems
  #count = 0

  constructor(doc: Document.Parsed, positions: Positions, at: (offset: number) => Position, problems: Problems) {
    this.#doc = doc
    this.#positions = positions
    this.#at = at
    this.#problems = problems
  }

  /** `open`: the nodes this one is in, outermost first. */
  read(node: ParsedNode, pointer: string, open: readonly ParsedNode[], key?: Position): unknown {
    const position = this.#at(node.range[0])
    if (++this.#count > MAX_VALUES) {
      // Said once: every further value would say it again.
      if (this.#count === MAX_VALUES + 1) this.#problems.error(position, `more than ${MAX_VALUES} values in the file`)
      return null
    }
    this.#positions.set(pointer, position, key)
    if (isAlias(node)) return this.#alias(node, pointer, open, position, key)
    if (open.length > MAX_DEPTH) {
      this.#problems.error(position, 'nested too deeply')
      return null
    }
    if (isMap(node)) return this.#map(node.items, pointer, [...open, node])
    if (isSeq(node)) {
      const inside = [...open, node]
      return node.items.map((item, index) =>
        isPair(item) ? null : this.read(item, childPointer(pointer, index), inside),
      )
    }
    return isScalar(node) ? node.value : null
  }

  #alias(
    node: Alias.Parsed,
    pointer: string,
    open: readonly ParsedNode[],
    position: Position,
    key: Position | undefined,
  ): unknown {
    const target = node.resolve(this.#doc) as ParsedNode | undefined
    if (target === undefined) {
      this.#problems.error(position, `nothing is anchored as &${node.source}`, {
        advice: 'set the anchor before its use',
      })
      return null
    }
    if (open.includes(target)) {
      this.#problems.error(position, `*${node.source} is inside what it stands for`)
      return null
    }
    const value = this.read(target, pointer, open, key)
    this.#positions.set(pointer, position, key)
    return value
  }

  #map(
    items: readonly { key: ParsedNode; value: ParsedNode | null }[],
    pointer: string,
    open: readonly ParsedNode[],
  ): unknown {
    const out = Object.create(null) as Record<string, unknown>
    const places = new Map<string, Position>()
    for (const { key, value } of items) {
      const place = this.#at(key.range[0])
      const name = this.#keyName(key)
      if (name === undefined) {
        this.#problems.error(place, 'a key must be a text')
        continue
      }
      const first = places.get(name)
      if (first !== undefined) {
        this.#problems.error(place, `the key "${name}" is written twice`, {
          advice: `keep one of them; the first is on line ${first.line}`,
        })
        continue
      }
      places.set(name, place)
      const child = childPointer(pointer, name)
      if (value === null) {
        this.#positions.set(child, place, place)
        out[name] = null
      } else {
        out[name] = this.read(value, child, open, place)
      }
    }
    return out
  }

  #keyName(key: ParsedNode): string | undefined {
    const node = isAlias(key) ? key.resolve(this.#doc) : key
    if (!isScalar(node) || node.value === null) return undefined
    return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
  }
}
