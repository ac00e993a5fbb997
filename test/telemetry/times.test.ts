import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { millisecondsText } from '../../src/telemetry/access-log/times.js'

test.each([
  [0, '0'],
  [0.0004, '0'],
  [0.0005, '0.001'],
  [0.5, '0.5'],
  [1, '1'],
  [1.042, '1.042'],
  [1.9996, '2'],
  [1500.25, '1500.25'],
  [86_400_000.1, '86400000.1'],
])('%p ms are %p', (ms, text) => expect(millisecondsText(ms)).toBe(text))

test('is what a number rounded to the microsecond says of itself', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), (ms) => {
      expect(millisecondsText(ms)).toBe(String(Math.round(ms * 1000) / 1000))
    }),
  )
})
