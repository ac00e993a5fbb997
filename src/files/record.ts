import { createHash } from 'node:crypto'
import {
  FileUnreadable,
  type FileFailure,
  type FileKind,
  type FileRecord,
  type FileView,
  type GlobOptions,
} from './types.js'

/** Looks at files as another view does, and keeps what it found: asked again, it says the same. */
export class RecordingView implements FileView {
  readonly #under: FileView
  readonly #record = {
    reads: new Map<string, Uint8Array | FileFailure>(),
    kinds: new Map<string, FileKind | undefined>(),
    obstacles: new Map<string, FileFailure | undefined>(),
    globs: new Map<string, readonly string[]>(),
  }

  constructor(under: FileView) {
    this.#under = under
  }

  get record(): FileRecord {
    return this.#record
  }

  read(path: string): Buffer {
    const { reads } = this.#record
    const known = reads.get(path)
    if (known !== undefined) return bytesOf(known)
    try {
      const bytes = this.#under.read(path)
      reads.set(path, bytes)
      return bytes
    } catch (error) {
      if (error instanceof FileUnreadable) reads.set(path, { code: error.code, message: error.message })
      throw error
    }
  }

  kindOf(path: string): FileKind | undefined {
    return remembered(this.#record.kinds, path, () => this.#under.kindOf(path))
  }

  obstacleTo(path: string): FileFailure | undefined {
    return remembered(this.#record.obstacles, path, () => this.#under.obstacleTo(path))
  }

  glob(pattern: string, options: GlobOptions): readonly string[] {
    return remembered(this.#record.globs, globKey(pattern, options), () => this.#under.glob(pattern, options))
  }
}

/** Looks at a record, and beyond it for what is not in there. */
export class ReplayingView implements FileView {
  readonly #record: FileRecord
  readonly #beyond: FileView

  constructor(record: FileRecord, beyond: FileView) {
    this.#record = record
    this.#beyond = beyond
  }

  read(path: string): Buffer {
    const known = this.#record.reads.get(path)
    return known === undefined ? this.#beyond.read(path) : bytesOf(known)
  }

  kindOf(path: string): FileKind | undefined {
    return this.#record.kinds.has(path) ? this.#record.kinds.get(path) : this.#beyond.kindOf(path)
  }

  obstacleTo(path: string): FileFailure | undefined {
    return this.#record.obstacles.has(path) ? this.#record.obstacles.get(path) : this.#beyond.obstacleTo(path)
  }

  glob(pattern: string, options: GlobOptions): readonly string[] {
    return this.#record.globs.get(globKey(pattern, options)) ?? this.#beyond.glob(pattern, options)
  }
}

/** A record without the contents of files: enough to tell whether anything is another. */
export interface FileFingerprint extends Omit<FileRecord, 'reads'> {
  /** A hash of the contents, or the code of the failure. */
  readonly reads: ReadonlyMap<string, string>
}

export function fingerprintOf({ reads, ...rest }: FileRecord): FileFingerprint {
  return {
    ...rest,
    reads: new Map(
      [...reads].map(([path, found]) => [path, found instanceof Uint8Array ? digestOf(found) : found.code]),
    ),
  }
}

/** Whether a view finds everything as it was. */
export function isAsBefore({ reads, kinds, obstacles, globs }: FileFingerprint, view: FileView): boolean {
  for (const [key, found] of globs) {
    const [pattern, options] = JSON.parse(key) as [string, GlobOptions]
    if (view.glob(pattern, options).join('\0') !== found.join('\0')) return false
  }
  for (const [path, kind] of kinds) if (view.kindOf(path) !== kind) return false
  for (const [path, obstacle] of obstacles) if (view.obstacleTo(path)?.code !== obstacle?.code) return false
  for (const [path, found] of reads) if (readingOf(path, view) !== found) return false
  return true
}

function readingOf(path: string, view: FileView): string {
  try {
    return digestOf(view.read(path))
  } catch (error) {
    if (error instanceof FileUnreadable) return error.code
    throw error
  }
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64')

function bytesOf(found: Uint8Array | FileFailure): Buffer {
  if (!(found instanceof Uint8Array)) throw new FileUnreadable(found)
  return Buffer.isBuffer(found) ? found : Buffer.from(found.buffer, found.byteOffset, found.byteLength)
}

function remembered<T>(known: Map<string, T>, key: string, look: () => T): T {
  if (known.has(key)) return known.get(key)!
  const found = look()
  known.set(key, found)
  return found
}

const globKey = (pattern: string, options: GlobOptions): string => JSON.stringify([pattern, options])
