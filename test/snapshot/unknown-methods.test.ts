import { describe, expect, test } from '@jest/globals'
import { declaredMethods } from '../../src/snapshot/unknown-methods.js'

describe('what a file with errors seems to declare', () => {
  test.each([
    {
      name: 'package, services and methods',
      text: 'syntax = "proto3"; package a.b; service S { rpc M(X) returns (Y); rpc N(X) returns (Y) {} } service T {}',
      names: ['a.b.S.?', 'a.b.S.M', 'a.b.S.N', 'a.b.T.?'],
    },
    { name: 'without a package', text: 'service S { rpc M (X) returns (Y) }', names: ['S.?', 'S.M'] },
    {
      name: 'comments do not count',
      text: '// package no;\npackage a; /* service No {\n rpc No } */ service S { // rpc Out\n rpc In( }',
      names: ['a.S.?', 'a.S.In'],
    },
    { name: 'whatever is broken', text: 'package a;\nservice S {\n  rpc\n  M(((', names: ['a.S.?', 'a.S.M'] },
    { name: 'no services', text: 'package a; message M {}', names: [] },
  ])('$name', ({ text, names }) => {
    expect(declaredMethods(text)).toEqual(names)
  })
})
