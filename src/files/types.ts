/** Why a file cannot be read: what is left of the system's error. */
export interface FileFailure {
  readonly code: string
  readonly message: string
}

export type FileKind = 'file' | 'folder' | 'other'

export interface GlobOptions {
  /** What a relative pattern is relative to; the working directory by default. */
  readonly cwd?: string
  /** A folder that matches stands for all files below it. Default: it does not. */
  readonly expandsFolders?: boolean
}

/** The files a load looks at: those on disk, or those that an earlier load found there. */
export interface FileView {
  /** @throws FileUnreadable */
  read(path: string): Buffer
  /** undefined: there is nothing. Links are followed. */
  kindOf(path: string): FileKind | undefined
  /** What stands in the way of reading it; undefined: nothing. */
  obstacleTo(path: string): FileFailure | undefined
  /** Absolute paths of the files that match, sorted. */
  glob(pattern: string, options: GlobOptions): readonly string[]
}

/**
 * All that a load has read and looked for, with what it found. Holds plain values only, so that it can be sent to another
 * process; a load over it comes to the same, whatever has become of the files since.
 */
export interface FileRecord {
  readonly reads: ReadonlyMap<string, Uint8Array | FileFailure>
  readonly kinds: ReadonlyMap<string, FileKind | undefined>
  readonly obstacles: ReadonlyMap<string, FileFailure | undefined>
  /** By pattern and options. */
  readonly globs: ReadonlyMap<string, readonly string[]>
}

/** As the system says it: `code` is that of a NodeJS.ErrnoException. */
export class FileUnreadable extends Error {
  readonly code: string

  constructor({ code, message }: FileFailure) {
    super(message)
    this.code = code
  }
}
