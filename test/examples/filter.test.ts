import { describe, expect, test } from '@jest/globals'
import { compileFilter } from '../../examples/servers/support/filter.js'
import type { FieldReader } from '../../examples/servers/support/filter.js'
import { compileOrderBy } from '../../examples/servers/support/order-by.js'
import { errorsOf } from '../../examples/servers/support/rpc-error.js'

interface Thing {
  name: string
  size: number
  tags: string[]
  labels: Record<string, string>
}

const errors = errorsOf('test.example.com')
const FIELDS: Record<string, (rest: string) => FieldReader<Thing>> = {
  name: () => (thing) => thing.name,
  size: () => (thing) => thing.size,
  tags: () => (thing) => thing.tags,
  'labels.': (key) => (thing) => thing.labels[key],
}
const THINGS: Thing[] = [
  { name: 'ant', size: 1, tags: ['small'], labels: { legs: '6' } },
  { name: 'Bear', size: 200, tags: ['big', 'brown'], labels: { legs: '4' } },
  { name: 'cold', size: -5, tags: [], labels: {} },
]

describe('filters (AIP-160)', () => {
  test.each([
    { filter: '', passes: ['ant', 'Bear', 'cold'] },
    { filter: 'size = 1', passes: ['ant'] },
    { filter: 'size != 1', passes: ['Bear', 'cold'] },
    { filter: 'size < 1', passes: ['cold'] },
    { filter: 'size <= 1', passes: ['ant', 'cold'] },
    { filter: 'size>1', passes: ['Bear'] },
    { filter: 'size >= 1', passes: ['ant', 'Bear'] },
    { filter: 'size = -5', passes: ['cold'] },
    { filter: 'size = many', passes: [] },
    { filter: 'name : "EA"', passes: ['Bear'] },
    { filter: "name = 'ant'", passes: ['ant'] },
    { filter: 'tags:brown', passes: ['Bear'] },
    { filter: 'tags != small', passes: ['Bear', 'cold'] },
    { filter: 'labels.legs = 4', passes: ['Bear'] },
    { filter: 'labels.legs != 4', passes: ['ant'] },
    { filter: 'NOT size = 1', passes: ['Bear', 'cold'] },
    { filter: '-size = 1', passes: ['Bear', 'cold'] },
    { filter: 'size > 0 size < 100', passes: ['ant'] },
    { filter: 'size > 0 AND (name = Bear OR name = cold)', passes: ['Bear'] },
    // OR binds closer than AND: (size > 0) AND (name = ant OR name = cold).
    { filter: 'size > 0 AND name = ant OR name = cold', passes: ['ant'] },
  ])('$filter', ({ filter, passes }) => {
    expect(THINGS.filter(compileFilter(filter, FIELDS, errors)).map(({ name }) => name)).toEqual(passes)
  })

  test.each([
    { filter: 'colour = red', says: 'filter: there is no field colour to filter by at character 1' },
    { filter: 'toString = 1', says: 'filter: there is no field toString to filter by at character 1' },
    { filter: 'size', says: 'filter: a comparator is expected at character 5' },
    { filter: 'size =', says: 'filter: a value is expected at character 7' },
    { filter: '= 1', says: 'filter: a field is expected at character 1' },
    { filter: 'size = 1 AND', says: 'filter: a field is expected at character 13' },
    { filter: '(size = 1', says: 'filter: a ) is missing at character 10' },
    { filter: 'size = 1)', says: 'filter: there is a ) too many at character 9' },
    { filter: 'name = "ant', says: 'filter: a quotation mark is missing for the text at character 8' },
    { filter: 'size ! 1', says: 'filter: ! is not expected at character 6' },
  ])('refuses $filter', ({ filter, says }) => {
    expect(() => compileFilter(filter, FIELDS, errors)).toThrow(says)
  })
})

describe('orders (AIP-132)', () => {
  const orders = {
    name: (left: Thing, right: Thing) => left.name.localeCompare(right.name, 'en'),
    legs: (left: Thing, right: Thing) => Number(left.labels['legs'] ?? 0) - Number(right.labels['legs'] ?? 0),
  }
  test.each([
    { orderBy: 'name', gives: ['ant', 'Bear', 'cold'] },
    { orderBy: 'name desc', gives: ['cold', 'Bear', 'ant'] },
    { orderBy: ' legs   desc , name asc', gives: ['ant', 'Bear', 'cold'] },
  ])('$orderBy', ({ orderBy, gives }) => {
    expect([...THINGS].sort(compileOrderBy(orderBy, orders, errors)).map(({ name }) => name)).toEqual(gives)
  })

  test('empty: none', () => expect(compileOrderBy(' ', orders, errors)).toBeUndefined())

  test.each([
    { orderBy: 'size', says: 'order_by: there is no field size to order by' },
    { orderBy: 'name,', says: 'order_by: there is no field (empty) to order by' },
    { orderBy: 'name down', says: 'order_by: after name only asc or desc is expected' },
    { orderBy: 'name desc asc', says: 'order_by: after name only asc or desc is expected' },
  ])('refuses $orderBy', ({ orderBy, says }) => {
    expect(() => compileOrderBy(orderBy, orders, errors)).toThrow(says)
  })
})
