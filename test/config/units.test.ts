import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { MAX_DURATION_MS, MAX_SIZE_BYTES, parseDuration, parseSize } from '../../src/config/units.js'

const DURATION_ADVICE = 'write it like 250ms, 15s, 5m or 1h'
const SIZE_ADVICE = 'write it like 16KiB, 4MiB, 1GiB or a number of bytes'

describe('durations', () => {
  test.each([
    { text: '250ms', value: 250 },
    { text: '15s', value: 15_000 },
    { text: '1.5s', value: 1500 },
    { text: '5m', value: 300_000 },
    { text: '1h', value: 3_600_000 },
    { text: '0s', value: 0 },
    { text: '0.5h', value: 1_800_000 },
    { text: '0.4ms', value: 1 },
    { text: '2147483647ms', value: MAX_DURATION_MS },
    { text: '596h', value: 2_145_600_000 },
  ])('$text is $value ms', ({ text, value }) => {
    expect(parseDuration(text)).toEqual({ value })
  })

  test.each(['', '15', 's', '-1s', '+1s', '15 s', ' 15s', '15S', '15sec', '1h30m', '.5s', '1.s', '01s', '1e3s', '1d'])(
    '%j is not a duration',
    (text) => {
      expect(parseDuration(text)).toEqual({
        wrong: `${JSON.stringify(text)} is not a duration`,
        advice: DURATION_ADVICE,
      })
    },
  )

  test.each(['2147483648ms', '597h', '999999999999999999999h'])('%s is longer than a timer can wait', (text) => {
    expect(parseDuration(text)).toEqual({ wrong: `${text} is too long`, advice: 'the longest duration is 596h' })
  })

  test('whole milliseconds come back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_DURATION_MS }), (ms) => {
        expect(parseDuration(`${ms}ms`)).toEqual({ value: ms })
        expect(parseDuration(`${Math.floor(ms / 1000)}s`)).toEqual({ value: Math.floor(ms / 1000) * 1000 })
      }),
    )
  })
})

describe('sizes', () => {
  test.each([
    { written: '16KiB', value: 16_384 },
    { written: '4MiB', value: 4_194_304 },
    { written: '1GiB', value: 1_073_741_824 },
    { written: '1024', value: 1024 },
    { written: 1024, value: 1024 },
    { written: MAX_SIZE_BYTES, value: 4_294_967_295 },
  ])('$written is $value bytes', ({ written, value }) => {
    expect(parseSize(written)).toEqual({ value })
  })

  test.each(['', '4MB', '4M', '4 MiB', '4mib', '-4MiB', '1.5MiB', '0x10', -1, 1.5, NaN, 1e21])(
    '%j is not a size',
    (written) => {
      expect(parseSize(written)).toEqual({ wrong: `${JSON.stringify(written)} is not a size`, advice: SIZE_ADVICE })
    },
  )

  test.each(['4GiB', '4294967296', '99999999999999999999999GiB'])('%s is more than a message can have', (written) => {
    expect(parseSize(written)).toEqual({
      wrong: `${written} is too large`,
      advice: 'the largest size is 4294967295 bytes',
    })
  })
})
