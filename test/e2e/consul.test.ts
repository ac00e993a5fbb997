import { Agent, createServer, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ConsulAgent, hasConsul, poll } from '../support/consul-agent.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { callRest } from '../support/rest.js'
import { startGateway, type TestGateway } from '../support/gateway.js'

/* The gateway and a real agent (Consul 1.8.7, scripts/get-consul.mjs), under a steady load of GETs. */

const suite = hasConsul() ? describe : describe.skip
/** Of the instances' health checks: how long Consul takes to notice. */
const CHECK_INTERVAL_MS = 2000

/** An instance of the service: the upstream, and the page its health check asks for. */
class Instance {
  readonly id: string
  readonly upstream: EchoUpstream
  isHealthy = true
  private readonly health: Server

  private constructor(id: string, upstream: EchoUpstream, health: Server) {
    this.id = id
    this.upstream = upstream
    this.health = health
    health.on('request', (_request, response) => response.writeHead(this.isHealthy ? 200 : 500).end())
  }

  static async start(id: string): Promise<Instance> {
    const health = createServer()
    await new Promise<void>((resolve) => health.listen(0, '127.0.0.1', resolve))
    return new Instance(id, await startEchoUpstream(), health)
  }

  get address(): string {
    return `127.0.0.1:${this.upstream.port}`
  }

  async register(agent: ConsulAgent, more: object = {}): Promise<void> {
    await agent.put('/v1/agent/service/register', {
      Name: 'echo',
      ID: this.id,
      Address: '127.0.0.1',
      Port: this.upstream.port,
      Check: {
        HTTP: `http://127.0.0.1:${(this.health.address() as AddressInfo).port}/`,
        Interval: `${CHECK_INTERVAL_MS}ms`,
        Timeout: '500ms',
        Status: 'passing',
      },
      ...more,
    })
  }

  async deregister(agent: ConsulAgent): Promise<void> {
    await agent.put(`/v1/agent/service/deregister/${this.id}`)
  }

  stop(): void {
    this.upstream.close()
    this.health.close()
    this.health.closeAllConnections()
  }
}

/** GETs without pause on a few connections; everything but a 200 is kept. */
class Load {
  done = 0
  readonly failures: string[] = []
  private isStopped = false
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 4 })
  private readonly loops: Promise<void>[]

  constructor(port: number) {
    this.loops = Array.from({ length: 4 }, () => this.loop(port))
  }

  async stop(): Promise<void> {
    this.isStopped = true
    await Promise.all(this.loops)
    this.agent.destroy()
  }

  private async loop(port: number): Promise<void> {
    while (!this.isStopped) {
      const failure = await this.once(port)
      if (failure === undefined) this.done += 1
      else this.failures.push(failure)
      await new Promise((resolve) => setTimeout(resolve, 4))
    }
  }

  private once(port: number): Promise<string | undefined> {
    return new Promise((resolve) => {
      get({ host: '127.0.0.1', port, path: '/v1/echo/x', agent: this.agent }, (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => resolve(response.statusCode === 200 ? undefined : `${response.statusCode} ${text}`))
      }).on('error', (error) => resolve(error.message))
    })
  }
}

interface UpstreamsPage {
  readonly name: string
  readonly resolutionError?: string | null
  readonly endpoints: readonly { address: string; weight: number; state: string }[]
}

async function upstreamOf(gateway: TestGateway): Promise<UpstreamsPage> {
  const response = await fetch(`${gateway.admin}/upstreams`, { headers: { accept: 'application/json' } })
  return ((await response.json()) as UpstreamsPage[])[0]!
}

/** Addresses in use, in order. */
async function inUse(gateway: TestGateway): Promise<readonly string[]> {
  const { endpoints } = await upstreamOf(gateway)
  return endpoints
    .filter(({ state }) => state !== 'DRAINING')
    .map(({ address }) => address)
    .sort()
}

function addresses(...instances: readonly Instance[]): readonly string[] {
  return instances.map(({ address }) => address).sort()
}

async function settle(gateway: TestGateway, ...instances: readonly Instance[]): Promise<void> {
  const expected = addresses(...instances).join()
  await poll(
    `the set to be ${instances.map(({ id }) => id).join()}`,
    async () => (await inUse(gateway)).join() === expected,
  )
}

/** Waits until each instance has been called again. */
async function called(...instances: readonly Instance[]): Promise<void> {
  const before = instances.map(({ upstream }) => upstream.calls)
  await poll('calls on each instance', () => instances.every(({ upstream }, i) => upstream.calls > before[i]!))
}

async function quiet({ upstream }: Instance): Promise<void> {
  const before = upstream.calls
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(upstream.calls).toBe(before)
}

