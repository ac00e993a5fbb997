import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  agentSettings,
  createAgentClient,
  systemFiles,
  type AgentClient,
  type Environment,
  type WrittenAgent,
} from '../../src/consul/index.js'
import { until } from '../support/calls.js'
import { CertificateAuthority } from '../support/certificates.js'
import { Project } from '../support/project.js'
import { FakeClock, ScriptedAgent } from '../support/scripted-agent.js'

let agent: ScriptedAgent
let clock: FakeClock
const open: AgentClient[] = []

beforeEach(async () => {
  agent = await ScriptedAgent.start()
  clock = new FakeClock()
})
afterEach(async () => {
  for (const client of open.splice(0)) client.close()
  await agent.close()
})

function connect(written: WrittenAgent = {}, env: Environment = {}): AgentClient {
  const settings = agentSettings({ address: agent.address, ...written }, env, systemFiles)
  if (typeof settings === 'string') throw new Error(settings)
  const client = createAgentClient(settings, clock)
  open.push(client)
  return client
}

describe('what is sent', () => {
  test('namespace, partition and datacenter only where configured; values are encoded', async () => {
    agent.script = [{}, {}]
    const query = [
      ['filter', '"v2" in Service.Tags and Service.Meta.zone == "a&b"'],
      ['stale', undefined],
    ] as const
    await connect().request({ method: 'GET', path: '/v1/x', query })
    await connect({ datacenter: 'dc1', namespace: 'team a', partition: 'p' }).request({ method: 'GET', path: '/v1/x' })
    expect(agent.asked.map(({ url }) => url)).toEqual([
      '/v1/x?filter=%22v2%22%20in%20Service.Tags%20and%20Service.Meta.zone%20%3D%3D%20%22a%26b%22&stale',
      '/v1/x?dc=dc1&ns=team%20a&partition=p',
    ])
  })

  test('the token and basic authentication', async () => {
    agent.script = [{}, {}]
    await connect({}, { CONSUL_HTTP_AUTH: 'u:p' }).request({ method: 'GET', path: '/v1/x' })
    await connect({ token: 'secret' }).request({ method: 'GET', path: '/v1/x' })
    expect(agent.asked.map(({ headers }) => [headers['x-consul-token'], headers.authorization])).toEqual([
      [undefined, 'Basic dTpw'],
      ['secret', undefined],
    ])
  })

  test('bodies: a value as JSON, bytes as they are', async () => {
    agent.script = [{}, {}]
    const client = connect()
    await client.request({ method: 'PUT', path: '/v1/agent/service/register', body: { Name: 'gw' } })
    await client.request({ method: 'PUT', path: '/v1/kv/x', body: Buffer.from('raw') })
    expect(agent.asked.map(({ method, body }) => [method, body])).toEqual([
      ['PUT', '{"Name":"gw"}'],
      ['PUT', 'raw'],
    ])
    expect(agent.connections).toBe(1)
  })

  test('what stands before /v1', async () => {
    agent.script = [{}]
    await connect({ address: `http://${agent.address}/consul/` }).request({ method: 'GET', path: '/v1/x' })
    expect(agent.asked[0]!.url).toBe('/consul/v1/x')
  })

  test('a unix socket', async () => {
    const project = new Project()
    const path = join(project.path, 'consul.sock')
    const server = createHttpServer((_request, response) => response.end('"here"')).listen(path)
    await once(server, 'listening')
    const client = connect({ address: `unix://${path}` })
    expect((await client.request({ method: 'GET', path: '/v1/x' })).body.toString()).toBe('"here"')
    client.close()
    server.closeAllConnections()
    server.close()
    project.remove()
  })
})

