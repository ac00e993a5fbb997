import { afterAll, describe, expect, test } from '@jest/globals'
import { Problems } from '../../src/problems/index.js'
import { applyOverrides } from '../../src/config/index.js'
import { Folder, MINIMAL } from './fixture.js'

const folder = new Folder()
afterAll(() => folder.remove())

const ENV = { ADMIN_TOKEN: 'hunter2', PORT: '8081', HOST: 'h', SECRET: 'hunter2-hunter2-hunter2-hunter2-hunter2' }

function shown(written: string): Readonly<Record<string, unknown>> {
  const { config, errors } = folder.load(`${written}\n${MINIMAL}`, 'gw.yaml', { env: ENV })
  expect(errors).toEqual([])
  return config!.shown
}

describe('a configuration as it may be shown', () => {
  test('has the defaults', () => {
    expect(shown('')).toMatchObject({
      admin: { host: '127.0.0.1', port: 9901, hosts: [] },
      schema: [{ descriptors: 'image.binpb', autoMap: false }],
      upstreams: { library: { target: 'dns:///library:50051', balancer: 'round_robin' } },
      watch: true,
    })
  })

  test.each([
    { name: 'a token', written: 'admin: { token: hunter2 }', is: { admin: { token: '***' } } },
    {
      name: 'a token from the environment: whose it is, and not its default',
      written: 'admin: { token: "x${ADMIN_TOKEN:-hunter2}" }',
      is: { admin: { token: '*** (from ${ADMIN_TOKEN})' } },
    },
    { name: 'a token that is none', written: 'admin: { token: "" }', is: { admin: { token: '' } } },
    {
      name: 'what else is from the environment: as it is written',
      written: 'listen: { port: "${PORT:-8080}" }\nregister: { address: "${HOST}.example" }',
      is: { listen: { port: '${PORT:-8080}' }, register: { address: '${HOST}.example' } },
    },
    {
      name: 'the key of HS algorithms',
      written: 'auth: { providers: { a: { jwt: { issuer: "https://a", secret: "${SECRET}" } } } }',
      is: { auth: { providers: { a: { jwt: { issuer: 'https://a', secret: '*** (from ${SECRET})' } } } } },
    },
    {
      name: 'the secret of a client that introspects',
      written:
        'auth: { providers: { a: { introspection: { endpoint: "https://u:hunter2@a/i?api_key=hunter2&b=1", clientId: gw, clientSecret: hunter2 } } } }',
      is: {
        auth: {
          providers: {
            a: {
              introspection: { endpoint: 'https://u:***@a/i?api_key=***&b=1', clientId: 'gw', clientSecret: '***' },
            },
          },
        },
      },
    },
    {
      name: 'what is no secret, though a key of that name may be one',
      written:
        'auth: { providers: { a: { apiKey: { header: x-api-key, file: keys.yaml } } }, forward: { token: true } }',
      is: {
        auth: { providers: { a: { apiKey: { header: 'x-api-key', file: 'keys.yaml' } } }, forward: { token: true } },
      },
    },
    {
      name: 'headers that carry credentials',
      written:
        'policies: [{ select: "*", auth: none, headers: { request: { set: { authorization: "Bearer hunter2", x-api-key: hunter2, x-a: b } } } }]',
      is: {
        policies: [{ headers: { request: { set: { authorization: '***', 'x-api-key': '***', 'x-a': 'b' } } } }],
      },
    },
    {
      name: 'the password of an address, whatever is in it',
      written: 'mappings: ["consul-kv://127.0.0.1:8500/a/"]\nregister: { check: "http://:hun@ter2/@10.0.0.1/readyz" }',
      is: { register: { check: 'http://:***@10.0.0.1/readyz' } },
    },
    {
      name: 'a password from the environment, in an address',
      written: 'register: { check: "http://u:${ADMIN_TOKEN:-hunter2}@10.0.0.1/readyz" }',
      is: { register: { check: 'http://u:***@10.0.0.1/readyz' } },
    },
  ])('$name', ({ written, is }) => {
    const config = shown(written)
    expect(config).toMatchObject(is)
    expect(JSON.stringify(config)).not.toContain('hunter2')
  })

  test('the command line is in force in it, too', () => {
    const { config } = folder.load(`listen: [{ port: 1 }, { port: 2 }]\nadmin: { port: 3, token: t }\n${MINIMAL}`)
    const overridden = applyOverrides(config!, { listen: ':4', admin: '127.0.0.1:5' }, new Problems())
    expect(overridden.shown).toMatchObject({
      listen: [{ host: '0.0.0.0', port: 4 }],
      admin: { host: '127.0.0.1', port: 5, token: '***' },
    })
    expect(overridden.shown['listen']).toHaveLength(1)
  })
})
