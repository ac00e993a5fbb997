import type { IncomingHttpHeaders } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { compileCallerKey } from '../../src/policies/caller-key.js'
import type { PolicyRequest } from '../../src/policies/index.js'

/** The key of a request with these headers and claims. */
function keyOf(by: string, headers: object, claims: object = {}): string {
  const http = { headers: headers as IncomingHttpHeaders }
  return compileCallerKey(by)({ http, identity: { claims }, clientAddress: '' } as unknown as PolicyRequest)
}

describe('callers are told apart by', () => {
  test.each([
    { row: 'a header', by: 'header:x-user', headers: { 'x-user': 'ann' }, claims: {}, key: '=ann' },
    {
      row: 'one that came twice',
      by: 'header:set-cookie',
      headers: { 'set-cookie': ['a', 'b'] },
      claims: {},
      key: '=a,b',
    },
    { row: 'an empty one', by: 'header:x-user', headers: { 'x-user': '' }, claims: {}, key: '=' },
    { row: 'one that is missing', by: 'header:x-user', headers: {}, claims: {}, key: '' },
    { row: 'one that every object seems to have', by: 'header:constructor', headers: {}, claims: {}, key: '' },
    { row: 'a claim', by: 'claim:tenant', headers: {}, claims: { tenant: 'a' }, key: '=a' },
    { row: 'one that is no text', by: 'claim:tenant', headers: {}, claims: { tenant: [1] }, key: '=[1]' },
    { row: 'one that is null', by: 'claim:tenant', headers: {}, claims: { tenant: null }, key: '' },
    { row: 'one that every object seems to have', by: 'claim:constructor', headers: {}, claims: {}, key: '' },
  ])('$by: $row', ({ by, headers, claims, key }) => {
    expect(keyOf(by, headers, claims)).toBe(key)
  })
})
