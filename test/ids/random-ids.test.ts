import { expect, test } from '@jest/globals'
import { RandomIds } from '../../src/ids/index.js'

const many = 1000

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

test('the words of the newest are what its digits say', () => {
  const ids = new RandomIds('0x-xxxxxxxxxxxxxxx')
  for (let i = 0; i < many; i++) {
    const digits = ids.next().replace('0', '').replace('-', '')
    expect(ids.wordOfNewest(0) >>> 0).toBe(parseInt(digits.slice(0, 8), 16))
    expect(ids.wordOfNewest(8) >>> 0).toBe(parseInt(digits.slice(8, 16), 16))
  }
})
