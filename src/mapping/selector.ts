/*
 * Selectors of google.api (google/api/documentation.proto, DocumentationRule.selector): "a comma-separated list of
 * patterns for any element such as a method, a field, an enum value. Each pattern is a qualified name of the element
 * which may end in `*`, indicating a wildcard. Wildcards are only allowed at the end and for a whole component of the
 * qualified name, i.e. `foo.*` is ok, but not `foo.b*` or `foo.*.bar`. A wildcard will match one or more components.
 * To specify a default for all applicable elements, the whole pattern `*` is used."
 */

/** One name of a selector. */
export interface SelectorPattern {
  /** As written: `*`, `library.v1.*`, `library.v1.LibraryService.GetBook`. */
  readonly source: string
  /** Where it begins in the selector's text. */
  readonly offset: number
  /** `isWildcard`: everything that begins with `name` and a dot (or everything, where `name` is ''); else `name`. */
  readonly name: string
  readonly isWildcard: boolean
  matches(fullName: string): boolean
}

/** A parsed selector: it matches what any of its patterns matches. */
export interface Selector {
  readonly source: string
  readonly patterns: readonly SelectorPattern[]
  /** @param fullName a method's full name, `library.v1.LibraryService.GetBook` */
  matches(fullName: string): boolean
}

export type ParsedSelector = { readonly selector: Selector } | { readonly error: string }

/** Parses a selector; the error says which of its names is wrong, and why. */
export function parseSelector(source: string): ParsedSelector {
  if (source.trim() === '') return { error: 'the selector is empty' }
  const patterns: SelectorPattern[] = []
  let offset = 0
  for (const part of source.split(',')) {
    const name = part.trim()
    const wrong = whatIsWrong(name)
    if (wrong !== undefined) return { error: `selector "${source}": ${wrong}` }
    patterns.push(compilePattern(name, offset + part.indexOf(name)))
    offset += part.length + 1
  }
  const [first] = patterns
  const matches =
    patterns.length === 1 && first !== undefined
      ? (fullName: string) => first.matches(fullName)
      : (fullName: string) => patterns.some((pattern) => pattern.matches(fullName))
  return { selector: { source, patterns, matches } }
}

function compilePattern(source: string, offset: number): SelectorPattern {
  if (source === '*') return { source, offset, name: '', isWildcard: true, matches: () => true }
  if (!source.endsWith('.*')) {
    return { source, offset, name: source, isWildcard: false, matches: (fullName) => fullName === source }
  }
  const prefix = source.slice(0, -1)
  const matches = (fullName: string) => fullName.length > prefix.length && fullName.startsWith(prefix)
  return { source, offset, name: source.slice(0, -2), isWildcard: true, matches }
}

function whatIsWrong(name: string): string | undefined {
  if (name === '') return 'a name is missing beside a comma'
  if (name === '*') return undefined
  if (name.includes('/')) return `"${name}" has a '/': a selector is written package.Service.Method`
  const components = name.split('.')
  for (const [index, component] of components.entries()) {
    if (component === '') return `"${name}" has an empty component`
    if (component === '*') {
      if (index < components.length - 1) return `"${name}" has a '*' that is not at its end`
    } else if (component.includes('*')) {
      return `"${name}" has a '*' that is not a whole component`
    } else if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(component)) {
      return `"${name}" is not a qualified name`
    }
  }
  return undefined
}
