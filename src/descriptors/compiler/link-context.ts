import { nearestName, type Position, type Problems } from '../../problems/index.js'
import { wellKnownFileOf } from '../well-known.js'
import { lastPart } from './names.js'
import type { FileEntry, Pool, Unresolved } from './pool.js'
import type { ParsedFile } from './syntax.js'

/** What linking and checking one file needs. */
export class LinkContext {
  readonly pool: Pool
  readonly file: FileEntry
  readonly parsed: ParsedFile
  readonly #problems: Problems
  /** One option may be that of several elements (extension ranges, map entries): its errors are reported once. */
  readonly #reported = new Set<string>()

  constructor(pool: Pool, file: FileEntry, parsed: ParsedFile, problems: Problems) {
    this.pool = pool
    this.file = file
    this.parsed = parsed
    this.#problems = problems
  }

  /**
   * Reports an error.
   * @param where path in SourceCodeInfo terms, or an offset
   */
  error(where: readonly number[] | number, message: string, selector: string, advice?: string): void {
    const position = this.position(where)
    const key = `${position.line}:${position.column}:${message}`
    if (this.#reported.has(key)) return
    this.#reported.add(key)
    this.#problems.error(position, message, more(selector, advice))
  }

  warn(where: readonly number[] | number, message: string, selector: string, advice?: string): void {
    this.#problems.warn(this.position(where), message, more(selector, advice))
  }

  position(where: readonly number[] | number): Position {
    if (typeof where === 'number') return this.parsed.source.position(where)
    for (let length = where.length; length > 0; length--) {
      const offset = this.parsed.locations.offsetOf(where.slice(0, length))
      if (offset !== undefined) return this.parsed.source.position(offset)
    }
    return this.parsed.source.position(0)
  }

  /** Reports a name that resolves to nothing, unless something that may have it is missing already. */
  unresolved(
    where: readonly number[] | number,
    what: string,
    name: string,
    selector: string,
    reason: Unresolved,
    isWanted: (kind: string) => boolean,
  ): void {
    if (reason.undeclared !== undefined) {
      const { name: file } = reason.undeclared
      this.error(
        where,
        `${what} \`${name}\` is in "${file}", which is not imported`,
        selector,
        `add \`import "${file}";\``,
      )
      return
    }
    if (this.file.isDamaged) return
    if (reason.shadowedBy !== undefined) {
      const advice = `write \`.${name}\` if a full name is meant: the innermost scope that has its first part decides`
      this.error(
        where,
        `${what} \`${name}\` is read as \`${reason.shadowedBy}\`, which does not exist`,
        selector,
        advice,
      )
      return
    }
    this.error(where, `${what} \`${name}\` does not exist`, selector, this.#suggestion(name, isWanted))
  }

  #suggestion(name: string, isWanted: (kind: string) => boolean): string {
    const wellKnown = wellKnownFileOf(name.startsWith('.') ? name.slice(1) : name)
    if (wellKnown !== undefined) return `add \`import "${wellKnown}";\``
    // Looking through all names for each of thousands would take longer than the compilation.
    if (this.pool.suggestionsLeft-- <= 0) return 'declare it, or import the file that does'
    const wanted = lastPart(name)
    const names = new Map<string, string>()
    for (const [fullName, symbol] of this.pool.symbols) {
      if (!isWanted(symbol.kind)) continue
      const short = lastPart(fullName)
      if (!names.has(short) || symbol.file === this.file) names.set(short, fullName)
    }
    const exact = names.get(wanted)
    if (exact !== undefined && exact !== name) return `did you mean \`${exact}\`?`
    const near = nearestName(wanted, [...names.keys()])
    return near === undefined ? 'declare it, or import the file that does' : `did you mean \`${names.get(near)}\`?`
  }
}

function more(selector: string, advice: string | undefined): { selector?: string; advice?: string } {
  return { ...(selector === '' ? {} : { selector }), ...(advice === undefined ? {} : { advice }) }
}
