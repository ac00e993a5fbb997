import { distance } from 'fastest-levenshtein'

/** Longer names are not compared: no identifier is so long, and comparing costs length by length. */
const MAX_COMPARED = 256

/** Spelling aside: `max_response_bytes`, `MaxResponseBytes` and `max-response-bytes` are one name. */
const fold = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/**
 * The known name nearest to `name`, or undefined where there is none to choose from. `isNear`: near enough to be taken
 * for a slip of the pen.
 */
export function nearest(name: string, known: readonly string[]): { name: string; isNear: boolean } | undefined {
  if (name.length > MAX_COMPARED) return undefined
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

/** The known name that `name` may be a slip of the pen for; undefined where naming one would only distract. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const found = nearest(name, known)
  return found?.isNear === true ? found.name : undefined
}

/** Advice about a name that is not known: `did you mean "upstreams"?`; undefined as for `nearestName`. */
export function didYouMean(name: string, known: readonly string[]): string | undefined {
  const found = nearestName(name, known)
  return found === undefined ? undefined : `did you mean "${found}"?`
}
