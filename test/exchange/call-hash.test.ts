import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { compileCallHash } from '../../src/exchange/index.js'
import type { Identity } from '../../src/policies/index.js'

/** The hash of a request with these headers, from that client. */
function hash(
  by: string,
  headers: IncomingMessage['headers'] = {},
  address = '192.0.2.1',
  identity?: Identity,
): number | undefined {
  return compileCallHash(by, 0)({ headers } as IncomingMessage, address, identity)
}

describe('what calls are told apart by', () => {
  test('a header that is missing can be no key at all', () => {
    expect(
      compileCallHash('header:x-user', undefined)({ headers: {} } as IncomingMessage, '', undefined),
    ).toBeUndefined()
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

  test('a name that every object knows is not one that was sent', () => {
    expect(hash('header:constructor')).toBe(hash('header:x-user'))
    expect(hash('header:constructor', Object.fromEntries([['constructor', '']]))).not.toBe(hash('header:constructor'))
  })

  test('by address: clients differ', () => {
    expect(hash('address', {}, '192.0.2.1')).not.toBe(hash('address', {}, '192.0.2.2'))
  })

  describe('by who calls', () => {
    const who = (subject: string, provider: string, claims: object = {}): Identity => ({
      kind: 'jwt',
      provider,
      subject,
      issuer: '',
      scopes: [],
      roles: [],
      claims: { ...claims },
    })
    const of = (by: string, identity?: Identity, address?: string) => hash(by, {}, address, identity)

    test('identity: the subject of its provider; an anonymous caller’s is its address', () => {
      expect(of('identity', who('ann', 'a'))).toBe(of('identity', who('ann', 'a'), '192.0.2.9'))
      expect(of('identity', who('ann', 'a'))).not.toBe(of('identity', who('ann', 'b')))
      expect(of('identity', who('ann', 'a'))).not.toBe(of('identity', who('bob', 'a')))
      expect(of('identity', undefined, '192.0.2.9')).toBe(of('address', undefined, '192.0.2.9'))
    })

    test('claim:NAME: its value, whatever it is', () => {
      const acme = who('ann', 'a', { tenant: 'acme', n: 1 })
      expect(of('claim:tenant', acme)).toBe(of('claim:tenant', who('bob', 'b', { tenant: 'acme' })))
      expect(of('claim:tenant', acme)).not.toBe(of('claim:tenant', who('ann', 'a', { tenant: 'other' })))
      expect(of('claim:n', acme)).not.toBe(of('claim:n', who('ann', 'a', { n: 2 })))
      expect(of('claim:missing', acme)).toBe(0)
    })
  })

  test('is the same in every process, so that replicas agree', () => {
    expect([hash('header:x-user', { 'x-user': 'ann' }), hash('header:x-user', { 'x-user': 'Ünïcode' })]).toEqual([
      2_778_018_533, 1_535_409_231,
    ])
  })
})
