import { afterAll, describe, expect, test } from '@jest/globals'
import type { RouteView } from '../../src/admin/index.js'
import { protobridge } from '../support/command.js'
import { echoConfig, echoProject, ECHO_PROTO } from '../support/echo-project.js'

const project = echoProject('static:///127.0.0.1:1')
afterAll(() => project.remove())

project.write(
  'protos/echo/echo.proto',
  ECHO_PROTO.replace(/import "[^]*?;/, '$& import "google/api/httpbody.proto";').replace(
    '  rpc Hold',
    `  rpc Fetch(Text) returns (google.api.HttpBody) { option (google.api.http) = { put: "/v1/raw" body: "text" }; }
  rpc Store(google.api.HttpBody) returns (Text) { option (google.api.http) = { post: "/v1/raw" body: "*" }; }
  rpc Watch(Text) returns (stream Text) { option (google.api.http) = { get: "/v1/watch" response_body: "text" }; }
  rpc Plain(Text) returns (Text);
  rpc Hold`,
  ),
)
project.write(
  'gw.yaml',
  echoConfig('static:///127.0.0.1:1')
    .replace('services:', 'hosts: [api.example], prefix: /e, services:')
    .replace('roots: [protos]', 'roots: [protos], autoMap: true')
    .concat('mappings: [m.yaml]\n'),
)
project.write(
  'm.yaml',
  'type: google.api.Service\nhttp: { rules: [{ selector: echo.v1.EchoService.Hold, post: /v1/hold, body: text }] }\n',
)

async function routes(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await protobridge(['routes', '-c', 'gw.yaml', ...args], { cwd: project.path })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

describe('routes', () => {
  test('a table: method, path, RPC, body, source, and what is read and written', async () => {
    expect(await routes()).toBe(
      [
        'METHOD  PATH                                         RPC                                                BODY  SOURCE        READS                   WRITES',
        'POST    /e/echo.v1.EchoService/Plain  [api.example]  echo.v1.EchoService.Plain                          *     automatic     json, proto, xml, form  json, proto, xml',
        'POST    /e/v1/echo  [api.example]                    echo.v1.EchoService.Echo                           *     annotation    json, proto, xml, form  json, proto, xml',
        'GET     /e/v1/echo/{text}  [api.example]             echo.v1.EchoService.Echo                           -     annotation    -                       json, proto, xml',
        'POST    /e/v1/hold  [api.example]                    echo.v1.EchoService.Hold                           text  mapping file  json, xml               json, proto, xml',
        'POST    /e/v1/raw  [api.example]                     echo.v1.EchoService.Store                          *     annotation    raw                     json, proto, xml',
        'PUT     /e/v1/raw  [api.example]                     echo.v1.EchoService.Fetch                          text  annotation    json, xml               raw',
        'GET     /e/v1/watch  [api.example]                   echo.v1.EchoService.Watch (server streaming: 501)  -     annotation    -                       -',
        '',
      ].join('\n'),
    )
  })

  test('--json: the same for programs', async () => {
    const views = JSON.parse(await routes('--json')) as RouteView[]
    expect(views.find(({ path }) => path === '/e/v1/watch')).toEqual({
      method: 'GET',
      path: '/e/v1/watch',
      rpc: 'echo.v1.EchoService.Watch',
      body: '',
      responseBody: 'text',
      source: 'annotation',
      streaming: 'server streaming',
      upstream: 'echo',
      hosts: ['api.example'],
      reads: [],
      writes: [],
    })
    expect(views.find(({ path, method }) => path === '/e/v1/raw' && method === 'PUT')).toMatchObject({
      reads: ['json', 'xml'],
      writes: ['raw'],
    })
    expect(views).toHaveLength(7)
  })

  test('a configuration with errors: exit 1 and the errors', async () => {
    const result = await protobridge(['routes', '-c', 'm.yaml'], { cwd: project.path })
    expect(result).toMatchObject({ code: 1, stdout: '' })
    expect(result.stderr).toMatch(/^m\.yaml:1:1: /)
  })
})
