import { afterAll, describe, expect, test } from '@jest/globals'
import { join } from 'node:path'
import { Folder, MINIMAL } from './fixture.js'

const folder = new Folder()
afterAll(() => folder.remove())

const inFolder = (path: string): string => join(folder.path, path)
const gw = (line: number, column: number): object => ({ file: inFolder('gw.yaml'), line, column })

test('the smallest configuration gets every default', () => {
  const { config, errors } = folder.load(MINIMAL)
  expect(errors).toEqual([])
  expect(config).toEqual({
    listen: [{ host: '0.0.0.0', port: 8080, tls: undefined }],
    admin: { host: '127.0.0.1', port: 9901, token: undefined, hosts: [], grpcHealth: undefined },
    schema: [{ kind: 'descriptors', file: inFolder('image.binpb'), autoMap: false, position: gw(1, 10) }],
    mappings: [],
    upstreams: [
      {
        name: 'library',
        position: gw(2, 14),
        target: { value: 'dns:///library:50051', position: gw(2, 33) },
        services: [],
        hosts: [],
        prefix: '',
        tls: undefined,
        authority: undefined,
        transport: 'http2',
        connections: { connectTimeoutMs: 5000, idleTimeoutMs: 1_800_000, keepalive: undefined, eager: false },
        maxResponseBytes: 4_194_304,
        health: undefined,
        outlier: undefined,
        balancer: { name: 'round_robin', hashBy: undefined },
        token: undefined,
        breaker: undefined,
        subsets: {},
        slowStartMs: undefined,
        emptyGraceMs: 60_000,
      },
    ],
    query: { unknown: 'reject', ignore: [] },
    json: { unknownFields: 'reject', emitDefaults: false, enumsAsIntegers: false, protoNames: false },
    patch: { deriveMask: true },
    compression: { minBytes: 1024 },
    policies: [],
    auth: { providers: [], forward: { claims: [], token: false } },
    edge: { trustedProxies: [], allow: [], deny: [], securityHeaders: false },
    limits: { store: { kind: 'memory' }, timeoutMs: 50, failOpen: false, legacyHeaders: false },
    telemetry: {
      traces: undefined,
      trustInbound: true,
      credentialParameters: [],
      metrics: 'prometheus',
      accessLog: { format: 'json', file: undefined, fields: undefined },
    },
    client: { headerTimeoutMs: 10_000, bodyTimeoutMs: 30_000, keepAliveTimeoutMs: 75_000, maxConnections: 10_000 },
    drain: { delayMs: 0, timeoutMs: 60_000 },
    watch: true,
    workers: 1,
    files: [inFolder('gw.yaml'), inFolder('image.binpb')],
    shown: expect.anything(),
  })
})

