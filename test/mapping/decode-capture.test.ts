import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeCapture, type TemplateVariable } from '../../src/mapping/index.js'
import { StatusError } from '../../src/status/index.js'

const single: TemplateVariable = { fieldPath: ['v'], start: 0, end: 1, isMultiSegment: false }
const multi: TemplateVariable = { fieldPath: ['v'], start: 0, end: 2, isMultiSegment: true }

describe('a single-segment variable is fully decoded; a multi-segment one but for %2F, unless the file says so', () => {
  test.each([
    { raw: 'plain', asSingle: 'plain', asMulti: 'plain', fully: 'plain' },
    { raw: 'a%2Fb', asSingle: 'a/b', asMulti: 'a%2Fb', fully: 'a/b' },
    { raw: 'a%2fb', asSingle: 'a/b', asMulti: 'a%2fb', fully: 'a/b' },
    { raw: '%2F', asSingle: '/', asMulti: '%2F', fully: '/' },
    // Envoy's table of the three choices, in reference/http-rule.md
    { raw: '%2f%23/%20%2523', asSingle: '/#/ %23', asMulti: '%2f#/ %23', fully: '/#/ %23' },
    // "a sent %252F looks like it"
    { raw: '%252F', asSingle: '%2F', asMulti: '%2F', fully: '%2F' },
    { raw: '%25%32%46%2F', asSingle: '%2F/', asMulti: '%2F%2F', fully: '%2F/' },
    { raw: 'a+b%2Bc', asSingle: 'a+b+c', asMulti: 'a+b+c', fully: 'a+b+c' },
    { raw: 'K%C3%B6ln/%E2%82%AC', asSingle: 'Köln/€', asMulti: 'Köln/€', fully: 'Köln/€' },
    { raw: '%21%20%2E', asSingle: '! .', asMulti: '! .', fully: '! .' },
  ])('$raw', ({ raw, asSingle, asMulti, fully }) => {
    expect(decodeCapture(raw, single, false)).toBe(asSingle)
    expect(decodeCapture(raw, multi, false)).toBe(asMulti)
    expect(decodeCapture(raw, multi, true)).toBe(fully)
  })

  test.each(['%', '%4', '%zz', '%C3', '%ff', 'a%2F%C3%2F'])('invalid %s is a 400', (raw) => {
    for (const variable of [single, multi]) {
      expect(() => decodeCapture(raw, variable, false)).toThrow(StatusError)
      expect(() => decodeCapture(raw, variable, false)).toThrow('v: the path has an invalid percent-encoding')
    }
  })
})

test('what a client encodes as http.proto says comes out as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => {
      // encodeURIComponent leaves some reserved characters; the proto wants all but unreserved ones encoded.
      const sent = encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
      expect(decodeCapture(sent, single, false)).toBe(value)
      expect(decodeCapture(sent.replaceAll('%2F', '/'), multi, false)).toBe(value)
    }),
  )
})
