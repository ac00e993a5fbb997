import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { LoadError } from '../../src/problems/index.js'
import { until } from '../support/calls.js'
import { protobridge } from '../support/command.js'
import { ConsulAgent, hasConsul } from '../support/consul-agent.js'
import { ECHO_PROTO, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import { Project } from '../support/project.js'
import { startGateway, type TestGateway } from '../support/gateway.js'

/* Mapping files in the key-value store of a real agent (Consul 1.8.7, scripts/get-consul.mjs). */

const suite = hasConsul() ? describe : describe.skip

/** A mapping file that serves Echo at a path. */
const rule = (path: string): string =>
  `type: google.api.Service\nhttp:\n  rules:\n    - selector: echo.v1.EchoService.Echo\n      get: ${path}\n`

suite('mapping files in Consul', () => {
  const project = new Project({ 'protos/echo/echo.proto': ECHO_PROTO })
  let agent: ConsulAgent
  let echo: EchoUpstream
  let gateway: TestGateway | undefined

  beforeAll(async () => {
    ;[agent, echo] = await Promise.all([ConsulAgent.start(), startEchoUpstream()])
  })
  afterAll(async () => {
    await agent.stop()
    echo.stop()
    project.remove()
  })
  beforeEach(async () => {
    await agent.call('DELETE', '/v1/kv/m?recurse')
    await put('m/a.yaml', rule('/a/{text}'))
  })
  afterEach(async () => {
    await gateway?.stop()
    gateway = undefined
  })

  const put = async (key: string, text: string | Buffer): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${agent.port}/v1/kv/${key}`, { method: 'PUT', body: text })
    expect([response.status, await response.text()]).toEqual([200, 'true'])
  }
  const drop = (key: string): Promise<unknown> => agent.call('DELETE', `/v1/kv/${key}`)
  const root = (): string => `consul-kv://127.0.0.1:${agent.port}/`
  const start = async (more: object = {}): Promise<TestGateway> => {
    gateway = await startGateway({
      schema: [{ protos: ['echo/*.proto'], roots: [`${project.path}/protos`] }],
      mappings: [`${root()}m/`],
      upstreams: { echo: { target: echo.target, services: ['echo.v1.*'] } },
      watch: true,
      ...more,
    })
    return gateway
  }
  const statusOf = async (path: string): Promise<number> => (await fetch(`${gateway!.url}${path}`)).status
  const served = (path: string): Promise<void> => untilStatus(path, 200)
  const untilStatus = async (path: string, status: number): Promise<void> => {
    for (const end = Date.now() + 15_000; (await statusOf(path)) !== status;) {
      if (Date.now() > end) throw new Error(`waited for ${status} of ${path}: ${gateway!.log.join('')}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const refused = (): Promise<void> =>
    until(() => gateway!.gateway.status().lastErrors.length > 0, 'the refusal', 10_000)

  test('are read, in the order of their keys; a change of one, a new one and a deleted one are followed', async () => {
    await put('m/b.json', JSON.stringify({ http: { rules: [{ selector: 'echo.v1.EchoService.Hold', get: '/b' }] } }))
    await put('m/notes.txt', 'not a mapping file: {')
    await put('m-other/c.yaml', rule('/other/{text}'))
    const { gateway: own } = await start()
    expect(await statusOf('/a/x')).toBe(200)
    expect(await statusOf('/v1/echo/x')).toBe(404)
    expect(own.snapshot.routes.map(({ route }) => route.binding.httpMethod)).toHaveLength(2)

    await put('m/a.yaml', rule('/changed/{text}'))
    await served('/changed/x')
    expect(await statusOf('/a/x')).toBe(404)
    await put('m/deep/er.yml', rule('/deep/{text}'))
    await served('/deep/x')
    await drop('m/deep/er.yml')
    await served('/changed/x')
    expect(gateway!.log.join('')).toContain(`reloading: ${root()}m/ changed`)

    const { generation } = own.status()
    await put('m/notes.txt', 'changed too')
    await put('m-other/c.yaml', rule('/other2/{text}'))
    await put('m/a.yaml', rule('/changed/{text}'))
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(own.status().generation).toBe(generation)
  })

  test('a bad one keeps the old, and names key, line and method; a good one takes over', async () => {
    await start()
    await put('m/a.yaml', rule('/v1/{tex}'))
    await refused()
    expect(gateway!.gateway.status().lastErrors).toEqual([
      expect.stringMatching(
        new RegExp(`^${root()}m/a\\.yaml:5:\\d+: .*tex.* \\(echo\\.v1\\.EchoService\\.Echo\\)`.replaceAll('/', '\\/')),
      ),
    ])
    expect(await statusOf('/a/x')).toBe(200)
    const reload = await fetch(`${gateway!.admin}/reload`, { method: 'POST' })
    expect([reload.status, await reload.json()]).toEqual([422, { errors: [expect.stringContaining('m/a.yaml:5:')] }])
    await put('m/a.yaml', rule('/good/{text}'))
    await served('/good/x')
    expect(gateway!.gateway.status()).toMatchObject({ lastErrors: [], generation: 2 })
  })

  test('the last key deleted: as a glob that matches nothing, refused, and the old goes on', async () => {
    await start()
    await drop('m/a.yaml')
    await refused()
    expect(gateway!.gateway.status().lastErrors).toEqual([
      `config:0:0: no mapping file is under ${root()}m/ (mappings): put a key ending in .yaml, .yml or .json there; a token needs key:read and key:list to see it`,
    ])
    expect(await statusOf('/a/x')).toBe(200)
  })

  test.each([
    { what: 'an empty prefix', key: undefined, text: '', error: 'no mapping file is under' },
    {
      what: 'a key that is not UTF-8',
      key: 'm/z.yaml',
      text: Buffer.from([0xff, 0xfe]),
      error: 'm/z.yaml:0:0: cannot be read: it is not UTF-8',
    },
    { what: 'a key that is not YAML', key: 'm/z.yaml', text: 'a: [', error: 'm/z.yaml:1:' },
  ])('$what refuses the start', async ({ key, text, error }) => {
    if (key === undefined) await drop('m/a.yaml')
    else await put(key, text)
    const started = start()
    await expect(started).rejects.toBeInstanceOf(LoadError)
    await expect(started).rejects.toThrow(error)
  })

  test('without watch only a reload reads them anew', async () => {
    await start({ watch: false, mappings: [`${root()}m/?dc=dc1`] })
    await put('m/a.yaml', rule('/changed/{text}'))
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(await statusOf('/changed/x')).toBe(404)
    await gateway!.gateway.reload()
    expect(await statusOf('/changed/x')).toBe(200)
  })

  test('the command reads them: check says ok, or what is wrong in which key, or that Consul is away', async () => {
    const config = project.write(
      'gw.yaml',
      `schema: [{ protos: ["echo/*.proto"], roots: [protos] }]
mappings: ["consul-kv:///m"]
upstreams: { echo: { target: "${echo.target}", services: ["echo.v1.*"] } }
`,
    )
    const check = (address: string) =>
      protobridge(['check', '--config', config], { env: { CONSUL_HTTP_ADDR: address } })
    const address = `127.0.0.1:${agent.port}`
    expect(await check(address)).toMatchObject({ code: 0, stdout: 'ok\n' })
    await put('m/a.yaml', 'http: { rules: [{ selector: echo.v1.EchoService.Gone, get: /x }] }')
    expect(await check(address)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^consul-kv:\/\/\/m\/a\.yaml:1:\d+: .*echo\.v1\.EchoService\.Gone/),
    })
    expect(await check('127.0.0.1:1')).toMatchObject({
      code: 1,
      stderr: `${config}:2:12: the Consul agent 127.0.0.1:1 is not reachable: ECONNREFUSED (mappings): start the agent, or name files instead\n`,
    })
  })

  test('the agent away at the start: up with the rest, not ready until it has answered', async () => {
    await agent.kill()
    await start()
    const readiness = await fetch(`${gateway!.admin}/readyz`)
    expect({ status: readiness.status, body: await readiness.json() }).toMatchObject({
      status: 503,
      body: {
        checks: expect.arrayContaining([
          { name: `mapping files in ${root()}m/`, isOk: false, detail: 'Consul has not answered yet' },
        ]),
      },
    })
    expect(gateway!.log.join('')).toMatch(
      /is not reachable: ECONNREFUSED: the mapping files there are not served until it answers; asking again in/,
    )
    expect(await statusOf('/v1/echo/x')).toBe(200)
    // Never where it is: that is nobody's business.
    const unknown = await fetch(`${gateway!.url}/a/x`)
    expect([unknown.status, await unknown.json()]).toMatchObject([
      503,
      { message: 'part of the routes is not known yet: try again soon', details: [{ reason: 'SCHEMA_NOT_LOADED' }] },
    ])
    await agent.run()
    await served('/a/x')
    expect((await fetch(`${gateway!.admin}/readyz`)).status).toBe(200)
  }, 40_000)

  test('the agent away later: the last good texts, also for a reload; what changes when it is back is followed', async () => {
    await start()
    await agent.kill()
    await until(() => gateway!.log.join('').includes('what it told before goes on being used'), 'the warning', 10_000)
    expect(await gateway!.gateway.reload()).toEqual({ generation: 2 })
    expect(await statusOf('/a/x')).toBe(200)
    expect((await fetch(`${gateway!.admin}/readyz`)).status).toBe(200)
    await agent.run()
    await put('m/a.yaml', rule('/back/{text}'))
    await served('/back/x')
    expect(gateway!.log.join('')).toContain('mapping files in Consul are followed again')
  }, 40_000)
})
