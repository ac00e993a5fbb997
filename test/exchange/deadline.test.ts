import { describe, expect, test } from '@jest/globals'
import { parseGrpcTimeout } from '../../src/exchange/deadline.js'

describe('Grpc-Timeout (PROTOCOL-HTTP2)', () => {
  test.each([
    { value: '1H', ms: 3_600_000 },
    { value: '2M', ms: 120_000 },
    { value: '3S', ms: 3000 },
    { value: '250m', ms: 250 },
    { value: '1500u', ms: 1.5 },
    { value: '1000000n', ms: 1 },
    { value: '0S', ms: 0 },
    { value: '99999999H', ms: 99_999_999 * 3_600_000 },
  ])('$value is $ms ms', ({ value, ms }) => {
    expect(parseGrpcTimeout(value)).toBeCloseTo(ms, 9)
  })

  test.each(['', 'S', '1', '1s', '1.5S', '-1S', '+1S', ' 1S', '1 S', '123456789S', '1SS', '١S'])(
    '%j is malformed: 400',
    (value) => {
      expect(() => parseGrpcTimeout(value)).toThrow(
        'Grpc-Timeout: want 1 to 8 digits and a unit of H, M, S, m, u or n, as in 250m',
      )
    },
  )
})
