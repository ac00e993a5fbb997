import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { compileCallHash } from '../../src/exchange/index.js'

/** The hash of a request with these headers, from that client. */
function hash(by: string, headers: IncomingMessage['headers'] = {}, address = '192.0.2.1'): number | undefined {
  return compileCallHash(by, 0)({ headers } as IncomingMessage, address)
}

describe('what calls are told apart by', () => {
  test('a header that is missing can be no key at all', () => {
    expect(compileCallHash('header:x-user', undefined)({ headers: {} } as IncomingMessage, '')).toBeUndefined()
  })

  test.each([
    { row: 'the same header', by: 'header:x-user', a: { 'x-user': 'ann' }, b: { 'x-user': 'ann' }, isSame: true },
    { row: 'another value', by: 'header:x-user', a: { 'x-user': 'ann' }, b: { 'x-user': 'bob' }, isSame: false },
    { row: 'a header that is missing', by: 'header:x-user', a: {}, b: { 'x-other': 'ann' }, isSame: true },
    { row: 'missing is a key of its own', by: 'header:x-user', a: {}, b: { 'x-user': '' }, isSame: false },
    {
      row: 'a list in another order',
      by: 'header:set-cookie',
      a: { 'set-cookie': ['a', 'b'] },
      b: { 'set-cookie': ['b', 'a'] },
      isSame: false,
    },
    { row: 'other headers', by: 'address', a: { 'x-user': 'ann' }, b: { 'x-user': 'bob' }, isSame: true },
    { row: 'anything', by: 'global', a: { 'x-user': 'ann' }, b: {}, isSame: true },
  ])('by $by: $row', ({ by, a, b, isSame }) => {
    expect(hash(by, a) === hash(by, b)).toBe(isSame)
  })

  test('by address: clients differ', () => {
    expect(hash('address', {}, '192.0.2.1')).not.toBe(hash('address', {}, '192.0.2.2'))
  })

  test('is the same in every process, so that replicas agree', () => {
    expect([hash('header:x-user', { 'x-user': 'ann' }), hash('header:x-user', { 'x-user': 'Ünïcode' })]).toEqual([
      2_778_018_533, 1_535_409_231,
    ])
  })
})
