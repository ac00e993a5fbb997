import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { expect, test } from '@jest/globals'

/* What `npm ci --omit=dev` leaves out, an installed gateway does not have: see Dockerfile. */

const root = new URL('../../', import.meta.url)
const IMPORT = /(?:^(?:import|export)\b[^'"]*?\bfrom |^import |\bimport\()'([^'.][^']*)'/gm

/** `@scope/name` or `name` of what a file of `src` imports that is not of this project. */
function importedBy(file: string): readonly string[] {
  const text = readFileSync(new URL(`src/${file}`, root), 'utf8')
  const names = [...text.matchAll(IMPORT)].map(([, specifier]) => specifier!)
  return names.filter((name) => !isBuiltin(name)).map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)![0])
}

test('what src imports is a dependency, and the other way round', () => {
  const files = readdirSync(new URL('src', root), { recursive: true, encoding: 'utf8' })
  const imported = new Set(files.filter((file) => file.endsWith('.ts')).flatMap(importedBy))
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    readonly dependencies: object
  }
  expect([...imported].sort()).toEqual(Object.keys(dependencies).sort())
})
