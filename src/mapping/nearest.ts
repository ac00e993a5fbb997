import { nearest } from '../problems/index.js'
import type { SelectorPattern } from './selector.js'

/** The full method name out of `all` most like `name`; one whose own name is the same is preferred. */
export function nearestMethod(name: string, all: readonly string[]): string | undefined {
  const simple = name.slice(name.lastIndexOf('.'))
  const sameName = all.filter((method) => method.endsWith(simple) && method.length > simple.length)
  return nearest(name, sameName.length > 0 ? sameName : all)?.name
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
    const method = nearestMethod(name, methods)
    return method === undefined ? undefined : `did you mean "${method}"?`
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
  const scope = nearest(name, [...scopes])
  return scope === undefined ? undefined : `did you mean "${scope.name}.*"?`
}
