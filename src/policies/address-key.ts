import { isIPv6 } from 'node:net'

/**
 * What an address counts as where callers are told apart by it: an IPv6 address as its /64, which is one customer's, and an IPv4
 * address in IPv6 form as what it is (rulings, "Callers").
 */
export function addressKey(address: string): string {
  // Asked of each request: what has no colon is none, without the long expression that tells.
  if (!address.includes(':') || !isIPv6(address)) return address
  const [plain = ''] = address.split('%')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)
  if (mapped !== null) return mapped[1]!
  const [before = '', after] = plain.split('::')
  const head = groupsOf(before)
  const tail = after === undefined ? [] : groupsOf(after)
  const zeros = new Array<number>(Math.max(0, 8 - head.length - tail.length)).fill(0)
  const groups = [...head, ...zeros, ...tail]
  // ::ffff:0:0/96 in hexadecimal.
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join('.')
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** Groups of 16 bits; the last two may be written as an IPv4 address. */
function groupsOf(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}
