import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { templateShape } from '../../src/mapping/index.js'
import { canonicalPath, createRouter, type RouteEntry } from '../../src/routing/index.js'
import { entryOf } from './routes.js'

/*
 * The router against the rulings said in another way: list every route that fits, sort by how specific it is, take the
 * first. Nothing here knows of a trie.
 */

type Entry = RouteEntry<string>

/** Pattern and path as text: a `**` is tried at every length. Gives what the wildcards took. */
function fits(pattern: readonly string[], path: readonly string[]): boolean {
  const [first, ...rest] = pattern
  if (first === undefined) return path.length === 0
  if (first === '**') {
    for (let taken = 0; taken <= path.length; taken++) if (fits(rest, path.slice(taken))) return true
    return false
  }
  const [head, ...tail] = path
  return head !== undefined && (first === '*' ? head !== '' : first === head) && fits(rest, tail)
}

function textOf({ template }: Entry): string[] {
  const shape = templateShape(template).split(' ')[0]!
  return shape === '/' ? [] : shape.slice(1).split('/')
}

/** Negative: `a` is the more specific. Both fit one path. */
function compare(a: Entry, b: Entry): number {
  if ((a.template.verb === '') !== (b.template.verb === '')) return a.template.verb === '' ? 1 : -1
  const rank = (text: string | undefined) => (text === '*' ? 1 : text === '**' ? 2 : 0)
  const [left, right] = [textOf(a), textOf(b)]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const byKind = rank(left[at]) - rank(right[at])
    if (byKind !== 0) return byKind
    if (left[at] === '**' && left.length !== right.length) return right.length - left.length
  }
  return 0
}

function takes(route: string, sent: string): number {
  const order = sent === 'HEAD' ? ['HEAD', 'GET', '*'] : sent === 'OPTIONS' ? ['OPTIONS'] : [sent, '*']
  return order.indexOf(route)
}

function reference(entries: readonly Entry[], httpMethod: string, path: string): string {
  const segments = path === '/' ? [] : path.slice(1).split('/')
  const fitting = entries.filter((entry) => {
    const { verb } = entry.template
    if (verb === '') return fits(textOf(entry), segments)
    if (!path.endsWith(`:${verb}`)) return false
    const rest = path.slice(0, -verb.length - 1)
    return fits(textOf(entry), rest === '/' ? [] : rest.slice(1).split('/'))
  })
  const [best] = fitting
    .filter((entry) => takes(entry.httpMethod, httpMethod) !== -1)
    .sort((a, b) => compare(a, b) || takes(a.httpMethod, httpMethod) - takes(b.httpMethod, httpMethod))
  if (best !== undefined) return best.value
  if (fitting.length === 0) return '404'
  const allow = new Set(['OPTIONS', ...fitting.map((entry) => entry.httpMethod)])
  if (allow.has('GET')) allow.add('HEAD')
  if (allow.delete('*')) for (const method of ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT']) allow.add(method)
  return `405 ${[...allow].sort().join(', ')}`
}

const segment = fc.constantFrom('a', 'a', 'b', '*', '{x}')
const source = fc
  .tuple(
    fc.array(segment, { maxLength: 3 }),
    fc.option(fc.constantFrom('**', '{r=**}')),
    fc.array(segment, { maxLength: 2 }),
    fc.constantFrom('', '', ':v', ':w'),
  )
  .map(([before, middle, after, verb]) => {
    const segments = [...before, ...(middle === null ? [] : [middle]), ...after]
    return `/${segments.join('/')}${segments.length === 0 ? '' : verb}`
  })
const routes = fc.uniqueArray(
  fc.tuple(fc.constantFrom('GET', 'POST', 'HEAD', '*'), source).map(([method, text]) => entryOf(`${method} ${text}`)),
  { minLength: 1, maxLength: 8, selector: (entry) => `${entry.httpMethod} ${templateShape(entry.template)}` },
)
const path = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'a', 'b', 'c', '', 'a:v'), { minLength: 1, maxLength: 5 }),
    fc.constantFrom('', '', '', ':v', ':w', ':u'),
  )
  .map(([segments, verb]) => `/${segments.join('/')}${verb}`)
const method = fc.constantFrom('GET', 'POST', 'HEAD', 'DELETE', 'OPTIONS')

test('the router takes the route that a list sorted by the rulings takes', () => {
  let matches = 0
  fc.assert(
    fc.property(routes, method, fc.array(path, { minLength: 1, maxLength: 5 }), (entries, httpMethod, paths) => {
      const router = createRouter(entries)
      for (const text of paths) {
        const match = router.match(httpMethod, '', canonicalPath(text))
        const got =
          match.kind === 'match' ? match.value : match.kind === 'notFound' ? '404' : `405 ${match.allow.join(', ')}`
        expect(got).toBe(reference(entries, httpMethod, text))
        if (match.kind === 'match') matches++
      }
    }),
    { numRuns: 3000 },
  )
  expect(matches).toBeGreaterThan(500)
})

test('captures put back into the template give the path', () => {
  fc.assert(
    fc.property(source, path, (text, requestPath) => {
      let count = 0
      const withVariables = text.replace(/\{x\}|\{r=\*\*\}|\*\*?/g, (wildcard) => {
        return `{v${count++}=${wildcard.includes('**') ? '**' : '*'}}`
      })
      const entry = entryOf(`GET ${withVariables}`)
      const match = createRouter([entry]).match('GET', '', canonicalPath(requestPath))
      if (match.kind !== 'match') return
      const { segments, verb, variables } = entry.template
      const rebuild = (emptyTakesNothing: boolean) => {
        const parts = segments.flatMap((segment, at) => {
          if (segment.kind === 'literal') return [segment.text]
          const capture = match.captures[variables.findIndex(({ start }) => start === at)]!
          return segment.kind === 'doubleStar' && capture === '' && emptyTakesNothing ? [] : [capture]
        })
        return `/${parts.join('/')}${verb === '' ? '' : `:${verb}`}`
      }
      // `**` gives '' both where it took nothing and where it took one empty segment.
      const rebuilt = [rebuild(true), rebuild(false)]
      expect(rebuilt).toContain(requestPath)
    }),
    { numRuns: 2000 },
  )
})
