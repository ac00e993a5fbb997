import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addressKey } from '../../src/policies/address-key.js'

test.each([
  { address: '192.0.2.1', key: '192.0.2.1' },
  { address: '::ffff:192.0.2.1', key: '192.0.2.1' },
  { address: '::FFFF:192.0.2.1', key: '192.0.2.1' },
  { address: '::ffff:c000:201', key: '192.0.2.1' },
  { address: '0:0:0:0:0:ffff:c000:0201', key: '192.0.2.1' },
  { address: '2001:db8:1:2:3:4:5:6', key: '2001:db8:1:2::/64' },
  { address: '2001:DB8:1:2::', key: '2001:db8:1:2::/64' },
  { address: '2001:db8::6', key: '2001:db8:0:0::/64' },
  { address: 'fe80::1%eth0', key: 'fe80:0:0:0::/64' },
  { address: '64:ff9b::192.0.2.1', key: '64:ff9b:0:0::/64' },
  { address: '::1', key: '0:0:0:0::/64' },
  { address: '', key: '' },
  { address: 'no address', key: 'no address' },
])('$address counts as $key', ({ address, key }) => {
  expect(addressKey(address)).toBe(key)
})

test('however an address is written, it counts as one; and so do all of its /64', () => {
  const group = fc.integer({ min: 0, max: 0xffff })
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), fc.ipV6(), (groups, other) => {
      fc.pre(groups.slice(0, 5).some((one) => one !== 0))
      const full = groups.map((one) => one.toString(16).padStart(4, '0')).join(':')
      const short = groups.map((one) => one.toString(16).toUpperCase()).join(':')
      const neighbour = [...groups.slice(0, 4), 1, 2, 3, 4].map((one) => one.toString(16)).join(':')
      expect(addressKey(short)).toBe(addressKey(full))
      expect(addressKey(neighbour)).toBe(addressKey(full))
      expect(typeof addressKey(other)).toBe('string')
    }),
  )
})
