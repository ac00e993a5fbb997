import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Project } from '../support/project.js'
import { callRest } from '../support/rest.js'

/* `protobridge/policy.proto`: who may call, said in the `.proto`; what the configuration says wins. */

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const PROTO = `syntax = "proto3";
package echo.v1;
import "google/api/annotations.proto";
import "protobridge/policy.proto";
message Text { string text = 1; }
service EchoService {
  option (protobridge.default_auth) = { scopes: "read" };
  rpc Echo(Text) returns (Text) {
    option (google.api.http) = { get: "/v1/echo/{text}" };
    option (protobridge.auth) = { scopes: ["read", "write"] roles: "admin" };
  }
  rpc Open(Text) returns (Text) {
    option (google.api.http) = { get: "/v1/open" };
    option (protobridge.auth) = { anonymous: true };
  }
  rpc Hold(Text) returns (Text) { option (google.api.http) = { get: "/v1/plain" }; }
}
service Other { rpc Hold(Text) returns (Text) { option (google.api.http) = { get: "/v1/other" }; } }
`
const KEYS = `keys:
  - { id: reader, sha256: ${sha256('reader')}, scopes: [read] }
  - { id: admin, sha256: ${sha256('admin')}, scopes: [read, write], roles: [admin] }
`

let upstream: EchoUpstream
let project: Project
let gateway: TestGateway | undefined
beforeAll(async () => {
  upstream = await startEchoUpstream()
  project = new Project({ 'protos/echo/echo.proto': PROTO, 'keys.yaml': KEYS })
})
afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
})
afterAll(() => {
  upstream.stop()
  project.remove()
})

async function serve(policies: readonly object[] = [], proto = 'protos'): Promise<number> {
  gateway = await startGateway({
    schema: [{ protos: ['echo/*.proto'], roots: [`${project.path}/${proto}`, 'protos'] }],
    upstreams: { echo: { target: upstream.target, services: ['echo.v1.*'] } },
    auth: { providers: { keys: { apiKey: { header: 'x-api-key', file: `${project.path}/keys.yaml` } } } },
    policies: [{ select: '*', timeout: '300ms' }, ...policies],
  })
  return gateway.port
}

const status = async (port: number, path: string, key?: string): Promise<number> =>
  (await callRest(port, 'GET', path, { headers: key === undefined ? [] : [`x-api-key: ${key}`] })).status

// What reaches the server is answered, or not known there (501), or held until its time is over (504).
describe('what the .proto says', () => {
  test.each([
    { what: 'the method’s own', path: '/v1/echo/x', statuses: { none: 401, reader: 403, admin: 200 } },
    { what: 'anonymous', path: '/v1/open', statuses: { none: 501, reader: 501, admin: 501 } },
    { what: 'the service’s', path: '/v1/plain', statuses: { none: 401, reader: 504, admin: 504 } },
    { what: 'nothing: nobody may', path: '/v1/other', statuses: { none: 403, reader: 403, admin: 403 } },
  ])('$what', async ({ path, statuses }) => {
    const port = await serve()
    expect({
      none: await status(port, path),
      reader: await status(port, path, 'reader'),
      admin: await status(port, path, 'admin'),
    }).toEqual(statuses)
  })

  test('the configuration wins, whole', async () => {
    const port = await serve([{ select: 'echo.v1.EchoService.Echo', auth: { any: ['keys'] } }])
    expect(await status(port, '/v1/echo/x', 'reader')).toBe(200)
  })

  test('a provider that nobody configures is refused', async () => {
    project.write('wrong/echo/echo.proto', PROTO.replace('anonymous: true', 'providers: "idp"'))
    await expect(serve([], 'wrong')).rejects.toThrow('its option names the provider "idp", which is none')
  })
})
