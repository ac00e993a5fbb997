import { resolve } from 'node:path'
import { kindOf, obstacleTo, whyNot } from '../files/index.js'
import type { Position, Problems } from '../problems/index.js'
import { type Positions, keyPathOf } from './document.js'
import { type Reading, parseDuration, parseSize } from './units.js'

/** What turning a written configuration into a normalized one needs everywhere: places, problems, the base folder. */
export class Normalization {
  readonly positions: Positions
  readonly baseDir: string
  /** Files named outright, absolute, as they are met. */
  readonly files = new Set<string>()
  /** True once something the stages after this one would open at load is not as it should be: they must not try. */
  hasBrokenInput = false
  readonly #problems: Problems
  readonly #standIns: readonly string[]

  /** `standIns`: places where something stands in for what has been reported; nothing is reported of them. */
  constructor(positions: Positions, baseDir: string, problems: Problems, standIns: readonly string[]) {
    this.#standIns = standIns
    this.positions = positions
    this.baseDir = baseDir
    this.#problems = problems
  }

  positionOf(pointer: string): Position {
    return this.positions.ofValue(pointer)
  }

  error(pointer: string, message: string, advice?: string): void {
    if (this.#standIns.some((place) => pointer === place || pointer.startsWith(`${place}/`))) return
    const more = advice === undefined ? {} : { advice }
    this.#problems.error(this.positions.ofValue(pointer), message, { selector: keyPathOf(pointer), ...more })
  }

  /** As `error`, for what a later stage reads or connects to: a file, a target, the name of an upstream. */
  inputError(pointer: string, message: string, advice?: string): void {
    // Listeners are opened last, when all else is sound: theirs hold up no other check.
    if (!pointer.startsWith('/listen')) this.hasBrokenInput = true
    this.error(pointer, message, advice)
  }

  /** Milliseconds; at least `leastMs`, by default 1: a time-out of nothing would refuse everything. */
  durationMs(pointer: string, text: string, leastMs = 1): number {
    return this.#reading(pointer, parseDuration(text), leastMs, `${text} is too short`, 'give more than 0')
  }

  /** Bytes; at least `leastBytes`, by default one. */
  sizeBytes(pointer: string, written: string | number, leastBytes = 1): number {
    return this.#reading(pointer, parseSize(written), leastBytes, `${written} is too small`, 'give more than 0')
  }

  #reading(pointer: string, reading: Reading, least: number, tooSmall: string, advice: string): number {
    if ('wrong' in reading) this.error(pointer, reading.wrong, reading.advice)
    else if (reading.value < least) this.error(pointer, tooSmall, advice)
    else return reading.value
    return least
  }

  /** The absolute path of a file that need not be there. */
  path(path: string): string {
    return resolve(this.baseDir, path)
  }

  /** The absolute path of a file that has to be there and be readable. */
  file(pointer: string, path: string): string {
    return this.#existing(pointer, path, 'file')
  }

  directory(pointer: string, path: string): string {
    return this.#existing(pointer, path, 'folder')
  }

  optionalFile(pointer: string, path: string | undefined): string | undefined {
    return path === undefined ? undefined : this.file(pointer, path)
  }

  #existing(pointer: string, path: string, kind: 'file' | 'folder'): string {
    const absolute = resolve(this.baseDir, path)
    if (kind === 'file') this.files.add(absolute)
    const wrong = whyUnreadable(absolute, kind)
    if (wrong !== undefined) {
      const advice = 'give a path that is there and readable, absolute or relative to the configuration file'
      this.inputError(pointer, `${JSON.stringify(path)} cannot be read: ${wrong}`, advice)
    }
    return absolute
  }
}

/** Why a file or folder cannot be read, in words; undefined: it can. */
export function whyUnreadable(path: string, kind: 'file' | 'folder'): string | undefined {
  const found = kindOf(path)
  // A pipe or a device (/dev/stdin, a mounted secret) is as good as a file.
  if (found !== undefined && (found === 'folder') !== (kind === 'folder'))
    return `it is ${kind === 'file' ? 'a folder' : 'not a folder'}`
  const obstacle = obstacleTo(path)
  return obstacle === undefined ? undefined : whyNot(obstacle)
}
