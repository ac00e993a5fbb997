import { disk } from './disk.js'
import { fingerprintOf, isAsBefore, RecordingView, ReplayingView, type FileFingerprint } from './record.js'
import type { FileFailure, FileKind, FileRecord, FileView, GlobOptions } from './types.js'

export { shownPath } from './shown-path.js'
export { isUtf16, whyNot } from './why-not.js'
export { FileUnreadable, type FileFailure, type FileKind, type FileRecord } from './types.js'

/*
 * What a load reads from disk, it reads through here: so that what it found can be recorded, and another load, in another
 * process too, come to the same result though the files have changed meanwhile. Which view is looked at is a matter of the
 * synchronous step under way, as a load is made of such steps; at any other time it is the disk.
 */

let current: FileView = disk

/** @throws FileUnreadable */
export const readBytes = (path: string): Buffer => current.read(path)

/** @throws FileUnreadable */
export const readText = (path: string): string => current.read(path).toString('utf8')

export const kindOf = (path: string): FileKind | undefined => current.kindOf(path)
export const isThere = (path: string): boolean => current.kindOf(path) !== undefined
export const isFile = (path: string): boolean => current.kindOf(path) === 'file'
export const isFolder = (path: string): boolean => current.kindOf(path) === 'folder'
export const obstacleTo = (path: string): FileFailure | undefined => current.obstacleTo(path)

/** Absolute paths of the files that match, sorted. */
export const glob = (pattern: string, options: GlobOptions = {}): readonly string[] => current.glob(pattern, options)

/** Steps of one load; all see the same files. */
export interface FileSteps {
  /** Runs a synchronous step. */
  run<T>(step: () => T): T
}

/** Steps that look at the disk. */
export const onDisk: FileSteps = { run: (step) => step() }

/** Steps whose findings are kept, beside being used. */
export function recording(): FileSteps & { readonly record: FileRecord } {
  const view = new RecordingView(current)
  return { run: (step) => within(view, step), record: view.record }
}

/** Steps that find what another load has found. */
export function replaying(record: FileRecord): FileSteps {
  const view = new ReplayingView(record, disk)
  return { run: (step) => within(view, step) }
}

/** Keeps what came of a synchronous step, for as long as everything it has read and looked for stays as it was. */
export class FileMemo<T> {
  #known: { readonly key: string; readonly found: FileFingerprint; readonly result: T } | undefined

  /**
   * @param key what else the result depends on
   * @param isKept whether a result may be used again
   */
  get(key: string, make: () => T, isKept: (result: T) => boolean): T {
    const known = this.#known
    if (known?.key === key && isAsBefore(known.found, current)) return known.result
    const view = new RecordingView(current)
    const result = within(view, make)
    this.#known = isKept(result) ? { key, found: fingerprintOf(view.record), result } : undefined
    return result
  }
}

function within<T>(view: FileView, step: () => T): T {
  const outer = current
  current = view
  try {
    return step()
  } finally {
    current = outer
  }
}
