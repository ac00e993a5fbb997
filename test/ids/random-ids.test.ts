import { expect, test } from '@jest/globals'
import { RandomIds } from '../../src/ids/index.js'

/** More than are drawn at a time. */
const many = 3000

test('UUIDs of version 4, none twice', () => {
  const ids = new RandomIds('xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx')
  const made = Array.from({ length: many }, () => ids.next())
  for (const id of made) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(new Set(made).size).toBe(many)
  expect(new Set(made.map((id) => id[19]))).toEqual(new Set('89ab'))
})

test('each digit of an odd number of them is any of the sixteen', () => {
  const ids = new RandomIds('x-xx')
  const made = Array.from({ length: many }, () => ids.next())
  for (const place of [0, 2, 3]) expect(new Set(made.map((id) => id[place])).size).toBe(16)
})

// Of an odd length every other id begins within a byte.
test.each(['0x-xxxxxxxxxxxxxxx', '-xxxxxxxx-xxxxxxxx'.slice(1), '-xxxxxxxx-xxxxxxxx-'])(
  'the words of the newest are what its digits say: %s',
  (template) => {
    const ids = new RandomIds(template)
    const places = [...template].flatMap((_, at) => (template.startsWith('x'.repeat(8), at) ? [at] : []))
    expect(places.length).toBeGreaterThan(1)
    for (let i = 0; i < many; i++) {
      const id = ids.next()
      for (const at of places) expect(ids.wordOfNewest(at) >>> 0).toBe(parseInt(id.slice(at, at + 8), 16))
    }
  },
)
