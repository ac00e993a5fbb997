import { afterAll, describe, expect, test } from '@jest/globals'
import type { RouteView } from '../../src/admin/index.js'
import { protobridge } from '../support/command.js'
import { echoConfig, echoProject, ECHO_PROTO } from '../support/echo-project.js'

const project = echoProject('static:///127.0.0.1:1')
afterAll(() => project.remove())

project.write(
  'protos/echo/echo.proto',
  ECHO_PROTO.replace(
    '  rpc Hold',
    `  rpc Watch(Text) returns (stream Text) { option (google.api.http) = { get: "/v1/watch" response_body: "text" }; }
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
  test('a table: method, path, RPC, body and source', async () => {
    expect(await routes()).toBe(
      [
        'METHOD  PATH                                         RPC                                                BODY  SOURCE',
        'POST    /e/echo.v1.EchoService/Plain  [api.example]  echo.v1.EchoService.Plain                          *     automatic',
        'POST    /e/v1/echo  [api.example]                    echo.v1.EchoService.Echo                           *     annotation',
        'GET     /e/v1/echo/{text}  [api.example]             echo.v1.EchoService.Echo                           -     annotation',
        'POST    /e/v1/hold  [api.example]                    echo.v1.EchoService.Hold                           text  mapping file',
        'GET     /e/v1/watch  [api.example]                   echo.v1.EchoService.Watch (server streaming: 501)  -     annotation',
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
    })
    expect(views).toHaveLength(5)
  })

  test('a configuration with errors: exit 1 and the errors', async () => {
    const result = await protobridge(['routes', '-c', 'm.yaml'], { cwd: project.path })
    expect(result).toMatchObject({ code: 1, stdout: '' })
    expect(result.stderr).toMatch(/^m\.yaml:1:1: /)
  })
})