suite('instances come, fail and go, and the agent too', () => {
  let agent: ConsulAgent
  let gateway: TestGateway
  let load: Load
  let a: Instance
  let b: Instance
  let c: Instance
  let d: Instance

  beforeAll(async () => {
    ;[agent, a, b, c, d] = (await Promise.all([
      ConsulAgent.start(),
      ...(['a', 'b', 'c', 'd'] as const).map((id) => Instance.start(id)),
    ] as [Promise<ConsulAgent>, ...Promise<Instance>[]])) as [ConsulAgent, Instance, Instance, Instance, Instance]
    for (const instance of [a, b, c]) await instance.register(agent)
    gateway = await startGateway(echoConfig({ target: `consul://127.0.0.1:${agent.port}/echo` }))
    await settle(gateway, a, b, c)
    load = new Load(gateway.port)
  })
  afterAll(async () => {
    await load.stop()
    expect(load.done).toBeGreaterThan(500)
    await gateway.stop()
    for (const instance of [a, b, c, d]) instance.stop()
    await agent.stop()
  })

  test('an instance that registers gets calls', async () => {
    await d.register(agent)
    await settle(gateway, a, b, c, d)
    await called(a, b, c, d)
    expect(load.failures).toEqual([])
  })

  test('what it registers with is known, and followed', async () => {
    const more = { Weights: { Passing: 7, Warning: 2 }, Tags: ['v2'], Meta: { zone: 'b', version: '2' } }
    await d.register(agent, more)
    const found = async (): Promise<unknown> =>
      (await upstreamOf(gateway)).endpoints.find(({ address }) => address === d.address)
    await poll('the weight to change', async () => ((await found()) as { weight: number }).weight === 7)
    expect(await found()).toMatchObject({ zone: 'b', tags: ['v2'], meta: { zone: 'b', version: '2' } })
    const tagged = await Promise.all(
      ['tag=v2', 'filter=Service.Meta.version == "2"', 'tag=v3'].map(async (query) => {
        const other = await startGateway(echoConfig({ target: `consul://127.0.0.1:${agent.port}/echo?${query}` }))
        await callRest(other.port, 'GET', '/v1/echo/x')
        const addresses = await inUse(other)
        await other.stop()
        return addresses
      }),
    )
    expect(tagged).toEqual([[d.address], [d.address], []])
  })

  test('traffic leaves a failing instance within one health interval, and returns', async () => {
    b.isHealthy = false
    await poll('Consul to see it', async () => {
      const { json } = await agent.call('GET', '/v1/health/state/critical')
      return (json as { ServiceID: string }[]).some(({ ServiceID }) => ServiceID === 'b')
    })
    const seenAt = performance.now()
    await settle(gateway, a, c, d)
    expect(performance.now() - seenAt).toBeLessThan(CHECK_INTERVAL_MS)
    await quiet(b)
    b.isHealthy = true
    await settle(gateway, a, b, c, d)
    await called(b)
    expect(load.failures).toEqual([])
  })

  test('an instance in maintenance is drained', async () => {
    await agent.put('/v1/agent/service/maintenance/c?enable=true&reason=deploy')
    await settle(gateway, a, b, d)
    await quiet(c)
    await agent.put('/v1/agent/service/maintenance/c?enable=false')
    await settle(gateway, a, b, c, d)
    expect(load.failures).toEqual([])
  })

  test('an instance that deregisters gets no more calls, and may stop', async () => {
    await a.deregister(agent)
    await settle(gateway, b, c, d)
    await quiet(a)
    a.stop()
    await called(b, c, d)
    expect(load.failures).toEqual([])
  })

  test('the agent killed and restarted with its index gone back: the set stays, and later changes are seen', async () => {
    const before = await indexOf(agent)
    await agent.kill({ forgets: true })
    await poll('the trouble to be told', async () => ((await upstreamOf(gateway)).resolutionError ?? '') !== '')
    expect((await upstreamOf(gateway)).resolutionError).toContain('not reachable')
    expect(await inUse(gateway)).toEqual(addresses(b, c, d))

    await agent.run()
    expect(await indexOf(agent)).toBeLessThan(before)
    // The agent holds checks critical until they have run: an empty answer, not believed.
    await poll('the trouble to end', async () => ((await upstreamOf(gateway)).resolutionError ?? '') === '')
    await settle(gateway, b, c, d)
    await c.deregister(agent)
    await settle(gateway, b, d)
    await called(b, d)
    expect(load.failures).toEqual([])
  }, 40_000)
})

