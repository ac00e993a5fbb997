import { ICON } from './icon.js'
import { SCRIPT } from './script.js'
import { STYLE } from './style.js'

/** What pages load, by path, with its media type. */
export const ASSETS: Readonly<Record<string, readonly [type: string, text: string]>> = {
  '/assets/admin.css': ['text/css; charset=utf-8', STYLE],
  '/assets/admin.js': ['text/javascript; charset=utf-8', SCRIPT],
  '/assets/icon.svg': ['image/svg+xml', ICON],
}
