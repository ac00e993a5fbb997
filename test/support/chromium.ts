import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'

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

/** What goes wrong on a page from now on, as it does: messages, faults, requests that fail, and any to another origin. */
export function complaintsOf(page: Page, origin: string): readonly string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`))
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`)
    if (new URL(response.url()).origin !== origin) complaints.push(`loaded ${response.url()}`)
  })
  return complaints
}
