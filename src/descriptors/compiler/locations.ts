import { create } from '@bufbuild/protobuf'
import { SourceCodeInfoSchema, SourceCodeInfo_LocationSchema, type SourceCodeInfo } from '@bufbuild/protobuf/wkt'
import type { Comments } from './comments.js'
import type { SourceText } from './source-text.js'

/** Cells of one record before its path: start and end offset, index of its comments (-1: none), path length. */
const START = 0
const END = 1
const COMMENTS = 2
const LENGTH = 3
const HEAD = 4

/** Paths of options as the parser records them end so: `uninterpreted_option` of every *Options message. */
export const UNINTERPRETED_OPTION = 999

export interface LocationMark {
  readonly path: readonly number[]
  readonly open: number
  readonly cells: number
}

/**
 * Where each part of a file stands, as SourceCodeInfo has it (descriptor.proto), in one flat array of numbers: a large
 * API has millions of these, and messages for them all would cost more than the compilation. Paths are pushed and
 * popped while parsing.
 */
export class LocationTable {
  #cells = new Int32Array(1024)
  #size = 0
  readonly #comments: Comments[] = []
  #path: number[] = []
  /** What each open location goes back to: a path length, or a whole path where it stands elsewhere. */
  #open: (number | number[])[] = []
  /** Records by path, made for one kind of top-level declaration when first asked: most are never. */
  readonly #lookup = new Map<number, Map<string, number>>()
  #interpreted: Map<string, readonly number[]> | undefined

  /** Begins a location one or two steps below the current one; gives its record. */
  open(start: number, step: number, index = -1): number {
    this.#open.push(this.#path.length)
    if (step >= 0) this.#path.push(step)
    if (index >= 0) this.#path.push(index)
    return this.#record(start, -1, this.#path)
  }

