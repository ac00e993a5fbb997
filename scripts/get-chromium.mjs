/**
 * Puts Chromium without a window (Debian's chromium-headless-shell) into .tools/chromium: the browser that says whether pages of
 * other origins can read what they are to, and that the pages of the admin port work in.
 *
 *   node scripts/get-chromium.mjs
 */
import { getFromDebian } from './debian.mjs'

getFromDebian({
  name: 'chromium',
  packages: ['chromium-headless-shell'],
  binary: 'usr/lib/chromium/chromium-headless-shell',
  // A page is loaded, so that what is missing of its libraries shows.
  probe: ['--no-sandbox', '--dump-dom', 'about:blank'],
})
