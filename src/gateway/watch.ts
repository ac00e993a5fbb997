import { watch as watchFiles } from 'chokidar'
import { dirname } from 'node:path'
import type { GatewayConfig } from '../config/index.js'
import type { Snapshot } from '../snapshot/index.js'

/** Editors write in several steps, and deployments several files: a reload waits for this much quiet. */
const QUIET_MS = 150

/** New files of these kinds in a watched folder may be what a glob was waiting for. */
const LOADABLE = /\.(proto|ya?ml|json)$/

/** What to watch for a snapshot: its files, and the folders its globs look into. */
interface Watched {
  readonly files: ReadonlySet<string>
  readonly folders: ReadonlySet<string>
}

/** Watches every file a snapshot was made from; calls back once things are quiet again. */
export class FileWatch {
  readonly #watcher = watchFiles([], { ignoreInitial: true, depth: 8 })
  readonly #onChange: (file: string) => void
  #watched: Watched = { files: new Set(), folders: new Set() }
  #quiet: NodeJS.Timeout | undefined

  constructor(onChange: (file: string) => void, onError: (error: unknown) => void) {
    this.#onChange = onChange
    this.#watcher.on('all', (event, path) => this.#onEvent(event, path)).on('error', onError)
  }

  /** Watches what this snapshot is made from, and no longer what an earlier one was. */
  follow(snapshot: Snapshot): void {
    const next = watchedOf(snapshot)
    const before = new Set([...this.#watched.files, ...this.#watched.folders])
    const after = new Set([...next.files, ...next.folders])
    this.#watched = next
    this.#watcher.add([...after].filter((path) => !before.has(path)))
    this.#watcher.unwatch([...before].filter((path) => !after.has(path)))
  }

  async close(): Promise<void> {
    clearTimeout(this.#quiet)
    await this.#watcher.close()
  }

  #onEvent(event: string, path: string): void {
    const isOurs = this.#watched.files.has(path) || (event === 'add' && LOADABLE.test(path))
    if (!isOurs || event === 'addDir' || event === 'unlinkDir') return
    clearTimeout(this.#quiet)
    this.#quiet = setTimeout(() => this.#onChange(path), QUIET_MS)
  }
}

function watchedOf({ config, files }: Snapshot): Watched {
  return { files: new Set([...config.files, ...files]), folders: new Set(globFolders(config)) }
}

/** Folders that new files matching a glob would appear in or below. */
function globFolders(config: GatewayConfig): string[] {
  const folders: string[] = []
  for (const { value } of config.mappings) if (isGlob(value)) folders.push(fixedPart(value))
  for (const entry of config.schema) {
    if (entry.kind !== 'protos') continue
    for (const glob of entry.protos) {
      if (isGlob(glob)) for (const root of entry.roots) folders.push(fixedPart(`${root}/${glob}`))
    }
  }
  return folders
}

const isGlob = (text: string): boolean => /[*?[{]/.test(text)

function fixedPart(glob: string): string {
  const special = glob.search(/[*?[{]/)
  return dirname(`${glob.slice(0, special)}x`)
}
