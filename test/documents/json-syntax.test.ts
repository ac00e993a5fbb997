import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { findJsonError } from '../../src/documents/json-syntax.js'

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test.each([
  { text: '', offset: 0 },
  { text: '{}', offset: -1 },
  { text: '{} x', offset: 3 },
  { text: '[1,]', offset: 3 },
  { text: '{"a":1,}', offset: 7 },
  { text: '{"a" 1}', offset: 5 },
  { text: '{a:1}', offset: 1 },
  { text: '[01]', offset: 2 },
  { text: '["\t"]', offset: 1 },
  { text: '["a', offset: 1 },
  { text: '[1 2]', offset: 3 },
  { text: '{"a":[}', offset: 6 },
  { text: '\ufeff{}', offset: 0 },
])('$text goes wrong at $offset', ({ text, offset }) => {
  expect(findJsonError(text)).toBe(offset)
})

test('refuses exactly what JSON.parse refuses', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string({ unit: fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '1', ' '), maxLength: 12 }),
        fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 1 })).map(([text, at, insert]) => {
          const cut = at % (text.length + 1)
          return text.slice(0, cut) + insert + text.slice(cut + 1)
        }),
      ),
      (text) => {
        expect(findJsonError(text) === -1).toBe(isJson(text))
      },
    ),
    { numRuns: 2000 },
  )
})
