import { MAX_DEPTH } from '../wire/reader.js'
import { CH } from './characters.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { Backslash, CloseBrace, CloseBracket, Comma, OpenBrace, OpenBracket, Quote, Space } = CH

const KEY = Buffer.from('"@type"')
/** Arrays and objects nested deeper than this are in no message that is read. */
const MAX_NESTING = 2 * MAX_DEPTH + 2

/**
 * Where the `@type` of the Anys in a body stands. It may be at an object's end, and Anys may be nested: so one pass over
 * the outermost notes it for every object inside, and none is passed over twice. What is no JSON ends the pass: who reads
 * the value will say so.
 */
export class AnyTypes {
  /** Of the objects in what was passed over: where each begins, and where the value of its `@type` is. */
  readonly #types = new Map<number, number>()
  #from = 0
  #to = 0

  clear(): void {
    if (this.#to === 0) return
    this.#types.clear()
    this.#to = 0
  }

  /**
   * Where the value of the key `@type` is in the object that begins at `start`; -1: it has no such key.
   *
   * @param firstAt where its first key is
   */
  find(bytes: Buffer, start: number, firstAt: number, end: number): number {
    // Where the type comes first, as it does in canonical JSON, there is nothing to look for.
    if (isPlainTypeKey(bytes, firstAt, end)) return behindColon(bytes, firstAt + KEY.length, end)
    if (start < this.#from || start >= this.#to) this.#index(bytes, start, end)
    return this.#types.get(start) ?? -1
  }

  #index(bytes: Buffer, start: number, end: number): void {
    /** Where the open objects begin, outermost first; -1 for an array. */
    const open: number[] = []
    let isAtKey = false
    let at = start
    for (; at < end; at++) {
      const byte = bytes[at]!
      if (byte === Quote) {
        const close = stringEnd(bytes, at, end)
        if (close === -1) break
        if (isAtKey && isTypeKey(bytes, at, close)) this.#add(open[open.length - 1]!, behindColon(bytes, close, end))
        isAtKey = false
        at = close - 1
      } else if (byte === OpenBrace || byte === OpenBracket) {
        if (open.length === MAX_NESTING) break
        isAtKey = byte === OpenBrace
        open.push(isAtKey ? at : -1)
      } else if (byte === Comma) {
        isAtKey = open[open.length - 1] !== -1
      } else if (byte === CloseBrace || byte === CloseBracket) {
        isAtKey = false
        open.pop()
        if (open.length === 0) break
      }
    }
    this.#from = start
    this.#to = Math.max(at, start + 1)
  }

  #add(object: number, at: number): void {
    // A second is refused when the object is read.
    if (!this.#types.has(object)) this.#types.set(object, at)
  }
}

/** Behind the string that begins at `at`; -1: it has no end. */
function stringEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at + 1; i < end; i++) {
    if (bytes[i] === Quote) return i + 1
    if (bytes[i] === Backslash) i++
  }
  return -1
}

function behindColon(bytes: Uint8Array, at: number, end: number): number {
  let i = at
  while (i < end && bytes[i]! <= Space) i++
  return i + 1
}

/** True for the string at `[from, to)`, however it is escaped. */
function isTypeKey(bytes: Buffer, from: number, to: number): boolean {
  if (to - from === KEY.length) return isPlainTypeKey(bytes, from, to)
  // Each of the five characters may be an escape of six.
  if (to - from > 2 + 5 * 6 || !bytes.subarray(from, to).includes(Backslash)) return false
  try {
    return JSON.parse(bytes.toString('utf8', from, to)) === '@type'
  } catch {
    return false
  }
}

function isPlainTypeKey(bytes: Uint8Array, from: number, end: number): boolean {
  if (from + KEY.length > end) return false
  for (let i = 0; i < KEY.length; i++) if (bytes[from + i] !== KEY[i]) return false
  return true
}
