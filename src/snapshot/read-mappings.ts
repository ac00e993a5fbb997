import { readTextFile, type GatewayConfig } from '../config/index.js'
import { glob, isThere, shownPath } from '../files/index.js'
import { readMappingFile, type MappingFile } from '../mapping/index.js'
import type { Position, Problems } from '../problems/index.js'
import type { MappingText, ToldMappings } from './types.js'

export interface ReadMappings {
  readonly mappingFiles: readonly MappingFile[]
  /** Of files on disk; absolute. */
  readonly paths: readonly string[]
  /** Entries of `mappings` whose texts have not been told yet. */
  readonly awaited: readonly string[]
  /** Worth saying once: sections of the files that the gateway does not use. */
  readonly notes: readonly string[]
}

/**
 * Reads every mapping file the configuration names, in its order; those of one glob or of one prefix in Consul by name.
 * @param told what lies elsewhere than on disk, by its entry in `mappings`
 */
export function readMappings(config: GatewayConfig, told: ToldMappings, problems: Problems): ReadMappings {
  const texts = new Map<string, MappingText>()
  const paths: string[] = []
  const awaited: string[] = []
  for (const { kind, value, position } of config.mappings) {
    const found = kind === 'files' ? findFiles(value, position, problems) : told.get(value)
    if (found === undefined) {
      awaited.push(value)
      continue
    }
    if (kind === 'consul-kv' && found.length === 0) reportNoKey(value, position, problems)
    // A file that several entries name is read in the place of the first.
    for (const [name, text] of found) if (!texts.has(name)) texts.set(name, text)
    if (kind === 'files') paths.push(...found.map(([path]) => path))
  }
  const mappingFiles = [...texts.values()].flatMap((text) => readText(text, problems))
  const notes = mappingFiles
    .filter(({ ignoredSections }) => ignoredSections.length > 0)
    .map(({ file, ignoredSections }) => `${file}: only http is used, not ${ignoredSections.join(', ')}`)
  return { mappingFiles, paths: [...new Set(paths)], awaited, notes }
}

type Found = readonly (readonly [name: string, text: MappingText])[]

function findFiles(pattern: string, position: Position, problems: Problems): Found {
  // A file that is named outright may have characters that mean something in a glob.
  const paths = isThere(pattern) ? [pattern] : glob(pattern, { expandsFolders: true })
  if (paths.length === 0) {
    problems.error(position, `no mapping file matches ${shownPath(pattern)}`, {
      selector: 'mappings',
      advice: 'check the path; it is relative to the configuration file',
    })
  }
  return paths.map((path) => [path, { file: shownPath(path), ...readTextFile(path) }])
}

/** As for a glob: rules that were meant to be there and are not would be missed by the clients first. */
function reportNoKey(address: string, position: Position, problems: Problems): void {
  problems.error(position, `no mapping file is under ${address}`, {
    selector: 'mappings',
    advice: 'put a key ending in .yaml, .yml or .json there; a token needs key:read and key:list to see it',
  })
}

function readText(text: MappingText, problems: Problems): MappingFile[] {
  if ('text' in text) return [readMappingFile(text, problems)]
  problems.error({ file: text.file, line: 0, column: 0 }, `cannot be read: ${text.wrong}`, {
    advice: 'make it readable, in UTF-8, or take it out of mappings',
  })
  return []
}
