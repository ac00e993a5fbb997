import { isAbsolute, relative } from 'node:path'

/** A path as a person is shown it: relative to the working directory where it is inside. */
export function shownPath(path: string): string {
  const below = relative(process.cwd(), path)
  return below === '' || below.startsWith('..') || isAbsolute(below) ? path : below
}