describe('answers and the want of them', () => {
  test('status, headers and body, whatever the status', async () => {
    agent.script = [{ status: 404, headers: { 'X-Consul-Index': '7' }, body: 'no' }]
    const { status, headers, body } = await connect().request({ method: 'GET', path: '/v1/x' })
    expect([status, headers['x-consul-index'], body.toString()]).toEqual([404, '7', 'no'])
  })

  test('a kept connection that the agent closes is no failure of a GET', async () => {
    agent.script = [{}, 'cut', { body: 'again' }]
    const client = connect()
    await client.request({ method: 'GET', path: '/v1/a' })
    expect((await client.request({ method: 'GET', path: '/v1/b' })).body.toString()).toBe('again')
    expect(agent.connections).toBe(2)
  })

  test('a PUT is not sent twice', async () => {
    agent.script = [{}, 'cut', {}]
    const client = connect()
    await client.request({ method: 'GET', path: '/v1/a' })
    await expect(client.request({ method: 'PUT', path: '/v1/b' })).rejects.toMatchObject({ kind: 'unreachable' })
    expect(agent.asked).toHaveLength(2)
  })

  test('nobody there', async () => {
    const failure = connect({ address: '127.0.0.1:1' }).request({ method: 'GET', path: '/v1/x' })
    await expect(failure).rejects.toMatchObject({
      kind: 'unreachable',
      message: 'the Consul agent 127.0.0.1:1 is not reachable: ECONNREFUSED',
    })
  })

  test('no answer in time', async () => {
    const failure = connect().request({ method: 'GET', path: '/v1/x', timeoutMs: 500 })
    await until(() => agent.waiting === 1, 'the question')
    clock.pass(500)
    await expect(failure).rejects.toMatchObject({ kind: 'timeout' })
    await until(() => agent.waiting === 0, 'the connection to be closed')
  })

  test('a body that stops half way', async () => {
    const server = createHttpServer((_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => response.destroy())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const failure = connect({ address: `127.0.0.1:${port}` }).request({ method: 'GET', path: '/v1/x' })
    await expect(failure).rejects.toMatchObject({ kind: 'unreachable' })
    server.close()
  })

  test('more than the limit', async () => {
    agent.script = [{ body: 'x'.repeat(100_000) }]
    const failure = connect().request({ method: 'GET', path: '/v1/x', maxResponseBytes: 1000 })
    await expect(failure).rejects.toMatchObject({ kind: 'oversized' })
  })

  test('ended by a signal, by close, and before it began', async () => {
    const abort = new AbortController()
    const client = connect()
    const [one, two] = ['a', 'b'].map((name) =>
      client.request({ method: 'GET', path: `/v1/${name}`, ...(name === 'a' ? { signal: abort.signal } : {}) }),
    )
    await until(() => agent.waiting === 2, 'two questions')
    abort.abort()
    await expect(one).rejects.toMatchObject({ kind: 'aborted' })
    client.close()
    await expect(two).rejects.toMatchObject({ kind: 'aborted' })
    await expect(client.request({ method: 'GET', path: '/v1/c' })).rejects.toMatchObject({ kind: 'aborted' })
    expect(clock.due).toEqual([])
  })
})

describe('TLS to the agent', () => {
  let server: Server
  let project: Project
  let env: Record<string, string>
  beforeEach(async () => {
    const authority = await CertificateAuthority.create()
    const gateway = await authority.issue({ name: 'gateway', use: 'client' })
    const agentPair = await authority.issue({ name: 'agent', altNames: ['127.0.0.1'], use: 'server' })
    project = new Project({
      'ca.pem': authority.cert,
      'c.pem': gateway.cert,
      'k.pem': gateway.key,
    })
    env = {
      CONSUL_CACERT: join(project.path, 'ca.pem'),
      CONSUL_CLIENT_CERT: join(project.path, 'c.pem'),
      CONSUL_CLIENT_KEY: join(project.path, 'k.pem'),
    }
    const { cert, key } = agentPair
    server = createHttpsServer({ cert, key, ca: authority.cert, requestCert: true, rejectUnauthorized: true })
    server.on('request', (_request, response) => response.end('"secure"'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
    project.remove()
  })

  const ask = (more: Record<string, string | undefined>): Promise<string> => {
    const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const client = connect({ address }, { ...env, ...more })
    return client.request({ method: 'GET', path: '/v1/x' }).then(({ body }) => body.toString())
  }

  test('with the agent’s CA and a client certificate', async () => {
    expect(await ask({})).toBe('"secure"')
  })

  test.each([
    { name: 'a CA that is not its', more: { CONSUL_CACERT: undefined }, code: /SELF_SIGNED|UNABLE_TO/ },
    {
      name: 'another name than its',
      more: { CONSUL_TLS_SERVER_NAME: 'consul.test' },
      code: /ERR_TLS_CERT_ALTNAME_INVALID/,
    },
    {
      name: 'no client certificate',
      more: { CONSUL_CLIENT_CERT: undefined, CONSUL_CLIENT_KEY: undefined },
      code: /ECONNRESET|ERR_SSL|CERTIFICATE_REQUIRED/,
    },
  ])('refused: $name', async ({ more, code }) => {
    await expect(ask(more)).rejects.toMatchObject({ kind: 'unreachable', message: expect.stringMatching(code) })
  })

  test('CONSUL_HTTP_SSL_VERIFY=false takes any certificate', async () => {
    expect(await ask({ CONSUL_CACERT: undefined, CONSUL_HTTP_SSL_VERIFY: 'false' })).toBe('"secure"')
  })
})
