import { existsSync } from 'node:fs'
import { globSync } from 'tinyglobby'
import { readTextFile, type GatewayConfig } from '../config/index.js'
import { shownPath } from '../descriptors/index.js'
import { readMappingFile, type MappingFile } from '../mapping/index.js'
import type { Problems } from '../problems/index.js'

export interface ReadMappings {
  readonly mappingFiles: readonly MappingFile[]
  /** Absolute. */
  readonly paths: readonly string[]
  /** Worth saying once: sections of the files that the gateway does not use. */
  readonly notes: readonly string[]
}

/** Reads every mapping file the configuration names, in its order; those of one glob by name. */
export function readMappings(config: GatewayConfig, problems: Problems): ReadMappings {
  const mappingFiles: MappingFile[] = []
  const paths: string[] = []
  const notes: string[] = []
  for (const { value: glob, position } of config.mappings) {
    // A file that is named outright may have characters that mean something in a glob.
    const found = existsSync(glob) ? [glob] : globSync(glob, { absolute: true }).sort()
    if (found.length === 0) {
      problems.error(position, `no mapping file matches ${shownPath(glob)}`, {
        selector: 'mappings',
        advice: 'check the path; it is relative to the configuration file',
      })
    }
    for (const path of found) {
      if (paths.includes(path)) continue
      paths.push(path)
      const file = shownPath(path)
      const mapping = readFile(path, file, problems)
      if (mapping === undefined) continue
      mappingFiles.push(mapping)
      const { ignoredSections } = mapping
      if (ignoredSections.length > 0) notes.push(`${file}: only http is used, not ${ignoredSections.join(', ')}`)
    }
  }
  return { mappingFiles, paths, notes }
}

function readFile(path: string, file: string, problems: Problems): MappingFile | undefined {
  const read = readTextFile(path)
  if ('text' in read) return readMappingFile({ file, text: read.text }, problems)
  problems.error({ file, line: 0, column: 0 }, `cannot be read: ${read.wrong}`, {
    advice: 'make it readable, in UTF-8, or take it out of mappings',
  })
  return undefined
}
