import { nearest } from '../problems/index.js'

/** What to do about a name that is not known: `did you mean "upstreams"?`. */
export function nearestAdvice(name: string, known: readonly string[], what: string): string | undefined {
  const found = nearest(name, known)
  if (found === undefined) return undefined
  if (found.isNear) return `did you mean "${found.name}"?`
  return `the nearest known ${what} is "${found.name}"`
}
