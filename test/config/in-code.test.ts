import { afterAll, describe, expect, test } from '@jest/globals'
import { createContext, runInContext } from 'node:vm'
import { join } from 'node:path'
import { applyOverrides, configFromTarget } from '../../src/config/index.js'
import { Problems, formatProblem } from '../../src/problems/index.js'
import { CERT, Folder, KEY } from './fixture.js'

const folder = new Folder()
afterAll(() => folder.remove())

const minimal = { schema: [{ descriptors: 'image.binpb' }], upstreams: { a: { target: 'dns:///a:1' } } }

describe('a configuration given in code', () => {
  test('is read as a file is', () => {
    const given = { ...minimal, listen: { port: '${PORT}' }, drain: '1s', watch: undefined }
    const copy = structuredClone(given)
    const { config, errors } = folder.normalize(given, { env: { PORT: '81' } })
    expect(errors).toEqual([])
    expect(config).toMatchObject({
      listen: [{ host: '0.0.0.0', port: 81 }],
      drain: { delayMs: 0, timeoutMs: 1000 },
      watch: true,
      files: [join(folder.path, 'image.binpb')],
    })
    expect(given).toEqual(copy)
    expect(Object.isFrozen(given.upstreams)).toBe(false)
  })

  test('an object of another realm is plain too', () => {
    const other: unknown = runInContext(`(${JSON.stringify(minimal)})`, createContext({}))
    expect(folder.normalize(other).errors).toEqual([])
  })

  const cycle: Record<string, unknown> = { ...minimal }
  cycle['json'] = { a: cycle, b: cycle }
  test.each([
    { name: 'undefined', value: undefined, errors: ['a undefined is not a configuration value: give texts'] },
    { name: 'a list', value: [], errors: ['the configuration is not a mapping: write keys'] },
    {
      name: 'a function',
      value: { ...minimal, watch: () => true },
      errors: ['a function is not a configuration value (watch)'],
    },
    {
      name: 'a Date',
      value: { ...minimal, drain: new Date(0) },
      errors: ['a Date is not a configuration value (drain)'],
    },
    {
      name: 'a Map',
      value: { ...minimal, upstreams: new Map() },
      errors: ['a Map is not a configuration value (upstreams)'],
    },
    {
      name: 'a cycle',
      value: cycle,
      errors: ['the value is inside itself (json.a)', 'the value is inside itself (json.b)'],
    },
    { name: 'NaN', value: { ...minimal, listen: { port: NaN } }, errors: ['null is not a port (listen.port)'] },
    {
      name: 'two wrong keys',
      value: { ...minimal, upstreams: { a: { target: 'x', tsl: {} } }, wach: true },
      errors: [
        'unknown key "wach" (wach): did you mean "watch"?',
        'unknown key "tsl" (upstreams.a.tsl): did you mean "tls"?',
      ],
    },
  ])('$name is refused', ({ value, errors }) => {
    const found = folder.normalize(value).errors
    expect(found).toHaveLength(errors.length)
    errors.forEach((error, index) => expect(found[index]).toContain(`config:0:0: ${error}`))
  })

  test('targets are checked by those who know them', () => {
    const validateTarget = (target: string): string | undefined =>
      target.startsWith('dns:') ? undefined : 'not a target'
    expect(folder.normalize(minimal, { validateTarget }).errors).toEqual([])
    expect(
      folder.load('schema: [{ reflection: a }]\nupstreams: { a: { target: foo } }', 'gw.yaml', { validateTarget })
        .errors,
    ).toEqual([
      'gw.yaml:2:27: not a target (upstreams.a.target): write one of the forms that docs/configuration.md lists',
    ])
  })
})

