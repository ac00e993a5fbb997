import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The package's version: its package.json lies above the sources, and one further above the built files. */
export const VERSION = readVersion(dirname(fileURLToPath(import.meta.url)))

function readVersion(folder: string): string {
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'))
      if (isOwnManifest(manifest)) return manifest.version
    } catch {
      // None here: look above.
    }
  }
  return '0.0.0'
}

function isOwnManifest(manifest: unknown): manifest is { readonly version: string } {
  if (typeof manifest !== 'object' || manifest === null) return false
  return (
    'name' in manifest &&
    manifest.name === 'protobridge' &&
    'version' in manifest &&
    typeof manifest.version === 'string'
  )
}