test('every key that works now is read', () => {
  const { config, errors } = folder.load(`listen:
  - { host: 127.0.0.1, port: 0 }
  - { port: 8443, tls: { cert: cert.pem, key: key.pem, clientCa: cert.pem, clientCert: request } }
admin: { host: 0.0.0.0, port: 9902, token: s3cret, hosts: [Admin.Example] }
schema:
  - { protos: ["library/v1/*.proto"], roots: [protos, .] }
  - { descriptors: image.binpb, autoMap: true }
  - { reflection: catalog, autoMap: true }
mappings: ["mappings/*.yaml", /etc/mappings.yaml]
upstreams:
  library:
    target: dns:///library.internal:50051
    services: ["library.v1.*"]
    hosts: [API.example.com, api.example.com.]
    prefix: /library/
    tls: { ca: cert.pem, cert: cert.pem, key: key.pem, serverName: library }
    authority: library.internal
    balancer: round_robin
    connections: { connectTimeout: 1.5s, idleTimeout: 1h, keepalive: { time: 30s }, eager: true }
    maxResponseBytes: 16KiB
    health: { service: library.v1.LibraryService, interval: 2s, timeout: 500ms }
    outlier: { consecutiveErrors: 3, interval: 1m, baseEjection: 15s, maxEjection: 1h, maxEjectedPercent: 0 }
  catalog: { target: "unix:/run/catalog.sock", tls: {}, transport: grpc-js }
query: { unknown: ignore, ignore: [utm_source] }
json: { unknownFields: ignore, emitDefaults: true, enumsAsIntegers: true, protoNames: true }
patch: { deriveMask: false }
compression: { minBytes: 16KiB }
policies:
  - { select: "*", timeout: 250ms, maxRequestBytes: 1048576 }
  - { select: library.v1.LibraryService.GetBook }
client: { headerTimeout: 1s, bodyTimeout: 2s, keepAliveTimeout: 3s, maxConnections: 4 }
drain: { delay: 5s, timeout: 0s }
watch: false
`)
  expect(errors).toEqual([])
  expect(config).toEqual({
    listen: [
      { host: '127.0.0.1', port: 0, tls: undefined },
      {
        host: '0.0.0.0',
        port: 8443,
        tls: {
          cert: inFolder('cert.pem'),
          key: inFolder('key.pem'),
          clientCa: inFolder('cert.pem'),
          clientCert: 'request',
        },
      },
    ],
    admin: { host: '0.0.0.0', port: 9902, token: 's3cret', hosts: ['admin.example'], grpcHealth: undefined },
    schema: [
      {
        kind: 'protos',
        protos: ['library/v1/*.proto'],
        roots: [inFolder('protos'), folder.path],
        autoMap: false,
        position: gw(6, 5),
      },
      { kind: 'descriptors', file: inFolder('image.binpb'), autoMap: true, position: gw(7, 5) },
      { kind: 'reflection', upstream: 'catalog', autoMap: true, position: gw(8, 5) },
    ],
    mappings: [
      { kind: 'files', value: inFolder('mappings/*.yaml'), position: gw(9, 12) },
      { kind: 'files', value: '/etc/mappings.yaml', position: gw(9, 31) },
    ],
    upstreams: [
      {
        name: 'library',
        position: gw(11, 3),
        target: { value: 'dns:///library.internal:50051', position: gw(12, 13) },
        services: [{ value: 'library.v1.*', position: gw(13, 16) }],
        hosts: ['api.example.com'],
        prefix: '/library',
        tls: {
          ca: inFolder('cert.pem'),
          cert: inFolder('cert.pem'),
          key: inFolder('key.pem'),
          serverName: 'library',
        },
        authority: 'library.internal',
        transport: 'http2',
        connections: {
          connectTimeoutMs: 1500,
          idleTimeoutMs: 3_600_000,
          keepalive: { timeMs: 30_000, timeoutMs: 20_000 },
          eager: true,
        },
        maxResponseBytes: 16_384,
        health: { service: 'library.v1.LibraryService', intervalMs: 2000, timeoutMs: 500 },
        outlier: {
          consecutiveErrors: 3,
          intervalMs: 60_000,
          baseEjectionMs: 15_000,
          maxEjectionMs: 3_600_000,
          maxEjectedPercent: 0,
        },
        balancer: { name: 'round_robin', hashBy: undefined },
        token: undefined,
        breaker: undefined,
        subsets: {},
        slowStartMs: undefined,
        emptyGraceMs: 60_000,
      },
      expect.objectContaining({
        name: 'catalog',
        target: { value: 'unix:/run/catalog.sock', position: gw(23, 22) },
        tls: { ca: undefined, cert: undefined, key: undefined, serverName: undefined },
        transport: 'grpc-js',
      }),
    ],
    query: { unknown: 'ignore', ignore: ['utm_source'] },
    json: { unknownFields: 'ignore', emitDefaults: true, enumsAsIntegers: true, protoNames: true },
    patch: { deriveMask: false },
    compression: { minBytes: 16_384 },
    policies: [
      {
        select: { value: '*', position: gw(29, 15) },
        match: undefined,
        settings: { timeoutMs: 250, maxRequestBytes: 1_048_576 },
      },
      { select: { value: 'library.v1.LibraryService.GetBook', position: gw(30, 15) }, match: undefined, settings: {} },
    ],
    auth: { providers: [], forward: { claims: [], token: false } },
    edge: { trustedProxies: [], allow: [], deny: [], securityHeaders: false },
    limits: { store: { kind: 'memory' }, timeoutMs: 50, failOpen: false, legacyHeaders: false },
    telemetry: {
      traces: undefined,
      trustInbound: true,
      credentialParameters: [],
      metrics: 'prometheus',
      accessLog: { format: 'json', file: undefined, fields: undefined },
    },
    client: { headerTimeoutMs: 1000, bodyTimeoutMs: 2000, keepAliveTimeoutMs: 3000, maxConnections: 4 },
    drain: { delayMs: 5000, timeoutMs: 0 },
    watch: false,
    workers: 1,
    files: [inFolder('gw.yaml'), inFolder('cert.pem'), inFolder('key.pem'), inFolder('image.binpb')],
    shown: expect.anything(),
  })
})

