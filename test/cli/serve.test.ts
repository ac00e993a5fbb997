import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { startInventoryServer } from '../../examples/servers/inventory.js'
import { CertificateAuthority } from '../support/certificates.js'
import { until } from '../support/calls.js'
import type { Command } from '../support/command.js'
import { protobridge, serve } from '../support/command.js'
import { echoConfig, echoProject, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import { startExamples, type ExampleServers } from '../support/example-servers.js'
import type { Project } from '../support/project.js'

let upstream: EchoUpstream
let command: Command | undefined
let project: Project | undefined

beforeAll(async () => {
  upstream = await startEchoUpstream()
})
afterEach(async () => {
  await command?.stop()
  project?.remove()
  command = project = undefined
})
afterAll(() => upstream.stop())

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status

describe('serve', () => {
  test('one line on stdout, as soon as it serves; everything else on stderr, the admin URL among it', async () => {
    project = echoProject(upstream.target)
    command = await serve(['--config', 'gw.yaml'], { cwd: project.path })
    expect(command.stdout).toMatch(/^protobridge ready on http:\/\/127\.0\.0\.1:[1-9]\d*\n$/)
    expect(await (await fetch(`${command.url}/v1/echo/hello`)).json()).toEqual({ text: 'hello' })
    expect(command.admin).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
    expect(await statusOf(`${command.admin}/readyz`)).toBe(200)
    command.kill('SIGTERM')
    const { code, stdout } = await command.ended
    expect({ code, lines: stdout.split('\n').length }).toEqual({ code: 0, lines: 2 })
  })

  test('protobridge.yaml of the working directory where nothing is said', async () => {
    project = echoProject(upstream.target)
    project.write('protobridge.yaml', echoConfig(upstream.target))
    command = await serve([], { cwd: project.path })
    expect(await statusOf(`${command.url}/v1/echo/a`)).toBe(200)
  })

  test('several listeners, plain and TLS: the URLs of all', async () => {
    const { cert, key } = await (await CertificateAuthority.create()).issueForLocalhost()
    project = echoProject(upstream.target)
    project.write('c.pem', cert)
    project.write('k.pem', key)
    const listen =
      'listen: [{ host: 127.0.0.1, port: 0 }, { host: 127.0.0.1, port: 0, tls: { cert: c.pem, key: k.pem } }]'
    project.write('gw.yaml', echoConfig(upstream.target).replace(/^listen: .*$/m, listen))
    command = await serve(['--config', 'gw.yaml'], { cwd: project.path })
    expect(command.stdout).toMatch(
      /^protobridge ready on http:\/\/127\.0\.0\.1:[1-9]\d* https:\/\/127\.0\.0\.1:[1-9]\d*\n$/,
    )
  })

  test('--listen and --admin say where instead of the file', async () => {
    project = echoProject(upstream.target)
    command = await serve(['-c', 'gw.yaml', '--listen', 'localhost:0', '--admin', '[::1]:0'], { cwd: project.path })
    expect(command.stdout).toMatch(/^protobridge ready on http:\/\/localhost:[1-9]\d*\n$/)
    expect(command.admin).toMatch(/^http:\/\/\[::1\]:[1-9]\d*$/)
    expect(await statusOf(`${command.admin}/livez`)).toBe(200)
  })

  test('a bad configuration: exit 1, every error on stderr with its place', async () => {
    project = echoProject(upstream.target, 'dran: 5s\npolicies: [{ select: "echo.v1.EchoService.Ecco", timeout: 1s }]')
    const { code, stdout, stderr } = await protobridge(['serve', '--config', 'gw.yaml'], { cwd: project.path })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.split('\n')).toEqual([
      'gw.yaml:5:1: unknown key "dran" (dran): did you mean "drain"?',
      expect.stringMatching(
        /^gw\.yaml:6:22: selector "echo\.v1\.EchoService\.Ecco" matches no method .*"echo\.v1\.EchoService\.Echo"\?$/,
      ),
      '',
    ])
  })

  test.each(['--listen', '--admin'])('%s on a taken port: exit 1, at once, with what to do', async (option) => {
    const taken = await listen()
    try {
      project = echoProject(upstream.target)
      const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`
      const { code, stdout, stderr } = await protobridge(['serve', '-c', 'gw.yaml', option, address], {
        cwd: project.path,
      })
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toContain(`cannot listen on ${address}`)
      expect(stderr).toContain('something else listens there: choose another')
      // Told once, in words.
      expect(stderr).not.toContain('EADDRINUSE')
    } finally {
      taken.close()
    }
  })

  test('whoever read its output may leave', async () => {
    project = echoProject(upstream.target)
    command = await serve(['-c', 'gw.yaml'], { cwd: project.path })
    const { admin } = command
    command.closePipes()
    for (let i = 0; i < 3; i++) expect(await statusOf(await reload(admin))).toBe(200)
    expect(await statusOf(`${command.url}/v1/echo/a`)).toBe(200)
  })
})

const post = (url: string, body: string): Promise<Response> =>
  fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })

/** Reloads, which is logged; returns a page to look at. */
async function reload(admin: string): Promise<string> {
  await fetch(`${admin}/reload`, { method: 'POST' })
  return `${admin}/status`
}

function listen(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
  })
}

describe('serve --target: what a server tells by reflection', () => {
  let servers: ExampleServers
  beforeAll(async () => {
    servers = await startExamples()
  })
  afterAll(() => servers.stop())

  const free = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0']

  test('annotated methods by their rules, at once', async () => {
    command = await serve(['--target', `dns:///${servers.library}`, ...free])
    expect(await (await fetch(`${command.url}/v1/shelves/1`)).json()).toMatchObject({ name: 'shelves/1' })
    expect(await statusOf(`${command.admin}/readyz`)).toBe(200)
  })

  test('the others at POST /package.Service/Method', async () => {
    command = await serve(['--target', `dns:///${servers.inventory}`, ...free])
    const response = await post(`${command.url}/inventory.v1.InventoryService/ListItems`, '{"pageSize": 2}')
    expect(response.status).toBe(200)
    expect(((await response.json()) as { items: unknown[] }).items).toHaveLength(2)
  })

  test('a server that is away: up, not ready, saying so; served by itself when it comes', async () => {
    const gone = await startInventoryServer({ port: 0 })
    await gone.stop()
    command = await serve(['--target', `dns:///127.0.0.1:${gone.port}`, ...free])
    expect(command.stderr).toContain('waiting for the reflection of upstream: not ready until it answers')
    expect(await statusOf(`${command.admin}/readyz`)).toBe(503)
    expect(await statusOf(`${command.admin}/livez`)).toBe(200)
    const url = `${command.url}/inventory.v1.InventoryService/ListItems`
    const early = await post(url, '{}')
    expect({ status: early.status, body: await early.json() }).toMatchObject({
      status: 503,
      body: { code: 14, details: [{ reason: 'SCHEMA_NOT_LOADED' }] },
    })
    const back = await startInventoryServer({ port: gone.port })
    try {
      let ready = 503
      await until(
        () => {
          void statusOf(`${command!.admin}/readyz`).then((status) => (ready = status))
          return ready === 200
        },
        'ready',
        15_000,
      )
      expect((await post(url, '{}')).status).toBe(200)
    } finally {
      await back.stop()
    }
  })
})
