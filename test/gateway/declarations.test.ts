import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'

/** Every module that the package's declarations name, from the entry on. */
function namedModules(entry: URL): Set<string> {
  const pending = [entry]
  const seen = new Set<string>()
  const named = new Set<string>()
  for (let url = pending.pop(); url !== undefined; url = pending.pop()) {
    if (seen.has(url.href)) continue
    seen.add(url.href)
    for (const [, specifier = ''] of readFileSync(url, 'utf8').matchAll(/(?:from|import\() ?['"]([^'"]+)['"]/g)) {
      if (specifier.startsWith('.')) pending.push(new URL(specifier.replace(/\.js$/, '.d.ts'), url))
      else
        named.add(
          specifier
            .split('/')
            .slice(0, specifier.startsWith('@') ? 2 : 1)
            .join('/'),
        )
    }
  }
  return named
}

test('the declarations of the package name only modules that bring their types along', () => {
  const named = namedModules(new URL('../../dist/src/index.d.ts', import.meta.url))
  const withTypes = [...named].filter((name) => !name.startsWith('node:') && !builtinModules.includes(name)).sort()
  // Not express, negotiator or content-type: their types are packages of their own, which a user has no reason to have.
  expect(withTypes).toEqual(['@bufbuild/protobuf', 'pino'])
})
