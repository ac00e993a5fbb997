import { readdirSync, readFileSync } from 'node:fs'
import type { AgentFiles } from './types.js'

/** The files of this machine. */
export const systemFiles: AgentFiles = {
  read: (path) => readFileSync(path),
  list: (folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .sort(),
}
