import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { CertificateAuthority } from '../support/certificates.js'
import { poll } from '../support/consul-agent.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Project } from '../support/project.js'
import { hasRedis, RedisServer } from '../support/redis-server.js'
import { callRest } from '../support/rest.js'

/* `limits.store: redis://…`: gateways that count together, in a real Redis, which goes away and comes back. */

const describeWithRedis = hasRedis() ? describe : describe.skip

let upstream: EchoUpstream
let redis: RedisServer | undefined
let gateways: TestGateway[] = []
beforeAll(async () => {
  upstream = await startEchoUpstream()
})
beforeEach(() => {
  upstream.calls = 0
})
afterEach(async () => {
  redis?.resume()
  await Promise.all(gateways.map((gateway) => gateway.stop()))
  await redis?.stop()
  gateways = []
  redis = undefined
})
afterAll(() => upstream.close())

/** Long enough that no machine is too slow for it. */
const PATIENT = '15s'

async function serve(limits: object, own: readonly object[] = [{ name: 'a', rate: '10/h', by: 'global' }]) {
  const gateway = await startGateway({ ...echoConfig(upstream), policies: [{ select: '*', limits: own }], limits })
  gateways.push(gateway)
  return gateway
}

const get = ({ port }: { readonly port: number }, headers: readonly string[] = []) =>
  callRest(port, 'GET', '/v1/echo', { headers })
async function statuses(gateway: { readonly port: number }, count: number): Promise<number[]> {
  const codes: number[] = []
  for (let i = 0; i < count; i++) codes.push((await get(gateway)).status)
  return codes
}
const warnings = ({ log }: TestGateway): string[] => log.filter((line) => line.includes('limits: redis'))

describeWithRedis('counted in Redis', () => {
  test('what is left is told, and a burst is spent after the rate', async () => {
    redis = await RedisServer.start()
    const limits = { store: redis.url, timeout: PATIENT }
    const own = [
      { name: 'burst', rate: '2/m', burst: 2, by: 'global' },
      { name: 'day', rate: '100/d', by: 'global' },
    ]
    const [one, two] = [await serve(limits, own), await serve(limits, own)]
    const answers = [await get(one), await get(two), await get(one), await get(two), await get(one)]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429])
    const states = answers.map(({ headers }) => headers.get('ratelimit')!)
    expect(states.map((state) => state.replaceAll(/t=\d+/g, 't'))).toEqual([
      '"burst";r=3;t, "day";r=99;t',
      '"burst";r=2;t, "day";r=98;t',
      '"burst";r=1;t, "day";r=97;t',
      '"burst";r=0;t, "day";r=96;t',
      '"burst";r=0;t, "day";r=95;t',
    ])
    const wait = Number(answers[4]!.headers.get('retry-after'))
    expect(wait).toBeGreaterThan(30)
    expect(wait).toBeLessThanOrEqual(60)
  })

  test('a window ends', async () => {
    redis = await RedisServer.start()
    const gateway = await serve({ store: redis.url, timeout: PATIENT }, [{ name: 'a', rate: '1/s', by: 'global' }])
    expect((await get(gateway)).status).toBe(200)
    await poll('the next window', async () => (await get(gateway)).status === 200)
  })

  test('what callers have sent is not to be read in Redis', async () => {
    redis = await RedisServer.start()
    const gateway = await serve({ store: redis.url, timeout: PATIENT }, [
      { name: 'a', rate: '10/h', by: 'header:x-secret' },
      { name: 'b', rate: '10/h', by: 'address' },
    ])
    expect((await get(gateway, ['X-Secret: hunter2'])).status).toBe(200)
    const keys = await redis.command('KEYS *')
    expect(keys).toMatch(/protobridge:a:[\w-]{12}:[\w-]{43}\r\n/)
    expect(keys).toMatch(/protobridge:b:[\w-]{12}:127\.0\.0\.1\r\n/)
    expect(keys).not.toContain('hunter2')
  })

  test('with a name and a password, in another database', async () => {
    redis = await RedisServer.start()
    await redis.command('ACL SETUSER gw on >p@s:s ~* +@all')
    await redis.command('ACL SETUSER default off')
    const url = `redis://gw:p%40s%3As@127.0.0.1:${redis.port}/3`
    const gateway = await serve({ store: url, timeout: PATIENT })
    expect(await statuses(gateway, 11)).toEqual([...new Array<number>(10).fill(200), 429])
    expect(warnings(gateway)).toEqual([])
  })

  test('a wrong password is told, and not shown', async () => {
    redis = await RedisServer.start(['--port', 'PORT', '--requirepass', 'right'])
    const gateway = await serve({ store: `redis://:wrong-one@127.0.0.1:${redis.port}`, timeout: '2s' })
    expect(await statuses(gateway, 11)).toEqual([...new Array<number>(10).fill(200), 429])
    expect(warnings(gateway)).toHaveLength(1)
    expect(warnings(gateway)[0]).toContain('WRONGPASS')
    expect(gateway.log.join()).not.toContain('wrong-one')
  })

  test('over TLS', async () => {
    const folder = new Project({})
    const authority = await CertificateAuthority.create()
    const issued = await authority.issue({ name: 'redis', altNames: ['127.0.0.1'] })
    const ca = folder.write('ca.pem', authority.cert)
    const cert = folder.write('cert.pem', issued.cert)
    const key = folder.write('key.pem', issued.key)
    try {
      redis = await RedisServer.start([
        ...['--port', '0', '--tls-port', 'PORT', '--tls-auth-clients', 'no'],
        ...['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca],
      ])
      const store = `rediss://127.0.0.1:${redis.port}`
      const good = await serve({ store, timeout: PATIENT, tls: { ca } })
      expect(await statuses(good, 11)).toEqual([...new Array<number>(10).fill(200), 429])
      expect(warnings(good)).toEqual([])
      const strange = await serve({ store, timeout: PATIENT })
      expect((await get(strange)).status).toBe(200)
      expect(warnings(strange)).toHaveLength(1)
      expect(warnings(strange)[0]).toMatch(/certificate/)
    } finally {
      folder.remove()
    }
  })
})

