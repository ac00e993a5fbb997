import { distance } from 'fastest-levenshtein'

/** Spelling aside: `max_response_bytes`, `MaxResponseBytes` and `max-response-bytes` are one name. */
const fold = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/**
 * The known name nearest to `name`, or undefined where there is none to choose from. `isNear`: near enough to be taken
 * for a slip of the pen.
 */
export function nearest(name: string, known: readonly string[]): { name: string; isNear: boolean } | undefined {
  const folded = fold(name)
  let best: string | undefined
  let least = Infinity
  for (const candidate of known) {
    const far = distance(folded, fold(candidate))
    if (far < least) {
      least = far
      best = candidate
    }
  }
  if (best === undefined) return undefined
  const length = Math.max(folded.length, fold(best).length)
  return { name: best, isNear: least <= Math.ceil(length * 0.4) }
}

/** What to do about a name that is not known: `did you mean "upstreams"?`. */
export function nearestAdvice(name: string, known: readonly string[], what: string): string | undefined {
  const found = nearest(name, known)
  if (found === undefined) return undefined
  if (found.isNear) return `did you mean "${found.name}"?`
  return `the nearest known ${what} is "${found.name}"`
}
