import { afterAll, describe, expect, test } from '@jest/globals'
import { Folder, MINIMAL } from './fixture.js'

const folder = new Folder()
afterAll(() => folder.remove())

const load = (written: string, env: Record<string, string> = {}) =>
  folder.load(`${written}\n${MINIMAL}`, 'gw.yaml', { env })

describe('register', () => {
  test('not written, the gateway does not make itself known', () => {
    expect(load('').config?.register).toBeUndefined()
  })

  test.each([
    {
      written: 'register: {}',
      means: {
        consul: undefined,
        token: undefined,
        name: 'protobridge',
        id: undefined,
        address: undefined,
        port: undefined,
        tags: [],
        meta: {},
        check: undefined,
        intervalMs: 10_000,
        deregisterAfterMs: 600_000,
      },
    },
    {
      written:
        'register: { consul: "https://consul:8501", token: "${T}", name: gw, id: gw-1, address: "10.0.0.5", port: "${P}", tags: [a], meta: { zone: b }, check: "http://10.0.0.5:9901/readyz", interval: 1s, deregisterAfter: 1m }',
      means: {
        consul: 'https://consul:8501',
        token: 'secret',
        name: 'gw',
        id: 'gw-1',
        address: '10.0.0.5',
        port: 8443,
        tags: ['a'],
        meta: { zone: 'b' },
        check: 'http://10.0.0.5:9901/readyz',
        intervalMs: 1000,
        deregisterAfterMs: 60_000,
      },
    },
  ])('$written', ({ written, means }) => {
    const { config, errors } = load(written, { T: 'secret', P: '8443' })
    expect(errors).toEqual([])
    expect(config?.register).toEqual(means)
  })

  test.each([
    {
      written: 'register: "127.0.0.1:8500"',
      error: '1:11: "127.0.0.1:8500" is not a mapping (register): write it like { consul: "127.0.0.1:8500" }',
    },
    {
      written: 'register: { consul: "ftp://c" }',
      error:
        '1:21: "ftp" is no scheme of an agent: write host:port, http://, https:// or unix:// (register.consul): write it like 127.0.0.1:8500 or https://consul.internal:8501',
    },
    {
      written: 'register: { consul: "c:0" }',
      error:
        '1:21: "0" is not a port: write a number from 1 to 65535 (register.consul): write it like 127.0.0.1:8500 or https://consul.internal:8501',
    },
    {
      written: 'register: { name: "" }',
      error: '1:19: must not be empty (register.name): give a value, or take the key out',
    },
    {
      written: 'register: { id: "a\\nb" }',
      error: '1:17: "a\\nb" has control characters (register.id): use letters, digits and "-"',
    },
    {
      written: 'register: { tags: [a, "b\\0"] }',
      error: '1:23: "b\\u0000" has control characters (register.tags[1]): use letters, digits and "-"',
    },
    {
      written: 'register: { address: "10.0.0.5:8080" }',
      error:
        '1:22: "10.0.0.5:8080" is not an address or host name (register.address): the port has a key of its own, port',
    },
    { written: 'register: { port: 0 }', error: '1:19: 0 is too small (register.port): the smallest is 1' },
    { written: 'register: { port: 70000 }', error: '1:19: 70000 is too large (register.port): the largest is 65535' },
    {
      written: 'register: { check: /readyz }',
      error:
        '1:20: "/readyz" is not an http:// or https:// address (register.check): write it like http://10.0.0.5:9901/readyz, as the agent reaches it',
    },
    {
      written: 'register: { interval: 100ms }',
      error: '1:23: 100ms is too short (register.interval): give at least 1s',
    },
    {
      written: 'register: { deregisterAfter: 30s }',
      error: '1:30: 30s is too short (register.deregisterAfter): give at least 1m, as Consul does',
    },
    {
      written: 'register: { service: gw }',
      error: /^1:13: unknown key "service" \(register\.service\)/,
    },
    {
      written: 'register: { meta: { zone: 1 } }',
      error: '1:27: 1 is not a text (register.meta.zone): quote it: "1"',
    },
  ])('$written is refused', ({ written, error }) => {
    const { errors } = load(written)
    expect(errors.map((line) => line.replace(/^gw\.yaml:/, ''))).toEqual([
      typeof error === 'string' ? error : expect.stringMatching(error),
    ])
  })

  test('its token is never shown', () => {
    for (const token of ['[hunter2]', '"hunter2 \\n"', '{ is: hunter2 }']) {
      const { errors } = load(`register: { token: ${token} }`)
      expect(errors).toHaveLength(1)
      expect(errors[0]).not.toContain('hunter2')
    }
  })

  test('a variable of Consul that is wrong refuses the load', () => {
    expect(load('register: {}', { CONSUL_HTTP_SSL: 'maybe' }).errors).toEqual([
      expect.stringContaining('CONSUL_HTTP_SSL: "maybe" is not a boolean'),
    ])
    expect(load('', { CONSUL_HTTP_SSL: 'maybe' }).errors).toEqual([])
  })
})