  /** Ends the location opened last, at `end` unless its end is known, and goes back to the one around it. */
  close(record: number, end: number): void {
    if (this.#cells[record + END]! < 0) this.#cells[record + END] = end
    const outer = this.#open.pop()!
    if (typeof outer === 'number') this.#path.length = outer
    else this.#path = outer
  }

  /** Begins a location that is not below the current one (a group's message beside its field). */
  openAt(base: readonly number[], start: number, step: number, index = -1): number {
    this.#open.push(this.#path)
    this.#path = index < 0 ? [...base, step] : [...base, step, index]
    return this.#record(start, -1, this.#path)
  }

  /** Adds a location of known extent below the current one. */
  add(start: number, end: number, step: number, index = -1): void {
    const record = this.open(start, step, index)
    this.close(record, end)
  }

  /** The open location's last step turns out to be another (`type` becomes `type_name`). */
  extend(record: number, step: number): void {
    this.#path.push(step)
    this.#reserve(1)
    this.#cells[this.#size++] = step
    this.#cells[record + LENGTH]!++
  }

  setEnd(record: number, end: number): void {
    this.#cells[record + END] = end
  }

  attach(record: number, comments: Comments): void {
    if (comments.leading === '' && comments.trailing === '' && comments.detached.length === 0) return
    this.#cells[record + COMMENTS] = this.#comments.length
    this.#comments.push(comments)
  }

  /** State to come back to after a syntax error. */
  mark(): LocationMark {
    return { path: this.#path.slice(), open: this.#open.length, cells: this.#size }
  }

  /** Ends every location opened since the mark. */
  recover(mark: LocationMark, end: number): void {
    this.#path = mark.path.slice()
    this.#open.length = mark.open
    for (let at = mark.cells; at < this.#size; at += HEAD + this.#cells[at + LENGTH]!)
      if (this.#cells[at + END]! < 0) this.#cells[at + END] = end
  }

  /** Length of the current path. */
  get depth(): number {
    return this.#path.length
  }

  /** The current path, copied. */
  currentPath(): readonly number[] {
    return this.#path.slice()
  }

  /** Goes a step down without a location of its own. */
  enter(step: number): void {
    this.#open.push(this.#path.length)
    this.#path.push(step)
  }

  leave(): void {
    this.#path.length = this.#open.pop() as number
  }

  startOf(record: number): number {
    return this.#cells[record + START]!
  }

  pathOf(record: number): readonly number[] {
    return Array.from(this.#pathCells(record))
  }

  /** Copies records, with the path element at `depth` changed: the options of several extension ranges. */
  copy(from: number, to: number, depth: number, value: number): void {
    for (let at = from; at < to; at += HEAD + this.#cells[at + LENGTH]!) {
      const length = HEAD + this.#cells[at + LENGTH]!
      this.#reserve(length)
      this.#cells.copyWithin(this.#size, at, at + length)
      this.#cells[this.#size + HEAD + depth] = value
      this.#size += length
    }
  }

  get size(): number {
    return this.#size
  }

  /** An option's path in the parsed file, and where its value went in the options message. */
  interpret(path: readonly number[], interpreted: readonly number[]): void {
    this.#interpreted ??= new Map()
    this.#interpreted.set(path.join('.'), interpreted)
  }

  /** Start offset of the first location with this path. */
  offsetOf(path: readonly number[]): number | undefined {
    const record = this.#find(path)
    return record === undefined ? undefined : this.#cells[record + START]
  }

  commentsOf(path: readonly number[]): Comments | undefined {
    const record = this.#find(path)
    const comments = record === undefined ? -1 : this.#cells[record + COMMENTS]!
    return comments < 0 ? undefined : this.#comments[comments]
  }

  /** The SourceCodeInfo that `protoc --include_source_info` writes. */
  toSourceCodeInfo(source: SourceText): SourceCodeInfo {
    const out = create(SourceCodeInfoSchema)
    for (let at = 0; at < this.#size; at += HEAD + this.#cells[at + LENGTH]!) {
      const path = this.#outputPath(Array.from(this.#pathCells(at)))
      // Like protoc, only the option as a whole: not the parts of its name, nor its value.
      if (path === undefined) continue
      const location = create(SourceCodeInfo_LocationSchema)
      const start = this.#cells[at + START]!
      const end = Math.max(start, this.#cells[at + END]!)
      const startLine = source.line(start)
      const endLine = source.line(end)
      location.path = path
      location.span =
        startLine === endLine
          ? [startLine, source.byteColumn(start), source.byteColumn(end)]
          : [startLine, source.byteColumn(start), endLine, source.byteColumn(end)]
      const comments = this.#comments[this.#cells[at + COMMENTS]!]
      if (comments !== undefined) {
        if (comments.leading !== '') location.leadingComments = comments.leading
        if (comments.trailing !== '') location.trailingComments = comments.trailing
        location.leadingDetachedComments.push(...comments.detached)
      }
      out.location.push(location)
    }
    return out
  }

  #outputPath(path: number[]): number[] | undefined {
    if (this.#interpreted === undefined) return path
    // 999 may also be an index: only a path that was interpreted is an option's.
    for (let at = path.indexOf(UNINTERPRETED_OPTION); at >= 0; at = path.indexOf(UNINTERPRETED_OPTION, at + 1)) {
      const interpreted = this.#interpreted.get(path.slice(0, at + 2).join('.'))
      if (interpreted !== undefined) return path.length > at + 2 ? undefined : [...interpreted]
    }
    return path
  }

  #record(start: number, end: number, path: readonly number[]): number {
    const record = this.#size
    this.#reserve(HEAD + path.length)
    this.#cells[record + START] = start
    this.#cells[record + END] = end
    this.#cells[record + COMMENTS] = -1
    this.#cells[record + LENGTH] = path.length
    for (let at = 0; at < path.length; at++) this.#cells[record + HEAD + at] = path[at]!
    this.#size += HEAD + path.length
    return record
  }

  #pathCells(record: number): Int32Array {
    return this.#cells.subarray(record + HEAD, record + HEAD + this.#cells[record + LENGTH]!)
  }

  #reserve(cells: number): void {
    if (this.#size + cells <= this.#cells.length) return
    const larger = new Int32Array(Math.max(this.#cells.length * 2, this.#size + cells))
    larger.set(this.#cells)
    this.#cells = larger
  }

  #find(path: readonly number[]): number | undefined {
    const kind = path[0] ?? -1
    let records = this.#lookup.get(kind)
    if (records === undefined) {
      records = new Map()
      for (let at = 0; at < this.#size; at += HEAD + this.#cells[at + LENGTH]!) {
        if (this.#cells[at + LENGTH]! === 0 || this.#cells[at + HEAD] !== kind) continue
        const key = this.#pathCells(at).join('.')
        if (!records.has(key)) records.set(key, at)
      }
      this.#lookup.set(kind, records)
    }
    return records.get(path.join('.'))
  }
}