describe('forms', () => {
  test.each([
    {
      name: 'one listener need not be a list',
      written: 'listen: { port: 1 }',
      part: { listen: [{ host: '0.0.0.0', port: 1, tls: undefined }] },
    },
    {
      name: 'IPv6 with brackets is IPv6',
      written: 'listen: { host: "[::1]" }',
      part: { listen: [{ host: '::1', port: 8080, tls: undefined }] },
    },
    {
      name: '`drain: 5s` is the time-out alone',
      written: 'drain: 5s',
      part: { drain: { delayMs: 0, timeoutMs: 5000 } },
    },
    {
      name: '`drain: { delay }` keeps the time-out',
      written: 'drain: { delay: 1s }',
      part: { drain: { delayMs: 1000, timeoutMs: 60_000 } },
    },
    {
      name: 'an empty token is none',
      written: 'admin: { token: "" }',
      part: { admin: { host: '127.0.0.1', port: 9901, token: undefined, hosts: [], grpcHealth: undefined } },
    },
    {
      name: 'clientCa alone requires a certificate',
      written: 'listen: { port: 1, tls: { cert: cert.pem, key: key.pem, clientCa: cert.pem } }',
      part: { listen: [expect.objectContaining({ tls: expect.objectContaining({ clientCert: 'require' }) })] },
    },
    {
      name: 'listeners on port 0 do not clash',
      written: 'listen: [{ port: 0 }, { port: 0 }]',
      part: { listen: [expect.objectContaining({ port: 0 }), expect.objectContaining({ port: 0 })] },
    },
    {
      name: 'a primary that counts is waited for longer than Redis',
      written: 'workers: 2',
      part: { limits: { store: { kind: 'cluster' }, timeoutMs: 1000 } },
    },
    {
      name: '`limits: { store: cluster }` too',
      written: 'limits: { store: cluster }',
      part: { limits: { store: { kind: 'cluster' }, timeoutMs: 1000 } },
    },
    {
      name: 'Redis is waited for 50 ms',
      written: 'limits: { store: redis://127.0.0.1:6379 }',
      part: { limits: { store: { kind: 'redis' }, timeoutMs: 50 } },
    },
    {
      name: 'either as long as is written',
      written: 'limits: { store: cluster, timeout: 20ms }',
      part: { limits: { store: { kind: 'cluster' }, timeoutMs: 20 } },
    },
    {
      name: 'anchors and aliases',
      written: 'policies: [&a { select: a.*, timeout: 1s }, *a]',
      part: {
        policies: [
          expect.objectContaining({ select: { value: 'a.*', position: gw(1, 25) } }),
          expect.objectContaining({ select: { value: 'a.*', position: gw(1, 25) } }),
        ],
      },
    },
  ])('$name', ({ written, part }) => {
    const { config, errors } = folder.load(`${written}\n${MINIMAL}`)
    expect(errors).toEqual([])
    expect(config).toMatchObject(part)
  })

  test.each([
    { pattern: 'library/v1/*.proto', becomes: 'library/v1/*.proto', why: 'it is under a root' },
    {
      pattern: 'protos/library/v1/*.proto',
      becomes: inFolder('protos/library/v1/*.proto'),
      why: 'it is beside the file',
    },
    { pattern: 'nowhere/*.proto', becomes: 'nowhere/*.proto', why: 'it is in neither' },
    { pattern: '/abs/*.proto', becomes: '/abs/*.proto', why: 'it is absolute' },
  ])('protos: $pattern is $becomes: $why', ({ pattern, becomes }) => {
    const { config } = folder.load(`schema: [{ protos: ["${pattern}"], roots: [protos] }]
upstreams: { a: { target: "dns:///a" } }`)
    expect(config?.schema[0]).toMatchObject({ kind: 'protos', protos: [becomes] })
  })

  test('roots are the folder of the file by default', () => {
    const { config } = folder.load('schema: [{ protos: [a.proto] }]\nupstreams: { a: { target: "dns:///a" } }')
    expect(config?.schema[0]).toMatchObject({ roots: [folder.path] })
  })

  test('JSON is read as YAML is', () => {
    const text =
      '{\n\t"schema": [{ "descriptors": "image.binpb" }],\n\t"upstreams": { "a": { "target": "x" } },\n\t"wach": 1\n}'
    expect(folder.load(text, 'gw.json').errors).toEqual([
      'gw.json:4:2: unknown key "wach" (wach): did you mean "watch"?',
    ])
  })

  test('a byte order mark is skipped', () => {
    expect(folder.load(`\uFEFF${MINIMAL}`).errors).toEqual([])
  })

  test('the configuration is frozen, all of it', () => {
    const { config } = folder.load(MINIMAL)
    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config?.upstreams[0]?.connections)).toBe(true)
  })
})