describeWithRedis('Redis goes away', () => {
  test.each([
    { how: 'killed', away: (server: RedisServer) => server.kill(), back: (server: RedisServer) => server.run() },
    {
      how: 'stopped',
      away: (server: RedisServer) => Promise.resolve(server.pause()),
      back: (server: RedisServer) => Promise.resolve(server.resume()),
    },
  ])(
    '$how: each process counts for itself, one request waits, and it recovers',
    async ({ away, back }) => {
      redis = await RedisServer.start()
      const gateway = await serve({ store: redis.url, timeout: '1s' })
      expect(await statuses(gateway, 3)).toEqual([200, 200, 200])
      await away(redis)
      const began = performance.now()
      // As many as the limit says, once more: bounded, and nobody sees an error of Redis.
      expect(await statuses(gateway, 30)).toEqual([
        ...new Array<number>(10).fill(200),
        ...new Array<number>(20).fill(429),
      ])
      // Had each waited its second, it would be thirty.
      expect(performance.now() - began).toBeLessThan(10_000)
      expect(warnings(gateway)).toHaveLength(1)
      expect(warnings(gateway)[0]).toContain('until it is back this process counts for itself')
      await back(redis)
      await poll('it to be back', () => warnings(gateway).length === 2, { timeoutMs: 10_000 })
      expect(warnings(gateway)[1]).toContain('is back')
      // Killed, it has forgotten what it had counted; stopped, it has not.
      const after = await get(gateway)
      expect(after.status).toBe(200)
      expect(await redis.command('KEYS protobridge:a:*')).toContain('protobridge:a:')
      expect(warnings(gateway)).toHaveLength(2)
    },
    40_000,
  )

  test('many at once wait together, no longer than the time-out', async () => {
    redis = await RedisServer.start()
    const gateway = await serve({ store: redis.url, timeout: '1s' })
    expect((await get(gateway)).status).toBe(200)
    redis.pause()
    const began = performance.now()
    const codes = (await Promise.all(Array.from({ length: 200 }, () => get(gateway)))).map(({ status }) => status)
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(codes.filter((code) => code === 200)).toHaveLength(10)
    expect(codes.filter((code) => code === 429)).toHaveLength(190)
    expect(warnings(gateway)).toHaveLength(1)
  })

  test('failOpen: requests pass meanwhile, and nothing is told of what is left', async () => {
    redis = await RedisServer.start()
    const gateway = await serve({ store: redis.url, timeout: '1s', failOpen: true }, [
      { name: 'a', rate: '1/h', by: 'global' },
    ])
    expect(await statuses(gateway, 2)).toEqual([200, 429])
    await redis.kill()
    const answers = await Promise.all(Array.from({ length: 5 }, () => get(gateway)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(answers.map(({ headers }) => [headers.get('ratelimit-policy'), headers.get('ratelimit')])).toEqual(
      new Array(5).fill(['"a";q=1;w=3600', undefined]),
    )
    expect(warnings(gateway)).toHaveLength(1)
    expect(warnings(gateway)[0]).toContain('requests pass uncounted')
  })

  test('away from the start: the gateway comes up, and shares its counters when Redis is there', async () => {
    redis = await RedisServer.start()
    await redis.kill()
    const gateway = await serve({ store: redis.url, timeout: '1s' })
    expect(await statuses(gateway, 11)).toEqual([...new Array<number>(10).fill(200), 429])
    await redis.run()
    await poll('it to be back', () => warnings(gateway).length === 2, { timeoutMs: 10_000 })
    expect((await get(gateway)).status).toBe(200)
  })

  test('a replica that takes no writes counts as away', async () => {
    redis = await RedisServer.start(['--port', 'PORT', '--replicaof', '127.0.0.1 1'])
    const gateway = await serve({ store: redis.url, timeout: '2s' })
    expect(await statuses(gateway, 11)).toEqual([...new Array<number>(10).fill(200), 429])
    expect(warnings(gateway)).toHaveLength(1)
    expect(warnings(gateway)[0]).toContain('READONLY')
    await redis.command('REPLICAOF NO ONE')
    await poll('it to be back', () => warnings(gateway).length === 2, { timeoutMs: 10_000 })
  })
})

describeWithRedis('a reload', () => {
  test('keeps the connection and what it has counted; another store begins anew', async () => {
    redis = await RedisServer.start()
    const folder = new Project({})
    const write = (store: string, timeout: string) =>
      folder.write(
        'gw.json',
        JSON.stringify({
          listen: { host: '127.0.0.1', port: 0 },
          admin: { port: 0 },
          watch: false,
          ...echoConfig(upstream),
          limits: { store, timeout: PATIENT },
          policies: [{ select: '*', timeout, limits: [{ name: 'a', rate: '2/h', by: 'global' }] }],
        }),
      )
    write(redis.url, '5s')
    const { openGateway } = await import('../../src/gateway/index.js')
    const running = await openGateway({ kind: 'file', path: `${folder.path}/gw.json` })
    const connections = async () => (await redis!.command('CLIENT LIST')).match(/name=protobridge/g)?.length ?? 0
    try {
      const { urls } = await running.listen()
      const gateway = { port: Number(new URL(urls[0]!).port) }
      expect(await statuses(gateway, 1)).toEqual([200])
      expect(await connections()).toBe(1)
      write(redis.url, '6s')
      await running.reload()
      expect(await statuses(gateway, 2)).toEqual([200, 429])
      expect(await connections()).toBe(1)
      write('memory', '6s')
      await running.reload()
      expect(await statuses(gateway, 3)).toEqual([200, 200, 429])
      await poll('the connection to be closed', async () => (await connections()) === 0)
      write(redis.url, '6s')
      await running.reload()
      expect(await statuses(gateway, 1)).toEqual([429])
    } finally {
      await running.close()
      folder.remove()
    }
    await poll('the connection to be closed', async () => (await connections()) === 0)
  })
})
