import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { globSync } from 'tinyglobby'
import { FileUnreadable, type FileFailure, type FileView } from './types.js'

/** What is there now. */
export const disk: FileView = {
  read(path) {
    try {
      return readFileSync(path)
    } catch (error) {
      throw new FileUnreadable(failureOf(error))
    }
  },
  kindOf(path) {
    try {
      const stats = statSync(path)
      return stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : 'other'
    } catch {
      // Not there, or behind a folder that lets nobody in: why is what obstacleTo tells.
      return undefined
    }
  },
  obstacleTo(path) {
    try {
      accessSync(path, constants.R_OK)
      return undefined
    } catch (error) {
      return failureOf(error)
    }
  },
  glob: (pattern, { cwd, expandsFolders = false }) =>
    globSync(pattern, {
      ...(cwd === undefined ? {} : { cwd }),
      absolute: true,
      onlyFiles: true,
      expandDirectories: expandsFolders,
    }).sort(),
}

function failureOf(error: unknown): FileFailure {
  const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException
  return { code, message }
}
