import { readdirSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { GatewayConfig } from '../config/index.js'

/** Files whose change is a reason to load again, and folders in which a new file may be one. Absolute. */
export interface WatchedFiles {
  readonly files: ReadonlySet<string>
  /** Folders that the configuration's globs look into. */
  readonly folders: ReadonlySet<string>
}

/** Folders a glob may look into; more are not watched. */
const MAX_FOLDERS = 2000

/** @param files read or looked for; relative ones are relative to the working directory */
export function watchedFiles(files: readonly string[], config?: GatewayConfig): WatchedFiles {
  const folders = new Set<string>()
  if (config !== undefined) for (const glob of globsOf(config)) addFolders(glob, folders)
  return { files: new Set([...files, ...(config?.files ?? [])].map((file) => resolve(file))), folders }
}

/** Where a path really leads, through links; itself where it leads nowhere. */
export function realPathOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function globsOf(config: GatewayConfig): string[] {
  const globs = config.mappings.flatMap(({ kind, value }) => (kind === 'files' ? [value] : []))
  for (const entry of config.schema) {
    if (entry.kind !== 'protos') continue
    for (const glob of entry.protos) for (const root of entry.roots) globs.push(resolve(root, glob))
  }
  return globs.filter((glob) => SPECIAL.test(glob))
}

const SPECIAL = /[*?[\]{}()!]/

/** The folder a glob begins in, and those below it that it looks into, as deep as it goes. */
function addFolders(glob: string, folders: Set<string>): void {
  const segments = glob.split('/')
  const wild = segments.findIndex((segment) => SPECIAL.test(segment))
  const below = segments.slice(wild)
  const depth = below.includes('**') ? Infinity : below.length - 1
  const first = segments.slice(0, wild).join('/')
  addFolder(first === '' ? '/' : first, depth, folders)
}

function addFolder(folder: string, depth: number, folders: Set<string>): void {
  if (folders.size >= MAX_FOLDERS) return
  folders.add(folder)
  if (depth <= 0) return
  for (const name of foldersIn(folder)) addFolder(join(folder, name), depth - 1, folders)
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.'))
      .map(({ name }) => name)
  } catch {
    return []
  }
}

/** The folders in which something has to happen for a watched file, or what it links to, to change. */
export function foldersToWatch({ files, folders }: WatchedFiles): Set<string> {
  const all = new Set(folders)
  for (const file of files) {
    all.add(dirname(file))
    all.add(dirname(realPathOf(file)))
  }
  return all
}
