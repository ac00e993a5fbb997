import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { openGateway, type OperatedGateway } from '../../src/gateway/index.js'
import { LoadError } from '../../src/problems/index.js'
import { until } from '../support/calls.js'
import { echoConfig, echoProject, ECHO_PROTO, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import { startPausingProxy, type PausingProxy } from '../support/pausing-proxy.js'
import { Project } from '../support/project.js'

let upstream: EchoUpstream
let proxy: PausingProxy
let project: Project
let gateway: OperatedGateway
let url: string
let admin: string
let log: string[]

beforeAll(async () => {
  upstream = await startEchoUpstream()
  proxy = await startPausingProxy(upstream.port)
})
afterEach(async () => {
  upstream.release()
  await gateway.close()
  project.remove()
})
afterAll(() => {
  proxy.close()
  upstream.stop()
})

const target = (): string => `static:///127.0.0.1:${proxy.port}`
const STRICT = 'drain: 1s'
const LENIENT = 'drain: 1s\nquery: { ignore: [x] }'

async function start(made: Project, path = join(made.path, 'gw.yaml')): Promise<void> {
  project = made
  log = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void log.push(line) })
  gateway = await openGateway({ kind: 'file', path }, { logger })
  const { urls, admin: adminUrl } = await gateway.listen()
  url = urls[0]!
  admin = adminUrl
}

const statusOf = async (path: string): Promise<number> => (await fetch(`${url}${path}`)).status
const generation = (): number => gateway.status().generation
const untilGeneration = (n: number): Promise<void> => until(() => generation() === n, `generation ${n}`)

