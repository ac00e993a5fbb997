import { describe, expect, test } from '@jest/globals'
import {
  baggageOf,
  isSampled,
  isTraceparent,
  parentSpanIdIn,
  traceIdOf,
  tracestateOf,
} from '../../src/telemetry/trace-context.js'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

describe('traceparent', () => {
  test.each([
    { name: 'version 00, sampled', header: `00-${TRACE}-${SPAN}-01`, sampled: true },
    { name: 'version 00, not sampled', header: `00-${TRACE}-${SPAN}-00`, sampled: false },
    { name: 'flags that are not known yet beside sampled', header: `00-${TRACE}-${SPAN}-ff`, sampled: true },
    { name: 'flags that are not known yet alone', header: `00-${TRACE}-${SPAN}-fe`, sampled: false },
    { name: 'a version to come, as long as 00', header: `cc-${TRACE}-${SPAN}-01`, sampled: true },
    {
      name: 'a version to come with more fields',
      header: `01-${TRACE}-${SPAN}-01-what-the-future-will-be-like`,
      sampled: true,
    },
  ])('$name is read', ({ header, sampled }) => {
    expect(isTraceparent(header)).toBe(true)
    expect([traceIdOf(header), parentSpanIdIn(header), isSampled(header)]).toEqual([TRACE, SPAN, sampled])
  })

  // The cases of the W3C test suite (https://github.com/w3c/trace-context/blob/main/test/test.py).
  test.each([
    { name: 'absent', header: undefined },
    { name: 'empty', header: '' },
    { name: 'a list', header: [`00-${TRACE}-${SPAN}-01`] },
    { name: 'sent twice', header: `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01` },
    { name: 'version ff', header: `ff-${TRACE}-${SPAN}-01` },
    { name: 'version 00 with more fields', header: `00-${TRACE}-${SPAN}-01-x` },
    { name: 'version 00 with a dash behind', header: `00-${TRACE}-${SPAN}-01-` },
    { name: 'a version to come with digits behind', header: `cc-${TRACE}-${SPAN}-01.what` },
    { name: 'a version of one digit', header: `0-${TRACE}-${SPAN}-01` },
    { name: 'a version that is no number', header: `.0-${TRACE}-${SPAN}-01` },
    { name: 'a trace id of zeros', header: `00-${'0'.repeat(32)}-${SPAN}-01` },
    { name: 'a trace id too short', header: `00-${TRACE.slice(1)}-${SPAN}-01` },
    { name: 'a trace id too long', header: `00-${TRACE}1-${SPAN}-01` },
    { name: 'a trace id in upper case', header: `00-${TRACE.toUpperCase()}-${SPAN}-01` },
    { name: 'a trace id with another character', header: `00-.${TRACE.slice(1)}-${SPAN}-01` },
    { name: 'a parent id of zeros', header: `00-${TRACE}-${'0'.repeat(16)}-01` },
    { name: 'a parent id too short', header: `00-${TRACE}-${SPAN.slice(1)}-01` },
    { name: 'a parent id with another character', header: `00-${TRACE}-.${SPAN.slice(1)}-01` },
    { name: 'flags of one digit', header: `00-${TRACE}-${SPAN}-1` },
    { name: 'flags of three digits', header: `00-${TRACE}-${SPAN}-001` },
    { name: 'flags that are no number', header: `00-${TRACE}-${SPAN}-.0` },
    { name: 'white space before', header: ` 00-${TRACE}-${SPAN}-01` },
    {
      name: 'a character beyond ASCII that is a digit by its last bits',
      header: `00-\u0130${TRACE.slice(1)}-${SPAN}-01`,
    },
    { name: 'a NUL in it', header: `00-${TRACE}-${SPAN}\0-01` },
    { name: '16 KiB of digits', header: '0'.repeat(16384) },
  ])('$name is none', ({ header }) => {
    expect(isTraceparent(header)).toBe(false)
    expect(traceIdOf(header)).toBeUndefined()
  })
})

const members = (count: number, make = (i: number): string => `k${i}=v${i}`): string =>
  Array.from({ length: count }, (_, i) => make(i)).join(',')