describe('mapping files in Consul', () => {
  test.each([
    {
      written: 'consul-kv://127.0.0.1:8500/protobridge/mappings/',
      kv: {
        root: 'consul-kv://127.0.0.1:8500/',
        prefix: 'protobridge/mappings/',
        agent: { address: '127.0.0.1:8500' },
      },
    },
    { written: 'consul-kv:///m/a.yaml', kv: { root: 'consul-kv:///', prefix: 'm/a.yaml', agent: {} } },
    {
      written: 'consul-kv://[::1]:8501/m%20n/?tls&dc=dc1&ns=n&partition=p&wait=30s',
      kv: {
        root: 'consul-kv://[::1]:8501/',
        prefix: 'm n/',
        agent: { address: '[::1]:8501', tls: true, datacenter: 'dc1', namespace: 'n', partition: 'p' },
        waitMs: 30_000,
      },
    },
    { written: 'CONSUL-KV://a/m', kv: { root: 'consul-kv://a/', prefix: 'm', agent: { address: 'a' } } },
  ])('$written', ({ written, kv }) => {
    const { config, errors } = load(`mappings: ["${written}"]`)
    expect(errors).toEqual([])
    expect(config?.mappings).toMatchObject([{ kind: 'consul-kv', value: written, kv }])
  })

  test.each([
    { written: 'consul-kv:', wrong: 'write consul-kv://agent:8500/prefix/' },
    { written: 'consul-kv://127.0.0.1:8500', wrong: 'write consul-kv://agent:8500/prefix/' },
    { written: 'consul-kv://127.0.0.1:8500/', wrong: 'the prefix of the keys is missing' },
    { written: 'consul-kv://127.0.0.1:8500//m', wrong: '"/m" is not the prefix of a key' },
    { written: 'consul-kv://127.0.0.1:x/m', wrong: 'is not the address of an agent' },
    { written: 'consul-kv://a/m%zz', wrong: '"m%zz" is not percent-encoded correctly' },
    { written: 'consul-kv://a/m#x', wrong: 'write consul-kv://agent:8500/prefix/' },
    { written: 'consul-kv://a/m?token=hunter2', wrong: 'a token in an address would be shown: set CONSUL_HTTP_TOKEN' },
    { written: 'consul-kv://a/m?stale', wrong: 'unknown parameter "stale": use one of dc, tls, ns, partition, wait' },
    { written: 'consul-kv://a/m?wait=11m', wrong: '"11m" is not a time to wait' },
    { written: 'consul-kv://a/m?tls=perhaps', wrong: '"perhaps" is neither true nor false' },
  ])('$written is refused', ({ written, wrong }) => {
    const { errors } = load(`mappings: ["${written}"]`)
    expect(errors).toEqual([expect.stringMatching(/^gw\.yaml:1:12: /)])
    expect(errors[0]).toContain(wrong)
    expect(errors[0]).toContain('(mappings[0])')
  })
})
