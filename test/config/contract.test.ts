import { afterAll, expect, test } from '@jest/globals'
import { CERT, Folder, KEY } from './fixture.js'

const folder = new Folder()
afterAll(() => folder.remove())
for (const name of ['c.pem', 'ca.pem']) folder.write(name, CERT)
folder.write('k.pem', KEY)

/** The contract's example, every key of it, those of later versions included. */
const CONTRACT = `listen:
  - { host: 0.0.0.0, port: 8080 }
  - { port: 8443, tls: { cert: c.pem, key: k.pem, clientCa: ca.pem, clientCert: request } }
admin: { host: 127.0.0.1, port: 9901, token: "\${ADMIN_TOKEN:-}" }

schema:
  - { protos: ["library/v1/*.proto"], roots: [protos] }
  - { descriptors: image.binpb }
  - { reflection: catalog, autoMap: true }
mappings: ["mappings/*.yaml", "consul-kv://127.0.0.1:8500/protobridge/mappings/"]

upstreams:
  catalog: { target: "dns:///catalog:50051" }
  library-dr: { target: "dns:///library-dr:50051" }
  library:
    target: dns:///library.internal:50051
    services: ["library.v1.*"]
    hosts: [api.example.com]
    tls: { ca: ca.pem, cert: c.pem, key: k.pem, serverName: library }
    authority: library.internal
    balancer: round_robin
    connections: { connectTimeout: 5s, idleTimeout: 30m, keepalive: { time: 30s, timeout: 10s }, eager: false }
    health: { service: "", interval: 5s, timeout: 1s }
    outlier: { consecutiveErrors: 5, interval: 10s, baseEjection: 30s, maxEjection: 5m, maxEjectedPercent: 50 }
    breaker: { maxConcurrent: 1024, maxPending: 1024, maxRetries: 3 }
    slowStart: 30s
    emptyGrace: 60s
    subsets: { canary: { meta: { version: "2" } }, stable: { tags: [v1] } }
    maxResponseBytes: 4MiB

register: { consul: "127.0.0.1:8500", name: protobridge, id: gw-1, address: 10.0.0.5, port: 8080, tags: [], check: "http://10.0.0.5:9901/readyz" }

query: { unknown: reject, ignore: [utm_source] }
json: { unknownFields: reject, emitDefaults: false, enumsAsIntegers: false, protoNames: false }
patch: { deriveMask: true }
compression: { minBytes: 1KiB }

auth:
  providers:
    idp: { jwt: { issuer: https://idp.example, audiences: [api], jwks: https://idp.example/jwks.json, algorithms: [RS256, ES256], clockTolerance: 5s, requiredClaims: [exp], claims: { scopes: scope, roles: roles, tenant: "https://corp.example/tenant" } } }
    keys: { apiKey: { header: x-api-key, query: api_key, file: keys.yaml } }
    certs: { mtls: { allow: [{ san: "spiffe://corp/ns/*" }] } }
    oauth: { introspection: { endpoint: https://idp.example/introspect, clientId: gw, clientSecret: "\${SECRET:-s}", cacheFor: 30s } }
    old: { basic: { file: users.yaml } }
  forward: { claims: [tenant], token: false }

policies:
  - select: "*"
    timeout: 15s
    perTryTimeout: 5s
    maxRequestBytes: 4MiB
    auth: { any: [idp, keys], scopes: [books.read], roles: [] }
    limits: [{ name: burst, rate: 100/s, burst: 200, by: identity, cost: 1 }]
    concurrency: { max: 50, by: identity }
    retry: { attempts: 3, on: [UNAVAILABLE], budget: 20%, unsafe: false }
    cors: { origins: ["https://app.example"], headers: [authorization], maxAge: 10m }
    headers: { request: { set: {}, remove: [] }, response: { set: {}, remove: [] } }
    priority: normal
  - select: library.v1.LibraryService.ListBooks
    auth: none
    split: { to: [{ upstream: library, subset: stable, weight: 90 }], sticky: "header:x-user" }
    fallback: library-dr

limits: { store: memory }
edge: { trustedProxies: [10.0.0.0/8], allow: [], deny: [] }
telemetry:
  traces: otlp
  metrics: prometheus
  accessLog: json
workers: 1
client: { headerTimeout: 10s, bodyTimeout: 30s, keepAliveTimeout: 75s, maxConnections: 10000 }
drain: { delay: 0s, timeout: 60s }
watch: true
`

test('the contract, without what is for later, is taken', () => {
  const lines = CONTRACT.split('\n').map((line) => (line.endsWith('# later') ? '' : line))
  const { config, errors } = folder.load(lines.join('\n'))
  expect(errors).toEqual([])
  expect(config?.upstreams).toHaveLength(3)
  expect(config?.policies).toHaveLength(2)
})

test('of the whole contract, each line for later is refused as not available, and no other', () => {
  const { config, errors } = folder.load(CONTRACT)
  const later = CONTRACT.split('\n').flatMap((line, index) => (line.endsWith('# later') ? [index + 1] : []))
  expect(errors.map((error) => Number(error.split(':')[1]))).toEqual(later)
  for (const error of errors) expect(error).toContain('not available in this version')
  // What is left is whole: other stages may look at it.
  expect(config?.register?.id).toBe('gw-1')
})