describe('--listen and --admin', () => {
  folder.write('c.pem', CERT)
  folder.write('k.pem', KEY)
  const plain = folder.normalize(minimal).config!
  const secure = folder.normalize({
    ...minimal,
    listen: [{ port: 1, tls: { cert: 'c.pem', key: 'k.pem' } }, { port: 2 }],
    admin: { token: 't' },
  }).config!

  test.each([
    { listen: '127.0.0.1:0', becomes: { host: '127.0.0.1', port: 0 } },
    { listen: ':9000', becomes: { host: '0.0.0.0', port: 9000 } },
    { listen: '[::1]:9000', becomes: { host: '::1', port: 9000 } },
  ])('--listen $listen', ({ listen, becomes }) => {
    const problems = new Problems()
    expect(applyOverrides(plain, { listen }, problems).listen).toEqual([{ ...becomes, tls: undefined }])
    expect(problems.errors).toEqual([])
  })

  test('--listen keeps the TLS of the first listener, and leaves one', () => {
    const { listen } = applyOverrides(secure, { listen: ':9000' }, new Problems())
    expect(listen).toEqual([{ host: '0.0.0.0', port: 9000, tls: secure.listen[0]!.tls }])
    expect(listen[0]!.tls?.cert).toBe(join(folder.path, 'c.pem'))
  })

  test('--admin keeps the token; :PORT stays on loopback', () => {
    expect(applyOverrides(secure, { admin: '0.0.0.0:1' }, new Problems()).admin).toMatchObject({
      host: '0.0.0.0',
      token: 't',
    })
    expect(applyOverrides(plain, { admin: ':1' }, new Problems()).admin).toMatchObject({ host: '127.0.0.1', port: 1 })
  })

  test.each([
    {
      overrides: { listen: '8080' },
      error: '--listen:0:0: "8080" is not an address: write HOST:PORT, [IPV6]:PORT, or :PORT for the default host',
    },
    {
      overrides: { admin: 'x:99999' },
      error: '--admin:0:0: 99999 is not a port: a port is a whole number from 0 to 65535',
    },
    {
      overrides: { admin: '0.0.0.0:1' },
      error:
        '--admin:0:0: the admin port on 0.0.0.0, which is not loopback, needs a token: set admin.token, or bind to 127.0.0.1',
    },
    {
      overrides: { listen: '127.0.0.1:7', admin: '127.0.0.1:7' },
      error: '--admin:0:0: listens where a listener does (127.0.0.1 7): give another port',
    },
    {
      overrides: { listen: '127.0.0.1:9901' },
      error: '--listen:0:0: listens where the admin port does (127.0.0.1 9901): give another port',
    },
  ])('$overrides is refused', ({ overrides, error }) => {
    const problems = new Problems()
    applyOverrides(plain, overrides, problems)
    expect(problems.errors.map(formatProblem)).toEqual([error])
  })
})

describe('--target', () => {
  test('serves what reflection tells, all of it', () => {
    const problems = new Problems()
    const config = configFromTarget({ target: 'dns:///$x:50051', listen: ':0', admin: ':0' }, problems)
    expect(problems.errors).toEqual([])
    expect(config).toMatchObject({
      listen: [{ host: '0.0.0.0', port: 0, tls: undefined }],
      admin: { host: '127.0.0.1', port: 0 },
      schema: [{ kind: 'reflection', upstream: 'upstream', autoMap: true }],
      upstreams: [{ name: 'upstream', target: { value: 'dns:///$x:50051' }, services: [{ value: '*' }], prefix: '' }],
      files: [],
    })
  })

  test.each([
    {
      options: { target: 'nope', validateTarget: () => 'not a target' },
      error:
        '--target:0:0: not a target (upstreams.upstream.target): write one of the forms that docs/configuration.md lists',
    },
    {
      options: { target: '' },
      error: '--target:0:0: must not be empty (upstreams.upstream.target): give a value, or take the key out',
    },
  ])('$error', ({ options, error }) => {
    const problems = new Problems()
    configFromTarget(options, problems)
    expect(problems.errors.map(formatProblem)).toEqual([error])
  })
})