describe('tracestate', () => {
  test.each([
    { name: 'one member', header: 'foo=1', kept: 'foo=1' },
    { name: 'several, with white space and empty ones', header: 'foo=1 ,\t, bar=2,', kept: 'foo=1,bar=2' },
    { name: 'several headers', header: ['foo=1', 'bar=2'], kept: 'foo=1,bar=2' },
    { name: 'a tenant', header: 'a0@b=t', kept: 'a0@b=t' },
    { name: 'every character of keys', header: 'az09_-*/=1', kept: 'az09_-*/=1' },
    { name: 'a blank in a value', header: 'foo=a b', kept: 'foo=a b' },
    { name: 'a key of 256 characters', header: `${'a'.repeat(256)}=1`, kept: `${'a'.repeat(256)}=1` },
    { name: '32 members', header: members(32), kept: members(32) },
    {
      name: 'more than 512 characters, long members first',
      header: `a=1,b=${'x'.repeat(200)},c=${'y'.repeat(100)},d=${'z'.repeat(250)},e=5`,
      kept: `a=1,c=${'y'.repeat(100)},d=${'z'.repeat(250)},e=5`,
    },
    {
      name: 'more than 512 characters, then the last',
      header: members(6, (i) => `k${i}=${'x'.repeat(100)}`),
      kept: members(4, (i) => `k${i}=${'x'.repeat(100)}`),
    },
    { name: 'absent', header: undefined, kept: undefined },
    { name: 'empty', header: '', kept: undefined },
    { name: '33 members', header: members(33), kept: undefined },
    { name: 'ten thousand members', header: members(10_000), kept: undefined },
    { name: 'a key in upper case', header: 'FOO=1', kept: undefined },
    { name: 'a key of 257 characters', header: `${'a'.repeat(257)}=1`, kept: undefined },
    { name: 'a key with white space', header: 'foo =1', kept: undefined },
    { name: 'a key with two tenants', header: 'foo@bar@baz=1', kept: undefined },
    { name: 'no value', header: 'foo=', kept: undefined },
    { name: 'no =', header: 'foo', kept: undefined },
    { name: 'two =', header: 'foo=a=b', kept: undefined },
    { name: 'a value of 257 characters', header: `foo=${'v'.repeat(257)}`, kept: undefined },
    { name: 'a control character', header: 'foo=a\x01', kept: undefined },
    { name: '16 KiB of white space in a value', header: `foo=a${' '.repeat(16384)}b`, kept: undefined },
    { name: 'a byte beyond ASCII', header: 'foo=\xe9', kept: undefined },
    { name: 'something wrong beside what is right', header: 'foo=1,BAR=2', kept: undefined },
  ])('$name', ({ header, kept }) => {
    expect(tracestateOf(header)).toBe(kept)
  })
})

describe('baggage', () => {
  const of = (bytes: number): string => `k=${'v'.repeat(bytes - 2)}`
  test.each([
    { name: 'one member', header: 'user=alice', kept: 'user=alice' },
    {
      name: 'as it came, properties and white space too',
      header: 'a = 1 ; p ; q=2 , b=%20',
      kept: 'a = 1 ; p ; q=2 , b=%20',
    },
    { name: 'several headers', header: ['a=1', 'b=2'], kept: 'a=1,b=2' },
    { name: 'no value', header: 'a=', kept: 'a=' },
    { name: '8,192 bytes', header: of(8192), kept: of(8192) },
    { name: '8,193 bytes in one member', header: of(8193), kept: undefined },
    { name: 'first members up to 8,192 bytes', header: `a=1,${of(8189)}`, kept: 'a=1' },
    { name: 'the first 180 members', header: members(200), kept: members(180) },
    { name: 'absent', header: undefined, kept: undefined },
    { name: 'empty', header: '', kept: undefined },
    { name: 'no =', header: 'user', kept: undefined },
    { name: 'no key', header: '=alice', kept: undefined },
    { name: 'an empty member', header: 'a=1,,b=2', kept: undefined },
    { name: 'a quote', header: 'a="1"', kept: undefined },
    { name: 'a control character', header: 'a=1\x7f', kept: undefined },
    { name: 'a byte beyond ASCII', header: 'a=\xe9', kept: undefined },
  ])('$name', ({ header, kept }) => {
    expect(baggageOf(header)).toBe(kept)
  })
})
