import type { LogEntry } from './entry.js'

/*
 * A line is made of parts, each of which writes itself as bytes. Made as one text, a line of sixteen fields is put together twice, as
 * a tree of texts and then as one, and costs half as much again (docs/decisions/access-log.md).
 */

/**
 * Writes ASCII of what an entry tells.
 * @returns where it ends; -1 where there is no room for it
 */
export type LinePart = (entry: LogEntry, bytes: Buffer, at: number) => number

/** What there is of one request. undefined: there is nothing. */
export type ValueOf = (entry: LogEntry) => string | number | undefined

/** The parts, one behind the other. */
export function line(parts: readonly LinePart[]): LinePart {
  return (entry, bytes, at) => {
    let end = at
    for (let i = 0; i < parts.length && end >= 0; i++) end = parts[i]!(entry, bytes, end)
    return end
  }
}

/** Longer text is not kept for the next line. */
const MAX_KEPT = 512

/**
 * A part of which most lines say what the line before said: the route and the status, say. It is kept.
 * @param values all that its text depends on
 */
export function keptPart(values: readonly ValueOf[], textOf: (entry: LogEntry) => string): LinePart {
  const last = values.map((): string | number | undefined => undefined)
  let text: string | undefined
  /** The text's, once it is said again. */
  let kept: Uint8Array | undefined
  return (entry, bytes, at) => {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!(entry)
      if (value === last[i]) continue
      last[i] = value
      text = kept = undefined
    }
    if (text === undefined) {
      const made = textOf(entry)
      if (made.length <= MAX_KEPT) text = made
      return putText(made, bytes, at)
    }
    kept ??= Buffer.from(text, 'latin1')
    const end = at + kept.length
    if (end > bytes.length) return -1
    bytes.set(kept, at)
    return end
  }
}

/** Text shorter than this takes longer to hand to `write` than to copy. */
const SHORT = 12

/**
 * Writes text of ASCII.
 * @returns where it ends; -1 where there is no room for it
 */
export function putText(text: string, bytes: Buffer, at: number): number {
  const end = at + text.length
  if (end > bytes.length) return -1
  if (text.length <= SHORT) for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i)
  else bytes.write(text, at, 'latin1')
  return end
}
