import { closest, distance } from 'fastest-levenshtein'
import type { SelectorPattern } from './selector.js'

/** The name out of `names` that is most like `name`, or undefined where none is like it at all. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined
  const nearest = closest(name, names)
  // More than half of it different: naming it would only distract.
  return distance(name, nearest) <= Math.max(name.length, nearest.length) / 2 ? nearest : undefined
}

/** The full method name out of `all` most like `name`; one whose own name is the same is preferred. */
export function nearestMethod(name: string, all: readonly string[]): string | undefined {
  if (all.length === 0) return undefined
  const simple = name.slice(name.lastIndexOf('.'))
  const sameName = all.filter((method) => method.endsWith(simple) && method.length > simple.length)
  return closest(name, sameName.length > 0 ? sameName : all)
}

/**
 * What to write instead of a pattern that matches no method: `X.*` where it names a package or service, and else the
 * nearest method (or, for a wildcard, the nearest package or service).
 */
export function adviseSelector(pattern: SelectorPattern, methods: readonly string[]): string | undefined {
  const { name, isWildcard } = pattern
  if (!isWildcard && methods.some((method) => method.startsWith(`${name}.`))) {
    return `"${name}" has methods but is none: write "${name}.*"`
  }
  if (!isWildcard) {
    const nearest = nearestMethod(name, methods)
    return nearest === undefined ? undefined : `did you mean "${nearest}"?`
  }
  const scopes = new Set<string>()
  for (const method of methods) {
    for (let dot = method.lastIndexOf('.'); dot !== -1; dot = method.lastIndexOf('.', dot - 1)) {
      const scope = method.slice(0, dot)
      if (scopes.has(scope)) break
      scopes.add(scope)
    }
  }
  if (methods.includes(name)) return `"${name}" is a method: write it without ".*"`
  return scopes.size === 0 ? undefined : `did you mean "${closest(name, [...scopes])}.*"?`
}
