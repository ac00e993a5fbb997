import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser } from 'playwright-core'

/* A real browser, Debian's Chromium (scripts/get-chromium.mjs). */

const program = fileURLToPath(new URL('../../.tools/chromium/chromium', import.meta.url))

export const hasChromium = (): boolean => {
  if (existsSync(program)) return true
  if (process.env['CI'] !== undefined) throw new Error('no Chromium: run scripts/get-chromium.mjs')
  console.log('skipped: no chromium binary')
  return false
}

/** Starts the browser, without a window. What it opens is thrown away with it. */
export function openChromium(): Promise<Browser> {
  // Debian's has no setuid sandbox beside it, and tests run as root in containers; the pages are the tests' own.
  return chromium.launch({ executablePath: program, args: ['--no-sandbox'] })
}
