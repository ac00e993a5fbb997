import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createServer, type Server } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import type { UpstreamView } from '../../src/admin/index.js'
import { formatUpstreams } from '../../src/cli/upstreams-text.js'
import { protobridge } from '../support/command.js'
import { echoConfig, echoProject, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import type { Project } from '../support/project.js'

const TOKEN = 'let-me-in'
let echo: EchoUpstream
let gateway: TestGateway
let project: Project
let adminPort: string

beforeAll(async () => {
  echo = await startEchoUpstream()
  project = echoProject(echo.target)
  gateway = await startGateway({
    admin: { host: '127.0.0.1', port: 0, token: TOKEN },
    schema: [{ protos: ['echo/*.proto'], roots: [`${project.path}/protos`] }],
    upstreams: { echo: { target: echo.target, services: ['echo.v1.*'] } },
  })
  adminPort = new URL(gateway.admin).port
  const admin = `admin: { port: ${adminPort}, token: "\${ADMIN_TOKEN}" }`
  project.write('running.yaml', echoConfig(echo.target).replace('admin: { port: 0 }', admin))
})
afterAll(async () => {
  echo.stop()
  project.remove()
  await gateway.stop()
})

const run = (...args: string[]) =>
  protobridge(['upstreams', ...args], { cwd: project.path, env: { ADMIN_TOKEN: TOKEN } })

describe('upstreams', () => {
  test('a table from the configuration’s admin port, with its token; no colours in a pipe', async () => {
    await fetch(`${gateway.url}/v1/echo/hi`)
    const { code, stdout, stderr } = await run('-c', 'running.yaml')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [title, head, ...rows] = stdout.trimEnd().split('\n')
    expect(title).toMatch(new RegExp(`^echo  ${echo.target}  resolved \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z$`))
    expect(head).toMatch(/^ {2}ADDRESS +STATE +WEIGHT +IN FLIGHT +EJECTIONS +SOURCE +SINCE +LAST ERROR$/)
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatch(
      new RegExp(`^ {2}127\\.0\\.0\\.1:${echo.port} +READY +1 +0 +0 +static +\\d{4}-[\\d-]+T[\\d:.]+Z +-$`),
    )
  })

  test.each(['URL', 'HOST:PORT', ':PORT'])('--admin %s with --token: no file needed', async (form) => {
    const admin = { URL: gateway.admin, 'HOST:PORT': `127.0.0.1:${adminPort}`, ':PORT': `:${adminPort}` }[form]!
    const { code, stdout } = await run('--admin', admin, '--token', TOKEN, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject([
      {
        name: 'echo',
        target: echo.target,
        resolutionError: null,
        endpoints: [{ lastError: null, tags: [], meta: {} }],
      },
    ])
  })

  test('--admin says where, --config gives the token', async () => {
    expect(await run('-c', 'running.yaml', '--admin', gateway.admin)).toMatchObject({ code: 0 })
  })

  test.each([
    {
      row: 'nobody there',
      args: ['--admin', 'http://127.0.0.1:1'],
      stderr:
        /^no answer from the gateway's admin port at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.*: is it running\? --admin URL says where\n$/,
    },
    {
      row: 'no token',
      args: ['--admin', 'GATEWAY'],
      stderr: /wants a token: give --token, or --config with admin\.token\n$/,
    },
    { row: 'another token', args: ['--admin', 'GATEWAY', '--token', 'x'], stderr: /wants a token/ },
    {
      row: 'some other server',
      args: ['--admin', 'OTHER'],
      stderr: /\/upstreams answers 404: is that a protobridge admin port\?\n$/,
    },
    {
      row: 'one that accepts and says nothing',
      args: ['--admin', 'SILENT'],
      stderr: /^no answer from the gateway's admin port at .*: none within 5000 ms: is it running/,
    },
    { row: 'a configuration that is not there', args: ['-c', 'nothing.yaml'], stderr: /^nothing\.yaml:0:0: cannot/ },
  ])('$row: exit 1 and what to do', async ({ args, stderr }) => {
    const other: Server = createServer((_req, res) => void res.writeHead(404).end('nothing here'))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const silent = createTcpServer()
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    const places: Readonly<Record<string, string>> = {
      GATEWAY: gateway.admin,
      OTHER: origin,
      SILENT: `127.0.0.1:${(silent.address() as AddressInfo).port}`,
    }
    const result = await run(...args.map((arg) => places[arg] ?? arg))
    silent.close()
    other.closeAllConnections()
    other.close()
    expect(result.stderr).toMatch(stderr)
    expect(result).toMatchObject({ code: 1, stdout: '' })
  })

  test.each([
    { args: ['-c', 'gw.yaml'], stderr: /lets the system choose the admin port: give --admin/ },
    { args: ['--admin', 'here'], stderr: /^--admin: "here" is not an address: .*, or a URL\n$/ },
    { args: ['--admin', 'http://'], stderr: /^--admin: "http:\/\/" is not a URL\n$/ },
    { args: ['now'], stderr: /too many arguments/ },
  ])('$args: wrong usage, exit 2', async ({ args, stderr }) => {
    const result = await run(...args)
    expect(result.stderr).toMatch(stderr)
    expect(result).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('the table', () => {
  const endpoint = { address: 'a:1', state: 'READY', weight: 1, inFlight: 0, ejections: 0, lastError: undefined }
  const view = (more: Partial<UpstreamView>): UpstreamView => ({
    name: 'u',
    target: 'static:///a:1',
    resolvedAt: 'T',
    resolutionError: undefined,
    endpoints: [{ ...endpoint, source: 'static', since: 'S', zone: undefined, tags: [], meta: {} }],
    ...more,
  })

  test('no endpoint, and why', () => {
    const text = formatUpstreams(
      [view({ endpoints: [], resolvedAt: undefined, resolutionError: 'DNS\u001b[2J\nis away' })],
      false,
    )
    expect(text).toBe(
      ['u  static:///a:1  not resolved yet', '  discovery failed: DNS [2J is away', '  no endpoint'].join('\n'),
    )
  })

  test.each([
    { state: 'READY', color: '\u001b[32m' },
    { state: 'IDLE', color: '\u001b[33m' },
    { state: 'EJECTED', color: '\u001b[31m' },
    { state: 'UNHEALTHY', color: '\u001b[31m' },
  ])('on a terminal $state has its colour', ({ state, color }) => {
    const endpoints = [{ ...view({}).endpoints[0]!, state }]
    const colored = formatUpstreams([view({ endpoints })], true)
    expect(colored).toContain(color + state)
    expect(colored.replace(/\u001b\[\d+m/g, '')).toBe(formatUpstreams([view({ endpoints })], false))
  })
})