suite('a token, and what it may read', () => {
  const MASTER = '11111111-2222-3333-4444-555555555555'
  let agent: ConsulAgent
  let gateway: TestGateway
  let a: Instance
  let b: Instance
  let tokenId: string
  beforeAll(async () => {
    ;[agent, a, b] = await Promise.all([
      ConsulAgent.start({ masterToken: MASTER }),
      Instance.start('a'),
      Instance.start('b'),
    ])
    // The ACL system comes up a moment after the leader.
    await poll('the policy to be taken', async () => {
      const Rules = 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }'
      return (await agent.call('PUT', '/v1/acl/policy', { Name: 'discovery', Rules })).status === 200
    })
    const made = await agent.put('/v1/acl/token', { Policies: [{ Name: 'discovery' }] })
    const { AccessorID, SecretID } = made as { AccessorID: string; SecretID: string }
    tokenId = AccessorID
    await a.register(agent)
    const env = { CONSUL_HTTP_ADDR: `127.0.0.1:${agent.port}`, CONSUL_HTTP_TOKEN: SecretID }
    gateway = await startGateway(echoConfig({ target: 'consul:///echo' }), { env })
    await settle(gateway, a)
  })
  afterAll(async () => {
    await gateway.stop()
    a.stop()
    b.stop()
    await agent.stop()
  })

  test('an empty list of a healthy agent is real', async () => {
    await agent.put('/v1/agent/service/maintenance/a?enable=true')
    await settle(gateway)
    const answer = await callRest(gateway.port, 'GET', '/v1/echo/x')
    expect({ status: answer.status, code: (answer.json as { code: number }).code }).toEqual({ status: 503, code: 14 })
    await agent.put('/v1/agent/service/maintenance/a?enable=false')
    await settle(gateway, a)
    expect((await callRest(gateway.port, 'GET', '/v1/echo/x')).status).toBe(200)
  })

  test('a token revoked: the last good set, and a clear state', async () => {
    await agent.call('DELETE', `/v1/acl/token/${tokenId}`)
    // A question that is held is answered first: with this change.
    await b.register(agent)
    await poll('the trouble to be told', async () => ((await upstreamOf(gateway)).resolutionError ?? '') !== '')
    const { resolutionError } = await upstreamOf(gateway)
    expect(resolutionError).toContain('the agent refused the token: needs service:read and node:read')
    expect(resolutionError).toContain('ACL not found')
    expect(await inUse(gateway)).toEqual(addresses(a))
    expect((await callRest(gateway.port, 'GET', '/v1/echo/x')).status).toBe(200)
  })
})

suite('weights', () => {
  const CALLS = 10_000
  /** Of a binomial distribution: how far a share may be off, in standard deviations. One in 15,000 is further. */
  const SIGMAS = 4
  let agent: ConsulAgent
  let gateway: TestGateway
  let instances: readonly Instance[]

  beforeAll(async () => {
    ;[agent, ...instances] = (await Promise.all([
      ConsulAgent.start(),
      ...['a', 'b', 'c'].map((id) => Instance.start(id)),
    ])) as [ConsulAgent, ...Instance[]]
  })
  afterAll(async () => {
    await gateway.stop()
    for (const instance of instances) instance.stop()
    await agent.stop()
  })

  async function weigh(weights: readonly number[]): Promise<void> {
    for (const [index, Passing] of weights.entries())
      await instances[index]!.register(agent, { Weights: { Passing, Warning: 1 } })
    gateway ??= await startGateway(echoConfig({ target: `consul://127.0.0.1:${agent.port}/echo` }))
    await poll('the weights to be known', async () => {
      const { endpoints } = await upstreamOf(gateway)
      const known = instances.map((own) => endpoints.find(({ address }) => address === own.address)?.weight)
      return known.join() === weights.join()
    })
    // A share counts from when all are connected.
    const ready = async (): Promise<boolean> => {
      await callRest(gateway.port, 'GET', '/v1/echo/x')
      return (await upstreamOf(gateway)).endpoints.every(({ state }) => state === 'READY')
    }
    await poll('all to be connected', ready)
  }

  test.each([{ weights: [1, 3, 6] }, { weights: [5, 5, 1] }])(
    `${CALLS} calls follow the weights $weights within ${SIGMAS} standard deviations`,
    async ({ weights }) => {
      await weigh(weights)
      const before = instances.map(({ upstream }) => upstream.calls)
      await callMany(gateway.port, CALLS)
      const counts = instances.map(({ upstream }, index) => upstream.calls - before[index]!)
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(CALLS)
      console.log(`weights ${weights.join(':')}: ${counts.join(' ')} calls`)
      for (const [index, weight] of weights.entries()) {
        const share = weight / total
        const bound = SIGMAS * Math.sqrt(CALLS * share * (1 - share))
        expect(Math.abs(counts[index]! - CALLS * share)).toBeLessThanOrEqual(bound)
      }
    },
    60_000,
  )
})

/** Calls one after the other on a few connections; each has to succeed. */
async function callMany(port: number, count: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  let left = count
  const once = (): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, path: '/v1/echo/x', agent }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode))
      }).on('error', reject)
    })
  const work = async (): Promise<void> => {
    while (left-- > 0) expect(await once()).toBe(200)
  }
  await Promise.all(Array.from({ length: 8 }, work))
  agent.destroy()
}

async function indexOf(agent: ConsulAgent): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${agent.port}/v1/health/service/echo`)
  await response.arrayBuffer()
  return Number(response.headers.get('x-consul-index'))
}
