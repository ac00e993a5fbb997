import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/* xmllint, a validator that is not ours (scripts/get-xmllint.mjs). */

const program = fileURLToPath(new URL('../../.tools/xmllint/xmllint', import.meta.url))

export const hasXmllint = (): boolean => {
  if (existsSync(program)) return true
  if (process.env['CI'] !== undefined) throw new Error('no xmllint: run scripts/get-xmllint.mjs')
  console.log('skipped: no xmllint binary')
  return false
}

export interface Verdict {
  readonly isValid: boolean
  /** What xmllint said of it. */
  readonly said: string
}

/**
 * What xmllint says of each document.
 *
 * @param schemas the first is the one to judge by; the others are beside it
 */
export function validate(schemas: readonly { name: string; text: string }[], documents: readonly string[]): Verdict[] {
  const folder = mkdtempSync(join(tmpdir(), 'xmllint-'))
  try {
    for (const { name, text } of schemas) writeFileSync(join(folder, name), text)
    documents.forEach((text, at) => writeFileSync(join(folder, `${at}.xml`), text))
    const files = documents.map((_, at) => `${at}.xml`)
    const { stderr, status } = spawnSync(program, ['--noout', '--schema', schemas[0]!.name, ...files], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    // 5: the schema itself does not compile.
    if (status === 5 || status === null) throw new Error(stderr)
    return documents.map((_, at) => {
      const said = stderr.split('\n').filter((line) => line.startsWith(`${at}.xml:`) || line.startsWith(`${at}.xml `))
      return { isValid: said.some((line) => line === `${at}.xml validates`), said: said.join('\n') }
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