describe('interpolation reads the result as the type of its key', () => {
  const env = { PORT: '8081', ON: 'true', BYTES: '2048', TIME: '3s', EMPTY: '', BAD: 'x y', N: '5' }
  test.each([
    { written: 'listen: { port: "${PORT}" }', part: { listen: [expect.objectContaining({ port: 8081 })] } },
    { written: 'listen:\n  port: ${GONE:-8082}', part: { listen: [expect.objectContaining({ port: 8082 })] } },
    { written: 'watch: ${GONE:-false}', part: { watch: false } },
    { written: 'patch: { deriveMask: "${ON}" }', part: { patch: { deriveMask: true } } },
    { written: 'drain: ${TIME}', part: { drain: { delayMs: 0, timeoutMs: 3000 } } },
    {
      written: 'policies: [{ select: "*", maxRequestBytes: "${BYTES}" }]',
      part: { policies: [expect.objectContaining({ settings: { maxRequestBytes: 2048 } })] },
    },
    { written: 'admin: { token: "${EMPTY}" }', part: { admin: expect.objectContaining({ token: undefined }) } },
    { written: 'admin: { token: "${PORT}" }', part: { admin: expect.objectContaining({ token: '8081' }) } },
    { written: 'admin: { token: "a$$b" }', part: { admin: expect.objectContaining({ token: 'a$b' }) } },
    { written: 'query: { ignore: ["${N}"] }', part: { query: { unknown: 'reject', ignore: ['5'] } } },
  ])('$written', ({ written, part }) => {
    const { config, errors } = folder.load(`${written}\n${MINIMAL}`, 'gw.yaml', { env })
    expect(errors).toEqual([])
    expect(config).toMatchObject(part)
  })

  test.each([
    {
      written: 'listen: { port: "${GONE}" }',
      error: '1:17: the environment variable GONE is not set (listen.port): set it, or write ${GONE:-default}',
    },
    {
      written: 'listen: { port: "${BAD}" }',
      error: '1:17: "x y" is not a port (listen.port): write a whole number from 0 to 65535',
    },
    {
      written: 'listen: { port: "${EMPTY}" }',
      error: '1:17: "" is not a port (listen.port): write a whole number from 0 to 65535',
    },
    {
      written: 'watch: ${N}',
      error: '1:8: "5" is not true or false (watch): write true or false, without quotes',
    },
    {
      written: 'drain: ${N}',
      error: '1:8: "5" is not a duration or a mapping (drain): write it like 60s or { delay: 0s, timeout: 60s }',
    },
    {
      written: 'admin: { token: "${" }',
      error: '1:17: "${" is never closed (admin.token): write ${NAME} or ${NAME:-default}, and $$ for a dollar',
    },
    {
      written: 'mappings: ["${GONE}", ok.yaml]',
      error: '1:12: the environment variable GONE is not set (mappings[0]): set it, or write ${GONE:-default}',
    },
    {
      written: '"${PORT}": 1',
      error: '1:1: unknown key "${PORT}" (["${PORT}"]): the nearest known key is "query"',
    },
  ])('$written is refused', ({ written, error }) => {
    expect(folder.load(`${written}\n${MINIMAL}`, 'gw.yaml', { env }).errors).toEqual([`gw.yaml:${error}`])
  })
})
