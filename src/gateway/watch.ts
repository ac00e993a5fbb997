import { existsSync, statSync, watch as watchFolder, type FSWatcher } from 'node:fs'
import { dirname, join } from 'node:path'
import { foldersToWatch, realPathOf, type WatchedFiles } from './watched-files.js'

/** Editors write in several steps, and deployments several files: a reload waits for this much quiet. */
const QUIET_MS = 150

/** New files of these kinds in a watched folder may be what a glob was waiting for. */
const LOADABLE = /\.(proto|ya?ml|json)$/

/**
 * Watches files by their folders, since editors and deployments put new files in the place of old ones, or turn a link
 * to another folder (as Kubernetes does), and calls back once things are quiet again.
 * Keeps no process alive.
 */
export class FileWatch {
  readonly #onChange: (file: string) => void
  readonly #onError: (error: unknown) => void
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; readonly inode: number }>()
  #watched: WatchedFiles = { files: new Set(), folders: new Set() }
  /** Folders that were to be watched and are not there: what is watched is the nearest around them. */
  #missing: string[] = []
  /** Watched files that are reached through links, with where they really are. */
  #links: ReadonlyMap<string, string> = new Map()
  #quiet: NodeJS.Timeout | undefined
  #hasFailed = false

  constructor(onChange: (file: string) => void, onError: (error: unknown) => void) {
    this.#onChange = onChange
    this.#onError = onError
  }

  /** Watches these, and no longer what was watched before. */
  follow(watched: WatchedFiles): void {
    this.#watched = watched
    const realPaths = [...watched.files].map((file) => [file, realPathOf(file)] as const)
    this.#links = new Map(realPaths.filter(([file, realPath]) => file !== realPath))
    this.#missing = []
    const wanted = new Set<string>()
    for (const folder of foldersToWatch(watched)) {
      const existing = nearestFolder(folder)
      if (existing !== folder) this.#missing.push(folder)
      wanted.add(existing)
    }
    for (const folder of this.#watchers.keys()) if (!wanted.has(folder)) this.#unwatch(folder)
    for (const folder of wanted) this.#watch(folder)
  }

  close(): void {
    clearTimeout(this.#quiet)
    for (const folder of this.#watchers.keys()) this.#unwatch(folder)
  }

  #watch(folder: string): void {
    const inode = statSync(folder, { throwIfNoEntry: false })?.ino ?? 0
    if (this.#watchers.get(folder)?.inode === inode) return
    this.#unwatch(folder)
    try {
      const watcher = watchFolder(folder, { persistent: false }, (_event, name) => this.#onEvent(folder, name))
      watcher.on('error', (error) => {
        this.#unwatch(folder)
        this.#tell(error)
      })
      this.#watchers.set(folder, { watcher, inode })
    } catch (error) {
      this.#tell(error)
    }
  }

  /** Once: where the system's limit is reached, it is for every folder. */
  #tell(error: unknown): void {
    if (!this.#hasFailed) this.#onError(error)
    this.#hasFailed = true
  }

  #unwatch(folder: string): void {
    this.#watchers.get(folder)?.watcher.close()
    this.#watchers.delete(folder)
  }

  #onEvent(folder: string, name: string | null): void {
    const path = name === null ? folder : join(folder, name)
    if (!this.#isOurs(folder, path)) return
    clearTimeout(this.#quiet)
    this.#quiet = setTimeout(() => this.#onChange(path), QUIET_MS)
    this.#quiet.unref()
  }

  #isOurs(folder: string, path: string): boolean {
    const { files, folders } = this.#watched
    if (files.has(path) || !existsSync(folder)) return true
    if (this.#missing.some((missing) => missing === path || missing.startsWith(`${path}/`))) return true
    if (folders.has(folder) && (LOADABLE.test(path) || isFolder(path))) return true
    for (const [file, before] of this.#links) if (before === path || realPathOf(file) !== before) return true
    return false
  }
}

function nearestFolder(folder: string): string {
  let at = folder
  while (!isFolder(at) && at !== dirname(at)) at = dirname(at)
  return at
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
