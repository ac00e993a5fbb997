import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Edge } from '../../src/exchange/index.js'

const TRUSTED = ['10.0.0.0/8', '2001:db8:ff::/48', '192.0.2.7']
const PROXY = '10.0.0.1'

function clientOf(peer: string, headers: IncomingMessage['headers'], trustedProxies: readonly string[] = TRUSTED) {
  const edge = new Edge({ trustedProxies, allow: [], deny: [] })
  return edge.clientOf({ headers, socket: { remoteAddress: peer } } as IncomingMessage)
}

describe('who the client is', () => {
  test.each([
    { what: 'nobody forwards', peer: PROXY, headers: {}, address: PROXY },
    {
      what: 'a peer that is not trusted says so',
      peer: '203.0.113.9',
      headers: { 'x-forwarded-for': '1.1.1.1' },
      address: '203.0.113.9',
    },
    { what: 'one hop', peer: PROXY, headers: { 'x-forwarded-for': '203.0.113.9' }, address: '203.0.113.9' },
    {
      what: 'a peer in IPv6 form',
      peer: '::ffff:10.0.0.1',
      headers: { 'x-forwarded-for': '203.0.113.9' },
      address: '203.0.113.9',
    },
    {
      what: 'past trusted hops',
      peer: PROXY,
      headers: { 'x-forwarded-for': '203.0.113.9, 10.1.1.1,192.0.2.7' },
      address: '203.0.113.9',
    },
    {
      what: 'what the client wrote before is not believed',
      peer: PROXY,
      headers: { 'x-forwarded-for': '1.1.1.1, 203.0.113.9' },
      address: '203.0.113.9',
    },
    {
      what: 'nor where it writes a trusted address',
      peer: PROXY,
      headers: { 'x-forwarded-for': '10.9.9.9, 203.0.113.9' },
      address: '203.0.113.9',
    },
    {
      what: 'all are trusted: the first of them',
      peer: PROXY,
      headers: { 'x-forwarded-for': '10.3.3.3, 10.2.2.2' },
      address: '10.3.3.3',
    },
    { what: 'with a port', peer: PROXY, headers: { 'x-forwarded-for': '203.0.113.9:1234' }, address: '203.0.113.9' },
    { what: 'IPv6', peer: '2001:db8:ff::1', headers: { 'x-forwarded-for': '2001:DB8:1::9' }, address: '2001:db8:1::9' },
    {
      what: 'IPv6 in brackets, with a port',
      peer: PROXY,
      headers: { 'x-forwarded-for': '[2001:db8:1::9]:443' },
      address: '2001:db8:1::9',
    },
    {
      what: 'IPv4 in IPv6 form',
      peer: PROXY,
      headers: { 'x-forwarded-for': '::ffff:203.0.113.9' },
      address: '203.0.113.9',
    },
    { what: 'no address', peer: PROXY, headers: { 'x-forwarded-for': 'unknown' }, address: PROXY },
    {
      what: 'no address behind a hop',
      peer: PROXY,
      headers: { 'x-forwarded-for': 'evil, 10.1.1.1' },
      address: '10.1.1.1',
    },
    { what: 'nothing', peer: PROXY, headers: { 'x-forwarded-for': '' }, address: PROXY },
    { what: 'Forwarded', peer: PROXY, headers: { forwarded: 'for=203.0.113.9;proto=https' }, address: '203.0.113.9' },
    {
      what: 'Forwarded, quoted, past a hop',
      peer: PROXY,
      headers: { forwarded: 'For="[2001:db8:1::9]:80", proto=http;for=10.1.1.1' },
      address: '2001:db8:1::9',
    },
    { what: 'Forwarded, obfuscated', peer: PROXY, headers: { forwarded: 'for=_hidden' }, address: PROXY },
    {
      what: 'X-Forwarded-For goes before Forwarded',
      peer: PROXY,
      headers: { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=1.1.1.1' },
      address: '203.0.113.9',
    },
    {
      what: 'one address in other spellings',
      peer: PROXY,
      headers: { 'x-forwarded-for': '2001:0DB8:0001:0:0000::0009' },
      address: '2001:db8:1::9',
    },
    {
      what: 'IPv4 in IPv6 form, in hexadecimal',
      peer: PROXY,
      headers: { 'x-forwarded-for': '0:0:0:0:0:FFFF:cb00:7109' },
      address: '203.0.113.9',
    },
    { what: 'with a zone', peer: 'fe80::1%eth0', headers: {}, address: 'fe80::1' },
    {
      what: 'octal is no address',
      peer: PROXY,
      headers: { 'x-forwarded-for': '0313.0.0113.011' },
      address: PROXY,
    },
    {
      what: 'Forwarded: a quote that the client leaves open',
      peer: PROXY,
      headers: { forwarded: 'for="1.1.1.1, for=203.0.113.9' },
      address: '203.0.113.9',
    },
    {
      what: 'Forwarded: what the client is quoted with',
      peer: PROXY,
      headers: { forwarded: 'for=203.0.113.9;host="a,for=1.1.1.1"' },
      address: '203.0.113.9',
    },
    {
      what: 'Forwarded: the same, with quotes of its own',
      peer: PROXY,
      headers: { forwarded: 'for=203.0.113.9;host="a,for=1.1.1.1;x=\\""' },
      address: '203.0.113.9',
    },
    {
      what: 'Forwarded: the same, before it',
      peer: PROXY,
      headers: { forwarded: 'host="a;for=1.1.1.1";for="203.0.113.9"' },
      address: '203.0.113.9',
    },
    {
      what: 'Forwarded: two in one element are none',
      peer: PROXY,
      headers: { forwarded: 'for=1.1.1.1;for=203.0.113.9' },
      address: PROXY,
    },
    {
      what: 'Forwarded: a quote in the middle',
      peer: PROXY,
      headers: { forwarded: 'for=1.1.1.1"' },
      address: PROXY,
    },
  ])('$what', ({ peer, headers, address }) => {
    expect(clientOf(peer, headers).address).toBe(address)
  })

  test('protocol and host are those that a trusted proxy says, the last of several', () => {
    const headers = { 'x-forwarded-proto': 'http, https', 'x-forwarded-host': 'evil.example, api.example' }
    expect(clientOf(PROXY, headers)).toMatchObject({ protocol: 'https', host: 'api.example' })
    expect(clientOf('203.0.113.9', headers)).toMatchObject({ protocol: undefined, host: undefined })
    expect(clientOf(PROXY, { 'x-forwarded-proto': 'gopher' }).protocol).toBeUndefined()
  })

  test.each([
    {
      what: 'of the element that names the client',
      forwarded:
        'for=1.1.1.1;proto=gopher, for=203.0.113.9;proto=HTTPS;host="api.example:8443", for=10.1.1.1;proto=http;host=in',
      client: { protocol: 'https', host: 'api.example:8443' },
    },
    {
      what: 'of the last that is known, where the client is not',
      forwarded: 'for=unknown;proto=https;host=api.example',
      client: { protocol: 'https', host: 'api.example' },
    },
    { what: 'none that is said', forwarded: 'for=203.0.113.9', client: { protocol: undefined, host: undefined } },
    {
      what: 'a host that is none',
      forwarded: 'for=203.0.113.9;host="a b"',
      client: { protocol: undefined, host: undefined },
    },
  ])('protocol and host from Forwarded: $what', ({ forwarded, client }) => {
    expect(clientOf(PROXY, { forwarded })).toMatchObject(client)
  })

  test.each(['a b', 'a/b', 'user@a', 'ä', '\u00ffa', '', 'a'.repeat(300)])('no host: %j', (host) => {
    expect(clientOf(PROXY, { 'x-forwarded-host': host }).host).toBeUndefined()
  })

  test('property: nothing that a client sends says who it is, unless its peer is trusted', () => {
    const value = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string(),
      fc.constantFrom('10.0.0.1', 'for=1.1.1.1', ', ,', '::ffff:1.1.1.1'),
    )
    const headers = fc.record(
      { 'x-forwarded-for': value, forwarded: value, 'x-real-ip': value, 'x-client-ip': value },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(headers, (sent) => {
        expect(clientOf('203.0.113.9', sent).address).toBe('203.0.113.9')
      }),
    )
  })

  test('property: whatever stands left of the first that is not trusted, it is the client', () => {
    fc.assert(
      fc.property(fc.array(fc.string().map((text) => text.replaceAll(',', ''))), (left) => {
        const list = [...left, '203.0.113.9', '10.1.1.1'].join(', ')
        expect(clientOf(PROXY, { 'x-forwarded-for': list }).address).toBe('203.0.113.9')
      }),
    )
  })
})

