import type { Errors } from './rpc-error.js'

/** Says whether a resource passes a filter. */
export type Filter<T> = (resource: T) => boolean

/** What the fields of a resource are to a filter; a list where the field is one. */
export type FieldReader<T> = (resource: T) => string | number | boolean | undefined | readonly string[]

type Comparator = '=' | '!=' | '<' | '<=' | '>' | '>=' | ':'

interface Token {
  readonly kind: 'word' | 'text' | 'comparator' | '(' | ')' | '-'
  readonly text: string
  /** Offset of the first character, for messages. */
  readonly at: number
}

const COMPARATORS: readonly Comparator[] = ['!=', '<=', '>=', '=', '<', '>', ':']
const WORD_END = ' \t\n()"\'=!<>:'

/**
 * Compiles a filter of https://aip.dev/160: `field comparator value`, joined by AND and OR (OR binds closer), negated
 * by NOT or `-`, grouped by parentheses. `:` means contains, case ignored; on a list, that it has such an item.
 *
 * @param fields what a filter may name; a name that ends in `.` takes any name after it (`labels.`)
 * @throws INVALID_ARGUMENT that says what is wrong, and where
 */
export function compileFilter<T>(
  text: string,
  fields: Readonly<Record<string, (rest: string) => FieldReader<T>>>,
  errors: Errors,
): Filter<T> {
  const fail = (message: string, at: number): never => {
    throw errors.invalidArgument('filter', `${message} at character ${at + 1}`)
  }
  const tokens = tokenize(text, fail)
  let next = 0
  const peek = () => tokens[next]
  const takeWord = (word: string): boolean => {
    const token = peek()
    if (token?.kind !== 'word' || token.text !== word) return false
    next++
    return true
  }

  const conjunction = (): Filter<T> => {
    const terms = [disjunction()]
    // AIP-160's sequence (terms side by side) is read as AND.
    while (next < tokens.length && peek()!.kind !== ')') {
      takeWord('AND')
      terms.push(disjunction())
    }
    return (resource) => terms.every((term) => term(resource))
  }
  const disjunction = (): Filter<T> => {
    const terms = [term()]
    while (takeWord('OR')) terms.push(term())
    return (resource) => terms.some((inner) => inner(resource))
  }
  const term = (): Filter<T> => {
    if (takeWord('NOT') || (peek()?.kind === '-' && next++ >= 0)) {
      const inner = term()
      return (resource) => !inner(resource)
    }
    if (peek()?.kind === '(') {
      next++
      const inner = conjunction()
      if (peek()?.kind !== ')') fail('a ) is missing', text.length)
      next++
      return inner
    }
    return restriction()
  }
  const restriction = (): Filter<T> => {
    const name = peek()
    if (name?.kind !== 'word') return fail('a field is expected', name?.at ?? text.length)
    next++
    const read = fieldReader(fields, name.text)
    if (read === undefined) return fail(`there is no field ${name.text} to filter by`, name.at)
    const comparator = peek()
    if (comparator?.kind !== 'comparator') return fail('a comparator is expected', comparator?.at ?? text.length)
    next++
    let sign = ''
    if (peek()?.kind === '-') {
      sign = '-'
      next++
    }
    const value = peek()
    if (value?.kind !== 'word' && value?.kind !== 'text') return fail('a value is expected', value?.at ?? text.length)
    next++
    return (resource) => compare(read(resource), comparator.text as Comparator, sign + value.text)
  }

  if (tokens.length === 0) return () => true
  const filter = conjunction()
  if (next < tokens.length) fail('there is a ) too many', peek()!.at)
  return filter
}

function fieldReader<T>(
  fields: Readonly<Record<string, (rest: string) => FieldReader<T>>>,
  name: string,
): FieldReader<T> | undefined {
  if (Object.hasOwn(fields, name)) return fields[name]!('')
  const dot = name.indexOf('.')
  const open = name.slice(0, dot + 1)
  return dot > 0 && Object.hasOwn(fields, open) ? fields[open]!(name.slice(dot + 1)) : undefined
}

function compare(
  actual: string | number | boolean | undefined | readonly string[],
  comparator: Comparator,
  wanted: string,
): boolean {
  if (actual === undefined) return false
  if (typeof actual === 'object') {
    return comparator === '!=' ? !actual.includes(wanted) : actual.some((item) => compare(item, comparator, wanted))
  }
  if (comparator === ':') return String(actual).toLowerCase().includes(wanted.toLowerCase())
  const order =
    typeof actual === 'number'
      ? actual - Number(wanted)
      : Number(String(actual) > wanted) - Number(String(actual) < wanted)
  switch (comparator) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

function tokenize(text: string, fail: (message: string, at: number) => never): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const character = text[at]!
    const comparator = COMPARATORS.find((candidate) => text.startsWith(candidate, at))
    if (character === ' ' || character === '\t' || character === '\n') {
      at++
    } else if (character === '(' || character === ')' || character === '-') {
      tokens.push({ kind: character, text: character, at })
      at++
    } else if (comparator !== undefined) {
      tokens.push({ kind: 'comparator', text: comparator, at })
      at += comparator.length
    } else if (character === '"' || character === "'") {
      const end = text.indexOf(character, at + 1)
      if (end < 0) fail('a quotation mark is missing for the text', at)
      tokens.push({ kind: 'text', text: text.slice(at + 1, end), at })
      at = end + 1
    } else if (WORD_END.includes(character)) {
      fail(`${character} is not expected`, at)
    } else {
      let end = at
      while (end < text.length && !WORD_END.includes(text[end]!)) end++
      tokens.push({ kind: 'word', text: text.slice(at, end), at })
      at = end
    }
  }
  return tokens
}
