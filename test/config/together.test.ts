import { afterAll, describe, expect, test } from '@jest/globals'
import { getuid } from 'node:process'
import { join } from 'node:path'
import { Folder, MINIMAL } from './fixture.js'

const folder = new Folder()
afterAll(() => folder.remove())

describe('every error at once, in the order of the file', () => {
  test('errors of shape, of values, of files and of the environment', () => {
    const { config, errors } = folder.load(`listen: { port: "\${PORT}", hots: x }
watch: maybe
admin: { host: 0.0.0.0 }
schema:
  - reflection: libary
  - { descriptors: nope.binpb }
upstreams:
  library:
    target: dns:///x
    retry: { attempts: 3 }
    prefix: lib
    connections: { connectTimeout: 5 }
policies:
  - { select: "*", timeout: 9999h, priority: urgent }
`)
    expect(errors).toEqual([
      'gw.yaml:1:17: the environment variable PORT is not set (listen.port): set it, or write ${PORT:-default}',
      'gw.yaml:1:28: unknown key "hots" (listen.hots): did you mean "host"?',
      'gw.yaml:2:8: "maybe" is not true or false (watch): write true or false, without quotes',
      'gw.yaml:3:16: the admin port on 0.0.0.0, which is not loopback, needs a token (admin.host): set admin.token, or bind to 127.0.0.1',
      'gw.yaml:5:17: no upstream is named "libary" (schema[0].reflection): did you mean "library"?',
      'gw.yaml:6:20: "nope.binpb" cannot be read: it does not exist (schema[1].descriptors): give a path that is there and readable, absolute or relative to the configuration file',
      'gw.yaml:10:5: unknown key "retry" (upstreams.library.retry): it is a key of policies[]',
      'gw.yaml:11:13: "lib" does not begin with "/" (upstreams.library.prefix): write "/lib"',
      'gw.yaml:12:36: 5 is not a duration (upstreams.library.connections.connectTimeout): give its unit: 5ms, 5s, 5m or 5h',
      'gw.yaml:14:29: 9999h is too long (policies[0].timeout): the longest duration is 596h',
      'gw.yaml:14:46: "urgent" is not one of low, normal, high (policies[0].priority): write one of them',
    ])
    // A descriptor set is missing: what follows from that would only confuse.
    expect(config).toBeUndefined()
  })

  test.each([
    { written: 'wach: 1', goesOn: true },
    { written: 'drain: 9999h', goesOn: true },
    { written: 'policies: [{ select: "*", priority: urgent }]', goesOn: true },
    { written: 'admin: { host: 0.0.0.0 }', goesOn: true },
    { written: 'listen: { tls: { cert: nope.pem, key: key.pem } }', goesOn: true },
    { written: 'mappings: [1]', goesOn: false },
    { written: 'policies: [{ timeout: 1s }]', goesOn: false },
  ])('after $written the later stages look for their errors: $goesOn', ({ written, goesOn }) => {
    const { config, errors } = folder.load(`${written}\n${MINIMAL}`)
    expect(errors).toHaveLength(1)
    expect(config !== undefined).toBe(goesOn)
  })

  test.each(['tls: { ca: nope.pem }', 'tls: { ca: image.binpb }', 'prefix: x'])(
    'after a wrong %s of an upstream, only where it is nothing to open',
    (written) => {
      const { config, errors } = folder.load(
        `schema: [{ descriptors: image.binpb }]\nupstreams: { a: { target: x, ${written} } }`,
      )
      expect(errors).toHaveLength(1)
      expect(config !== undefined).toBe(written.startsWith('prefix'))
    },
  )

  test('what is missing does not hide what else is wrong, nor make something seem wrong that is not', () => {
    const { config, errors } = folder.load(`upstreams:
  library: { services: ["*"] }
  catalog: { target: "\${GONE}", tls: { ca: nope.pem } }
schema: [{ reflection: library }, {}]
mappings: ["s3://bucket/m/", a.yaml]
drain: 9999h
`)
    expect(errors).toEqual([
      'gw.yaml:2:3: "target" is missing (upstreams.library): add it, for example target: "dns:///library.internal:50051"',
      'gw.yaml:3:22: the environment variable GONE is not set (upstreams.catalog.target): set it, or write ${GONE:-default}',
      'gw.yaml:3:44: "nope.pem" cannot be read: it does not exist (upstreams.catalog.tls.ca): give a path that is there and readable, absolute or relative to the configuration file',
      'gw.yaml:4:35: none of protos, descriptors and reflection (schema[1]): give exactly one of them; further ones are further entries of the list',
      'gw.yaml:5:12: mappings: not available in this version (mappings[0]): only files, globs and consul-kv:// are, for now',
      'gw.yaml:6:8: 9999h is too long (drain): the longest duration is 596h',
    ])
    expect(config).toBeUndefined()
  })

  test.each([
    { what: 'an item of a list of names', written: 'telemetry: { accessLog: { format: json, fields: [time, nope] } }' },
    { what: 'an item that is to be a mapping', written: 'policies: [{ select: "*", timeout: 1s }, 5]' },
    { what: 'an item of a list that has to be there', written: 'policies: [{ select: "*", split: { to: [7] } }]' },
    { what: 'a key that has to be there', written: 'policies: [{ select: "*", concurrency: { max: many } }]' },
    { what: 'no origins', written: 'policies: [{ select: "*", cors: { origins: x } }]' },
    { what: 'what has no form of text', written: 'policies: [{ select: "*", retry: { on: [[]] } }]' },
    { what: 'a listener', written: 'listen: [8080]' },
    { what: 'an entry of the schema', written: 'schema: [5]\nupstreams: { a: { target: x } }' },
  ])('$what that is wrong hides nothing else', ({ written }) => {
    const { errors } = folder.load(
      `${written}\nlimits: { store: memcached }\n${written.startsWith('schema') ? '' : MINIMAL}`,
    )
    expect(errors).toHaveLength(2)
    expect(errors[1]).toMatch(/"memcached" is no store of limits/)
  })

  test('without schema, files and times are looked at all the same', () => {
    const { errors } = folder.load('upstreams: { a: { target: x, tls: { ca: nope.pem } } }\ndrain: 9999h\n')
    expect(errors.map((line) => line.split(/ \(|: add/)[0])).toEqual([
      'gw.yaml:1:1: "schema" is missing',
      'gw.yaml:1:41: "nope.pem" cannot be read: it does not exist',
      'gw.yaml:2:8: 9999h is too long',
    ])
  })

  test('every syntax error has its line', () => {
    const { errors } = folder.load('a: "x\\q"\nb: !foo 1\nc: "\\z"\n')
    expect(errors.map((line) => line.split(': ')[0])).toEqual(['gw.yaml:1:6', 'gw.yaml:2:4', 'gw.yaml:3:5'])
  })

  test('an error is one line, whatever is in the value', () => {
    const { errors } = folder.load(`${MINIMAL}watch: "a\\nb: \\u2028 ${'x'.repeat(200)}"\n`)
    expect(errors).toHaveLength(1)
    expect(errors[0]).not.toContain('\n')
    expect(errors[0]!.length).toBeLessThan(200)
  })

  test('a token is never shown', () => {
    for (const token of ['[hunter2]', '31337', '"hunter 2"', '{ is: hunter2 }']) {
      const { errors } = folder.load(`${MINIMAL}admin: { token: ${token} }\n`)
      expect(errors).toHaveLength(1)
      expect(errors[0]).not.toMatch(/hunter|31337/)
    }
  })
})

describe('files that cannot be read', () => {
  test('there is none', () => {
    const { config, errors } = folder.loadFile(join(folder.path, 'gone.yaml'))
    expect(config).toBeUndefined()
    expect(errors).toEqual([
      'gone.yaml:0:0: cannot be read: it does not exist: give the path of a configuration file that is there and readable, in UTF-8',
    ])
  })

  test('it is a folder', () => {
    expect(folder.loadFile(join(folder.path, 'protos')).errors[0]).toMatch(
      /^protos:0:0: cannot be read: it is a folder/,
    )
  })

  test('it is not UTF-8', () => {
    const bytes = Buffer.from([...Buffer.from(`${MINIMAL}# `), 0xe9, 0x0a])
    expect(folder.load(bytes).errors[0]).toMatch(/^gw\.yaml:0:0: cannot be read: it is not UTF-8/)
  })

  test.each([
    { name: 'little-endian, with a mark', bytes: [0xff, 0xfe, 0x61, 0x00] },
    { name: 'big-endian, with a mark', bytes: [0xfe, 0xff, 0x00, 0x61] },
    { name: 'little-endian', bytes: [0x61, 0x00, 0x3a, 0x00] },
    { name: 'big-endian', bytes: [0x00, 0x61, 0x00, 0x3a] },
  ])('it is UTF-16, $name', ({ bytes }) => {
    expect(folder.load(Buffer.from(bytes)).errors).toEqual([
      'gw.yaml:0:0: cannot be read: it is UTF-16, not UTF-8: give the path of a configuration file that is there and readable, in UTF-8',
    ])
  })

  // Root reads everything.
  ;(getuid?.() === 0 ? test.skip : test)('reading is not permitted', () => {
    folder.write('secret.pem', 'x')
    folder.forbid('secret.pem')
    const { errors } = folder.load(`${MINIMAL}listen: { tls: { cert: secret.pem, key: key.pem } }\n`)
    expect(errors).toEqual([
      'gw.yaml:3:24: "secret.pem" cannot be read: permission denied (listen.tls.cert): give a path that is there and readable, absolute or relative to the configuration file',
    ])
  })
})

describe('hostile files', () => {
  test('aliases of aliases are counted, not followed for ever', () => {
    const levels = Array.from({ length: 20 }, (_, n) =>
      n === 0
        ? 'l0: &l0 [x, x]'
        : `l${n}: &l${n} [${Array(10)
            .fill(`*l${n - 1}`)
            .join(', ')}]`,
    )
    const started = performance.now()
    const { errors } = folder.load(levels.join('\n'))
    expect(errors).toEqual([
      'gw.yaml:5:25: aliases add more than 13450 values to the file: write out what they stand for, or share less by them',
    ])
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test.each([70, 50_000])('lists %d deep are refused', (depth) => {
    const { config, errors } = folder.load('a: ' + '['.repeat(depth) + ']'.repeat(depth))
    expect(config).toBeUndefined()
    expect(errors).toHaveLength(1)
    expect(errors[0]).toContain(': nested too deeply: at most 64 levels can be read')
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('the key %s is only unknown', (key) => {
    const { errors } = folder.load(`${MINIMAL}${key}: { listen: 1 }\n`)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toContain(`gw.yaml:3:1: unknown key "${key}"`)
    expect(({} as Record<string, unknown>)['listen']).toBeUndefined()
  })

  test('an upstream may have the name of a thing every object has', () => {
    const { config, errors } = folder.load(`schema: [{ reflection: constructor }]
upstreams: { constructor: { target: "dns:///x" }, __proto__: { target: "dns:///y" } }`)
    expect(errors).toEqual([])
    expect(config?.upstreams.map(({ name }) => name)).toEqual(['constructor', '__proto__'])
  })
})