describe('who may come in', () => {
  test.each([
    { allow: [], deny: [], address: '203.0.113.9', isAdmitted: true },
    { allow: [], deny: ['203.0.113.0/24'], address: '203.0.113.9', isAdmitted: false },
    { allow: [], deny: ['203.0.113.0/24'], address: '203.0.114.9', isAdmitted: true },
    { allow: ['203.0.113.0/24'], deny: [], address: '203.0.113.9', isAdmitted: true },
    { allow: ['203.0.113.0/24'], deny: [], address: '198.51.100.1', isAdmitted: false },
    { allow: ['203.0.113.0/24'], deny: ['203.0.113.9'], address: '203.0.113.9', isAdmitted: false },
    { allow: ['2001:db8::/32'], deny: [], address: '2001:db8:5::1', isAdmitted: true },
    { allow: ['2001:db8::/32'], deny: [], address: '203.0.113.9', isAdmitted: false },
    { allow: ['0.0.0.0/0'], deny: [], address: '203.0.113.9', isAdmitted: true },
    { allow: ['203.0.113.0/24'], deny: [], address: '', isAdmitted: false },
  ])('$address, allow $allow, deny $deny: $isAdmitted', ({ allow, deny, address, isAdmitted }) => {
    const edge = new Edge({ trustedProxies: [], allow, deny })
    expect(edge.admits(address)).toBe(isAdmitted)
  })
})
