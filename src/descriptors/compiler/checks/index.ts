import type { LinkContext } from '../link-context.js'

export function checkFile(_context: LinkContext): void {}