describe('reload', () => {
  test('a good configuration takes over, and is counted', async () => {
    await start(echoProject(target(), STRICT))
    expect(generation()).toBe(1)
    project.write('gw.yaml', echoConfig(target(), `watch: false\n${LENIENT}`))
    expect(await gateway.reload()).toEqual({ generation: 2 })
    expect(await statusOf('/v1/echo/a?x=1')).toBe(200)
  })

  test('a bad one changes nothing: every error, and the old one goes on', async () => {
    await start(echoProject(target(), `watch: false\n${LENIENT}`))
    project.write('gw.yaml', echoConfig(target(), 'dran: 1s\npolicies: [{ select: "nothing.*" }]'))
    const error = await gateway.reload().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(LoadError)
    expect((error as LoadError).problems).toHaveLength(2)
    expect(gateway.status()).toMatchObject({ generation: 1, lastErrors: (error as LoadError).message.split('\n') })
    expect(await statusOf('/v1/echo/a?x=1')).toBe(200)
    project.write('gw.yaml', echoConfig(target(), `watch: false\n${LENIENT}`))
    await gateway.reload()
    expect(gateway.status()).toMatchObject({ generation: 2, lastErrors: [] })
  })

  test('POST /reload: 200 with the generation, or 422 with the errors; a body is not looked at', async () => {
    await start(echoProject(target(), `watch: false\n${STRICT}`))
    const good = await fetch(`${admin}/reload`, { method: 'POST', body: '{"not": json' })
    expect({ status: good.status, body: await good.json() }).toEqual({ status: 200, body: { generation: 2 } })
    rmSync(join(project.path, 'protos'), { recursive: true })
    const bad = await fetch(`${admin}/reload`, { method: 'POST' })
    expect({ status: bad.status, body: await bad.json() }).toEqual({
      status: 422,
      body: {
        errors: [expect.stringMatching(/gw\.yaml:3:\d+: "protos" cannot be read: it does not exist \(schema\[0\]/)],
      },
    })
    expect(await statusOf('/v1/echo/a')).toBe(200)
  })

  test('reloads side by side run one after the other', async () => {
    await start(echoProject(target(), `watch: false\n${STRICT}`))
    const results = await Promise.all([gateway.reload(), gateway.reload(), gateway.reload()])
    expect(results.map((result) => result.generation)).toEqual([2, 3, 4])
  })

  test('a request under way finishes on the old configuration; new ones are on the new', async () => {
    await start(echoProject(target(), `watch: false\n${STRICT}`))
    const held = fetch(`${url}/v1/hold`)
    await until(() => upstream.held() === 1, 'the call')
    project.write('gw.yaml', echoConfig(upstream.target, `watch: false\n${LENIENT}`))
    project.write('protos/echo/echo.proto', ECHO_PROTO.replaceAll('/v1/hold', '/v1/keep'))
    await gateway.reload()
    expect(await statusOf('/v1/hold')).toBe(404)
    expect(await statusOf('/v1/echo/a?x=1')).toBe(200)
    upstream.release()
    expect((await held).status).toBe(200)
  })

  test('connections to an upstream that did not change stay open; others are made anew', async () => {
    await start(echoProject(target(), `watch: false\n${STRICT}`))
    await statusOf('/v1/echo/a')
    const connections = proxy.connections()
    project.write('gw.yaml', echoConfig(target(), `watch: false\n${LENIENT}`))
    await gateway.reload()
    expect(await statusOf('/v1/echo/a')).toBe(200)
    expect(proxy.connections()).toBe(connections)
    const changed = echoConfig(target(), `watch: false\n${LENIENT}`).replace(
      'services:',
      'maxResponseBytes: 1MiB, services:',
    )
    project.write('gw.yaml', changed)
    await gateway.reload()
    expect(await statusOf('/v1/echo/a')).toBe(200)
    expect(proxy.connections()).toBe(connections + 1)
  })

  test('what takes a restart is told', async () => {
    await start(echoProject(target(), `watch: false\n${STRICT}`))
    project.write('gw.yaml', echoConfig(target(), 'watch: false\nclient: { maxConnections: 5 }'))
    await gateway.reload()
    expect(log.join('')).toContain('client changed: that takes effect at the next start')
    expect(log.join('')).not.toContain('listen changed')
  })

  test('while it is closing nothing is loaded any more', async () => {
    await start(echoProject(target(), `watch: false\n${STRICT}`))
    await gateway.close()
    await expect(gateway.reload()).rejects.toThrow('the gateway is shutting down')
    expect(generation()).toBe(1)
  })
})

describe('watch', () => {
  test('a changed configuration', async () => {
    await start(echoProject(target(), STRICT))
    project.write('gw.yaml', echoConfig(target(), LENIENT))
    await untilGeneration(2)
    expect(await statusOf('/v1/echo/a?x=1')).toBe(200)
  })

  test('a new file in the place of the old one, as editors do, again and again', async () => {
    await start(echoProject(target(), STRICT))
    for (const next of [2, 3, 4]) {
      project.write('.gw.yaml.swp', echoConfig(target(), next % 2 === 0 ? LENIENT : STRICT))
      renameSync(join(project.path, '.gw.yaml.swp'), join(project.path, 'gw.yaml'))
      await untilGeneration(next)
    }
  })

  test('a link turned to another folder, as Kubernetes does', async () => {
    const made = new Project({ '..1/gw.yaml': echoConfig(target(), STRICT), '..1/echo.proto': ECHO_PROTO })
    const link = (to: string, name: string): void => symlinkSync(to, join(made.path, name))
    link('..1', '..data')
    link('..data/gw.yaml', 'gw.yaml')
    mkdirSync(join(made.path, 'protos/echo'), { recursive: true })
    link('../../..data/echo.proto', 'protos/echo/echo.proto')
    await start(made)
    project.write('..2/gw.yaml', echoConfig(target(), LENIENT))
    project.write('..2/echo.proto', ECHO_PROTO)
    link('..2', '..data_tmp')
    renameSync(join(made.path, '..data_tmp'), join(made.path, '..data'))
    await untilGeneration(2)
    expect(await statusOf('/v1/echo/a?x=1')).toBe(200)
  })

  test('a changed proto, and an imported one', async () => {
    const made = echoProject(target(), STRICT)
    made.write('protos/echo/echo.proto', ECHO_PROTO.replace(/message Text .*\n/, 'import "other/text.proto";\n'))
    made.write('protos/other/text.proto', 'syntax = "proto3";\npackage echo.v1;\nmessage Text { string text = 1; }\n')
    await start(made)
    project.write(
      'protos/other/text.proto',
      'syntax = "proto3";\npackage echo.v1;\nmessage Text { string text = 2; }\n',
    )
    await untilGeneration(2)
  })

  test('a new mapping file that a glob was waiting for, and one that goes', async () => {
    const made = echoProject(target(), 'mappings: ["maps/*.yaml"]')
    const rule = (path: string): string =>
      `type: google.api.Service\nhttp: { rules: [{ selector: echo.v1.EchoService.Echo, get: "${path}" }] }\n`
    made.write('maps/a.yaml', rule('/v2/{text}'))
    await start(made)
    project.write('maps/b.yaml', rule('/v3/{text}'))
    await untilGeneration(2)
    expect(await statusOf('/v3/a')).toBe(200)
    rmSync(join(project.path, 'maps/b.yaml'))
    await untilGeneration(3)
    expect(await statusOf('/v2/a')).toBe(200)
  })

  test('a new folder that a deep glob was waiting for', async () => {
    const made = echoProject(target(), STRICT)
    made.write('gw.yaml', echoConfig(target(), STRICT).replace('echo/*.proto', '**/*.proto'))
    await start(made)
    project.write('protos/more/deep/more.proto', 'syntax = "proto3";\npackage more.v1;\nmessage M {}\n')
    await untilGeneration(2)
  })

  test('a file with an error that is new, and then mended', async () => {
    const made = echoProject(target(), STRICT)
    await start(made)
    project.write('protos/echo/new.proto', 'syntax = "proto3";\npackage more.v1;\nmessage M {\n')
    await until(() => gateway.status().lastErrors.length > 0, 'the refusal')
    expect(log.join('')).toContain('the new configuration is refused, the old one goes on')
    project.write('protos/echo/new.proto', 'syntax = "proto3";\npackage more.v1;\nmessage M {}\n')
    await untilGeneration(2)
    expect(gateway.status().lastErrors).toEqual([])
  })

  test('a configuration that is gone, and comes back', async () => {
    await start(echoProject(target(), STRICT))
    renameSync(join(project.path, 'gw.yaml'), join(project.path, 'away'))
    await until(() => gateway.status().lastErrors.length > 0, 'the refusal')
    expect(await statusOf('/v1/echo/a')).toBe(200)
    renameSync(join(project.path, 'away'), join(project.path, 'gw.yaml'))
    await untilGeneration(2)
  })

  test('a file beside them that nothing names: no reason', async () => {
    await start(echoProject(target(), STRICT))
    project.write('notes.txt', 'x')
    project.write('protos/echo/README.md', 'x')
    project.write('gw.yaml', echoConfig(target(), LENIENT))
    await untilGeneration(2)
    expect(log.filter((line) => line.includes('reloading')).map((line) => /\w+\.\w+ changed/.exec(line)?.[0])).toEqual([
      'gw.yaml changed',
    ])
  })

  test('watch: false watches nothing, from the next load on', async () => {
    await start(echoProject(target(), STRICT))
    project.write('gw.yaml', echoConfig(target(), 'watch: false'))
    await untilGeneration(2)
    project.write('gw.yaml', echoConfig(target(), LENIENT))
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(generation()).toBe(2)
  })
})
