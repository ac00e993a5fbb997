import { protoCamelCase } from '@bufbuild/protobuf/reflect'
import { MERGE_KEY, MERGE_KEY_ADVICE, type DocumentEntry, type DocumentNode } from '../documents/index.js'
import { didYouMean, type Position, type Problems } from '../problems/index.js'

/**
 * Reads a ProtoJSON message out of a document, field by field, so that every complaint has the place of the very value.
 * Wrong types are reported and read as absent, null is absence.
 */
export class MessageReader {
  private readonly problems: Problems

  constructor(problems: Problems) {
    this.problems = problems
  }

  complain(position: Position, message: string, advice?: string): void {
    this.problems.error(position, message, advice === undefined ? {} : { advice })
  }

  warn(position: Position, message: string, advice: string): void {
    this.problems.warn(position, message, { advice })
  }

  /**
   * The entries of a map by proto name; either spelling (`response_body`, `responseBody`) is accepted, both is an
   * error, and so is a name that is not known.
   *
   * @param known proto names of the message's fields
   * @param what how to name the message to a person
   */
  entries(node: DocumentNode, known: readonly string[], what: string): Map<string, DocumentEntry> {
    const entries = new Map<string, DocumentEntry>()
    if (node.kind !== 'map') {
      this.complain(node.position, `${what} is not a map of keys to values`, 'write it as key: value')
      return entries
    }
    const spellings = new Map<string, string>()
    for (const name of known) spellings.set(name, name).set(protoCamelCase(name), name)
    for (const [written, entry] of node.entries) {
      const name = spellings.get(written)
      if (name === undefined) {
        const advice = written === MERGE_KEY ? MERGE_KEY_ADVICE : didYouMean(written, [...spellings.keys()])
        this.complain(entry.keyPosition, `unknown key "${written}" in ${what}`, advice)
      } else if (entries.has(name)) {
        this.complain(entry.keyPosition, `"${name}" is given in both spellings`, 'keep one of them')
      } else if (!isNull(entry.value)) {
        entries.set(name, entry)
      }
    }
    return entries
  }

  /** The items of a list; nulls are errors, as in ProtoJSON. */
  items(node: DocumentNode, what: string): DocumentNode[] {
    if (node.kind !== 'list') {
      this.complain(node.position, `${what} is not a list`, 'write it as a list: [ … ]')
      return []
    }
    const items: DocumentNode[] = []
    for (const { position, value } of node.items) {
      if (isNull(value)) this.complain(position, `an item of ${what} is null`, 'take it out')
      else items.push(value)
    }
    return items
  }

  text(node: DocumentNode, what: string): string | undefined {
    return this.scalar(node, what, 'a string', (value) => (typeof value === 'string' ? value : undefined))
  }

  boolean(node: DocumentNode, what: string): boolean | undefined {
    return this.scalar(node, what, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined))
  }

  /** ProtoJSON: a uint32 is a number or the same in a string. */
  uint32(node: DocumentNode, what: string): number | undefined {
    return this.scalar(node, what, 'a number', (value) => {
      const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
      return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number < 2 ** 32
        ? number
        : undefined
    })
  }

  private scalar<T>(
    node: DocumentNode,
    what: string,
    type: string,
    read: (value: unknown) => T | undefined,
  ): T | undefined {
    const value = node.kind === 'scalar' ? read(node.value) : undefined
    if (value === undefined) this.complain(node.position, `${what} is not ${type}`, `write ${type} here`)
    return value
  }
}

/** Of a message, an empty file and null are the same. */
export function isNull(node: DocumentNode): boolean {
  return node.kind === 'scalar' && node.value === null
}
