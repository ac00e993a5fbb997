import { describe, expect, test } from '@jest/globals'
import { adviseSelector, nearestMethod, parseSelector, type Selector } from '../../src/mapping/index.js'

const METHODS = [
  'library.v1.LibraryService.GetBook',
  'library.v1.LibraryService.ListBooks',
  'library.v1.Admin.Purge',
  'inventory.v1.InventoryService.GetItem',
]

function parse(source: string): Selector {
  const parsed = parseSelector(source)
  if ('error' in parsed) throw new Error(parsed.error)
  return parsed.selector
}

describe('what a selector matches', () => {
  test.each([
    { source: '*', matches: METHODS },
    { source: 'library.*', matches: METHODS.slice(0, 3) },
    { source: 'library.v1.*', matches: METHODS.slice(0, 3) },
    { source: 'library.v1.LibraryService.*', matches: METHODS.slice(0, 2) },
    { source: 'library.v1.LibraryService.GetBook', matches: METHODS.slice(0, 1) },
    { source: 'library.v1.LibraryService.GetBook, inventory.*', matches: [METHODS[0], METHODS[3]] },
    // "A wildcard will match one or more components": not none.
    { source: 'library.v1.Admin.Purge.*', matches: [] },
    { source: 'library.v1.LibraryService', matches: [] },
    { source: 'library.v1.Library.*', matches: [] },
    { source: 'v1.LibraryService.GetBook', matches: [] },
  ])('$source', ({ source, matches }) => {
    expect(METHODS.filter((method) => parse(source).matches(method))).toEqual(matches)
  })

  test('each name of a list knows where it stands', () => {
    expect(parse(' a.B.C ,d.*').patterns.map(({ source, offset }) => [source, offset])).toEqual([
      ['a.B.C', 1],
      ['d.*', 8],
    ])
  })
})

describe('what is no selector', () => {
  test.each([
    { source: '', error: 'the selector is empty' },
    { source: ' ', error: 'the selector is empty' },
    { source: 'foo.b*', error: 'selector "foo.b*": "foo.b*" has a \'*\' that is not a whole component' },
    { source: 'foo.*.bar', error: 'selector "foo.*.bar": "foo.*.bar" has a \'*\' that is not at its end' },
    { source: '*.bar', error: 'selector "*.bar": "*.bar" has a \'*\' that is not at its end' },
    { source: 'a.B,', error: 'selector "a.B,": a name is missing beside a comma' },
    { source: 'a..B', error: 'selector "a..B": "a..B" has an empty component' },
    { source: '.a.B', error: 'selector ".a.B": ".a.B" has an empty component' },
    { source: 'a.B C', error: 'selector "a.B C": "a.B C" is not a qualified name' },
    {
      source: '/a.B/C',
      error: 'selector "/a.B/C": "/a.B/C" has a \'/\': a selector is written package.Service.Method',
    },
    { source: '**', error: 'selector "**": "**" has a \'*\' that is not a whole component' },
  ])('$source', ({ source, error }) => {
    expect(parseSelector(source)).toEqual({ error })
  })
})

describe('advice on a selector that matches nothing', () => {
  test.each([
    { source: 'library.v1.LibraryService.GetBok', advice: 'did you mean "library.v1.LibraryService.GetBook"?' },
    { source: 'library.v2.LibraryService.ListBooks', advice: 'did you mean "library.v1.LibraryService.ListBooks"?' },
    { source: 'GetItem', advice: 'did you mean "inventory.v1.InventoryService.GetItem"?' },
    {
      source: 'library.v1.LibraryService',
      advice: '"library.v1.LibraryService" has methods but is none: write "library.v1.LibraryService.*"',
    },
    { source: 'library.v2.*', advice: 'did you mean "library.v1.*"?' },
    {
      source: 'library.v1.Admin.Purge.*',
      advice: '"library.v1.Admin.Purge" is a method: write it without ".*"',
    },
  ])('$source', ({ source, advice }) => {
    expect(adviseSelector(parse(source).patterns[0]!, METHODS)).toBe(advice)
  })

  test('with no methods at all there is nothing to advise', () => {
    expect(adviseSelector(parse('a.B.C').patterns[0]!, [])).toBeUndefined()
    expect(adviseSelector(parse('a.*').patterns[0]!, [])).toBeUndefined()
    expect(nearestMethod('a.B.C', [])).toBeUndefined()
  })
})
