import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'

export type Mapping = Record<string, unknown>

export const rootPath = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
export const read = (path: string): string => readFileSync(rootPath(path), 'utf8')
export const isThere = (path: string): boolean => existsSync(rootPath(path))

/** The documents of a YAML file, with merge keys merged; a mistake in one is the test's failure. */
export function readYaml(path: string): Mapping[] {
  const documents = parseAllDocuments(read(path), { merge: true, strict: true })
  if (!Array.isArray(documents)) return []
  return documents.map((document) => {
    if (document.errors.length > 0) throw document.errors[0]!
    return document.toJS() as Mapping
  })
}

/** Names of the environment variables that a file asks for and gives no default. */
export function variablesOf(path: string): string[] {
  const names = [...read(path).matchAll(/\$\{([A-Z0-9_]+)\}/g)].map(([, name]) => name!)
  return [...new Set(names)].sort()
}
