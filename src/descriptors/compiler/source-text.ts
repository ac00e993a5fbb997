import type { Position } from '../../problems/index.js'

const LINE_FEED = 10
const TAB = 9
/** Columns of SourceCodeInfo count a tab to the next multiple of this, as protoc's tokenizer does. */
const TAB_WIDTH = 8

/** One source file: its text and the way from an offset in it to a line and a column. */
export class SourceText {
  /** Path as a person is shown it. */
  readonly path: string
  readonly text: string
  #lineStarts: Uint32Array | undefined

  constructor(path: string, text: string) {
    this.path = path
    this.text = text
  }

  /** Place of an offset (UTF-16 units from 0) for a person: lines and columns from 1, a tab is one column. */
  position(offset: number): Position {
    const line = this.#lineOf(offset)
    return { file: this.path, line: line + 1, column: offset - this.#starts()[line]! + 1 }
  }

  /** Line from 0. */
  line(offset: number): number {
    return this.#lineOf(offset)
  }

  /** Column from 0 as descriptor.proto's SourceCodeInfo counts it: UTF-8 bytes, tabs to the next multiple of 8. */
  byteColumn(offset: number): number {
    let column = 0
    for (let at = this.#starts()[this.#lineOf(offset)]!; at < offset; at++) {
      const unit = this.text.charCodeAt(at)
      if (unit === TAB) column += TAB_WIDTH - (column % TAB_WIDTH)
      else if (unit < 0x80) column += 1
      else if (unit < 0x800) column += 2
      else if (unit >= 0xd800 && unit <= 0xdbff) {
        column += 4
        at++
      } else column += 3
    }
    return column
  }

  #lineOf(offset: number): number {
    const starts = this.#starts()
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  #starts(): Uint32Array {
    if (this.#lineStarts === undefined) {
      const starts = [0]
      for (let at = 0; at < this.text.length; at++) if (this.text.charCodeAt(at) === LINE_FEED) starts.push(at + 1)
      this.#lineStarts = Uint32Array.from(starts)
    }
    return this.#lineStarts
  }
}
