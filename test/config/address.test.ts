import { describe, expect, test } from '@jest/globals'
import { clashes, isLoopback, parseAddress, readHostName } from '../../src/config/address.js'

const ADVICE = 'write HOST:PORT, [IPV6]:PORT, or :PORT for the default host'

describe('HOST:PORT', () => {
  test.each([
    { text: '127.0.0.1:8080', host: '127.0.0.1', port: 8080 },
    { text: ':8080', host: undefined, port: 8080 },
    { text: '[::1]:8080', host: '::1', port: 8080 },
    { text: '[::]:0', host: '::', port: 0 },
    { text: 'localhost:65535', host: 'localhost', port: 65535 },
    { text: 'GW.Example:1', host: 'gw.example', port: 1 },
  ])('$text is read', ({ text, host, port }) => {
    expect(parseAddress(text)).toEqual({ host, port })
  })

  test.each([
    { text: '', wrong: '"" is not an address', advice: ADVICE },
    { text: '8080', wrong: '"8080" is not an address', advice: ADVICE },
    { text: 'localhost', wrong: '"localhost" is not an address', advice: ADVICE },
    { text: 'localhost:', wrong: '"localhost:" is not an address', advice: ADVICE },
    { text: 'localhost:http', wrong: '"localhost:http" is not an address', advice: ADVICE },
    { text: 'localhost:-1', wrong: '"localhost:-1" is not an address', advice: ADVICE },
    { text: '::1', wrong: '"::1" is not an address', advice: 'write [IPV6]:PORT' },
    { text: '::1:8080', wrong: '"::1:8080" is not an address', advice: 'write [IPV6]:PORT' },
    { text: 'http://x:80', wrong: '"http://x:80" is not an address', advice: ADVICE },
    { text: '[nope]:80', wrong: '"nope" is not an IPv6 address', advice: ADVICE },
    { text: '[127.0.0.1]:80', wrong: '"127.0.0.1" is not an IPv6 address', advice: ADVICE },
    { text: 'a b:80', wrong: '"a b" is not an address or host name', advice: ADVICE },
    { text: '1.2.3:80', wrong: '"1.2.3" is not an address or host name', advice: ADVICE },
    { text: 'x:65536', wrong: '65536 is not a port', advice: 'a port is a whole number from 0 to 65535' },
  ])('$text is refused: $wrong', ({ text, wrong, advice }) => {
    expect(parseAddress(text)).toEqual({ wrong, advice })
  })
})

describe('host names', () => {
  test.each([
    { text: 'API.Example.com', host: 'api.example.com' },
    { text: 'api.example.com.', host: 'api.example.com' },
    { text: 'bücher.example', host: 'xn--bcher-kva.example' },
    { text: 'my_service', host: 'my_service' },
    { text: '10.0.0.1', host: '10.0.0.1' },
    { text: '[FE80::1]', host: '[fe80::1]' },
    { text: 'api.example.com:443', host: undefined },
    { text: 'https://api.example.com', host: undefined },
    { text: '*.example.com', host: undefined },
    { text: 'a..b', host: undefined },
    { text: '-a.b', host: undefined },
    { text: 'a\tb', host: undefined },
    { text: 'a/b', host: undefined },
    { text: '.', host: undefined },
    { text: '1.2.3', host: undefined },
    { text: `${'a'.repeat(64)}.b`, host: undefined },
    { text: '::1', host: undefined },
  ])('$text is $host', ({ text, host }) => {
    expect(readHostName(text)).toBe(host)
  })
})

test.each([
  { host: '127.0.0.1', is: true },
  { host: '127.8.8.8', is: true },
  { host: '::1', is: true },
  { host: '0:0:0:0:0:0:0:1', is: true },
  { host: '::ffff:127.0.0.1', is: true },
  { host: 'LocalHost', is: true },
  { host: '0.0.0.0', is: false },
  { host: '::', is: false },
  { host: '10.0.0.1', is: false },
  { host: '127.example.com', is: false },
  { host: 'localhost.example.com', is: false },
])('$host is loopback: $is', ({ host, is }) => {
  expect(isLoopback(host)).toBe(is)
})

test.each([
  { a: '127.0.0.1', b: '127.0.0.1', port: 1, is: true },
  { a: '::1', b: '0:0::1', port: 1, is: true },
  { a: '0.0.0.0', b: '127.0.0.1', port: 1, is: true },
  { a: '10.0.0.1', b: '0.0.0.0', port: 1, is: true },
  { a: '::', b: '127.0.0.1', port: 1, is: true },
  { a: '0.0.0.0', b: '::1', port: 1, is: false },
  { a: '10.0.0.1', b: '10.0.0.2', port: 1, is: false },
  { a: '127.0.0.1', b: '127.0.0.1', port: 0, is: false },
])('$a and $b on port $port clash: $is', ({ a, b, port, is }) => {
  expect(clashes({ host: a, port }, { host: b, port })).toBe(is)
})
