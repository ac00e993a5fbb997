import { networkInterfaces } from 'node:os'
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { EndpointView } from '../../src/upstream/index.js'
import { until } from '../support/calls.js'
import { DnsServer } from '../support/dns-server.js'
import { ECHO_PROTO } from '../support/echo-project.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { startInstance, type Instance } from '../support/grpc-servers/instance.js'
import { Project } from '../support/project.js'
import { callRest } from '../support/rest.js'
import { SteadyLoad } from '../support/steady-load.js'

/*
 * The gateway and a name server over real sockets, under a steady load of GETs. Instances of one service have one port and
 * addresses of their own, as pods have: the whole of 127/8 is this machine.
 */

const project = new Project({ 'protos/echo/echo.proto': ECHO_PROTO })
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))
if (!hasIpv6) console.log('skipped: no IPv6')

let dns: DnsServer
let gateway: TestGateway | undefined
let load: SteadyLoad | undefined
let instances: Instance[] = []

beforeEach(async () => {
  dns = await DnsServer.start()
})
afterEach(async () => {
  await load?.stop()
  load = undefined
  await gateway?.stop()
  gateway = undefined
  for (const instance of instances) instance.stop()
  instances = []
  dns.stop()
})
afterAll(() => project.remove())

/** Instances of these names on 127.0.0.2, 127.0.0.3, …, all on one port. */
async function startAll(names: string): Promise<Instance[]> {
  for (const name of names) {
    const host = `127.0.0.${instances.length + 2}`
    const port = instances[0]?.port ?? 0
    instances.push(await startInstance(name, { host, port }))
  }
  return instances
}

async function serve(target: string): Promise<TestGateway> {
  gateway = await startGateway({
    schema: [{ protos: ['echo/*.proto'], roots: [`${project.path}/protos`] }],
    upstreams: { echo: { target, services: ['echo.v1.*'] } },
  })
  return gateway
}

interface View {
  readonly resolutionError: string | null
  readonly resolvedAt: string | null
  readonly endpoints: readonly EndpointView[]
}

/** What `/upstreams` tells. */
async function view(): Promise<View> {
  const response = await fetch(`${gateway!.admin}/upstreams`)
  return ((await response.json()) as View[])[0]!
}

/** Addresses in use, in order. */
function inUse(): string[] {
  const endpoints = gateway!.gateway.snapshot.upstreams[0]!.endpoints()
  return endpoints.flatMap(({ address, state }) => (state === 'DRAINING' ? [] : [address])).sort()
}

const hostsOf = (...of: Instance[]): string[] => of.map(({ address }) => address.replace(/:\d+$/, ''))

async function settled(...of: Instance[]): Promise<void> {
  const expected = of
    .map(({ address }) => address)
    .sort()
    .join()
  await until(() => inUse().join() === expected, `the set is ${of.map(({ name }) => name).join()}`, 12_000)
}

/** Each of these is called again, and the others are not. */
async function called(...of: Instance[]): Promise<void> {
  const others = instances.filter((instance) => !of.includes(instance))
  const { total } = load!
  // Calls that are on their way.
  await until(() => load!.total > total + 8, 'the load goes on')
  const quiet = others.map(({ calls }) => calls())
  const before = of.map(({ calls }) => calls())
  await until(() => of.every(({ calls }, i) => calls() > before[i]! + 5), 'each is called')
  expect(others.map(({ calls }) => calls())).toEqual(quiet)
}

const ask = async (): Promise<string> => {
  const { json, body } = await callRest(gateway!.port, 'GET', '/v1/echo/x')
  return (json as { text?: string }).text ?? body
}

describe('dns:', () => {
  test('answers change under load: each set is followed within its TTL, 0 failed', async () => {
    const [a, b, c] = (await startAll('abc')) as [Instance, Instance, Instance]
    dns.set('svc.test', 1, { A: hostsOf(a) })
    await serve(`dns://${dns.address}/svc.test:${a.port}`)
    load = new SteadyLoad(gateway!.port, '/v1/echo/x')
    await until(() => a.calls() > 10, 'calls')
    for (const set of [[a, b], [b, c], [c], [a, b, c], [b]]) {
      dns.set('svc.test', 1, { A: hostsOf(...set) })
      const changedAt = performance.now()
      await settled(...set)
      expect(performance.now() - changedAt).toBeLessThan(2500)
      await called(...set)
    }
    // Those that were taken out are drained, and may stop.
    a.stop()
    c.stop()
    await called(b)
    expect((await load.stop()).failures).toEqual([])
    expect(dns.count('A svc.test')).toBeLessThan(40)
  })

  test('a server that fails in every way: the last good set and its age, 0 failed; then changes are seen again', async () => {
    const [a, b] = (await startAll('ab')) as [Instance, Instance]
    dns.set('svc.test', 1, { A: hostsOf(a) })
    await serve(`dns://${dns.address}/svc.test:${a.port}`)
    load = new SteadyLoad(gateway!.port, '/v1/echo/x')
    await until(() => a.calls() > 10, 'calls')
    const failing: [code: string, begin: () => void, end: () => unknown][] = [
      ['ESERVFAIL', () => (dns.failure = 'SERVFAIL'), () => (dns.failure = undefined)],
      ['EREFUSED', () => (dns.failure = 'REFUSED'), () => (dns.failure = undefined)],
      ['ENOTFOUND', () => dns.remove('svc.test'), () => undefined],
      ['ENODATA', () => dns.set('svc.test', 1, {}), () => undefined],
      ['ECONNREFUSED', () => dns.stop(), () => dns.run()],
    ]
    for (const [code, begin, end] of failing) {
      const { calls } = a
      begin()
      const { resolutionError: error } = gateway!.gateway.snapshot.upstreams[0]!
      expect(error).toBeUndefined()
      const upstream = gateway!.gateway.snapshot.upstreams[0]!
      await until(() => upstream.resolutionError !== undefined, `${code} is told`)
      const first = await view()
      expect(first.resolutionError).toBe(`DNS knows no address of svc.test (${code})`)
      const before = calls()
      await until(() => calls() > before + 20, 'the load goes on')
      expect([inUse(), (await view()).resolvedAt]).toEqual([[a.address], first.resolvedAt])
      dns.set('svc.test', 1, { A: hostsOf(a) })
      await end()
      await until(() => upstream.resolutionError === undefined, `the end of ${code} is seen`)
      expect(Date.parse((await view()).resolvedAt!)).toBeGreaterThan(Date.parse(first.resolvedAt!))
    }
    dns.set('svc.test', 1, { A: hostsOf(b) })
    await settled(b)
    await called(b)
    expect((await load.stop()).failures).toEqual([])
  }, 40_000)

  test('a server that says nothing any more: the last good set, 0 failed', async () => {
    const [a] = (await startAll('a')) as [Instance]
    dns.set('svc.test', 1, { A: hostsOf(a) })
    await serve(`dns://${dns.address}/svc.test:${a.port}`)
    load = new SteadyLoad(gateway!.port, '/v1/echo/x')
    await until(() => a.calls() > 10, 'calls')
    dns.isMute = true
    const upstream = gateway!.gateway.snapshot.upstreams[0]!
    await until(() => upstream.resolutionError !== undefined, 'the time-out is told', 15_000)
    expect(upstream.resolutionError).toBe('DNS knows no address of svc.test (ETIMEOUT)')
    await called(a)
    expect((await load.stop()).failures).toEqual([])
  }, 30_000)

  test('an unchanged answer makes the set young again', async () => {
    const [a] = (await startAll('a')) as [Instance]
    dns.set('svc.test', 1, { A: hostsOf(a) })
    await serve(`dns://${dns.address}/svc.test:${a.port}`)
    await settled(a)
    const { resolvedAt } = await view()
    await until(() => dns.count('A svc.test') >= 3, 'asked again')
    const later = (await view()).resolvedAt
    expect(Date.parse(later!) - Date.parse(resolvedAt!)).toBeGreaterThanOrEqual(1000)
  })

  test('a service that moves before its TTL is over is found when its old address refuses connections', async () => {
    const [a, b] = (await startAll('ab')) as [Instance, Instance]
    dns.set('svc.test', 3600, { A: hostsOf(a) })
    await serve(`dns://${dns.address}/svc.test:${a.port}`)
    expect(await ask()).toBe('a')
    dns.set('svc.test', 3600, { A: hostsOf(b) })
    a.stop()
    const movedAt = performance.now()
    let answer = ''
    while (answer !== 'b' && performance.now() - movedAt < 10_000) answer = await ask()
    expect(answer).toBe('b')
    expect(performance.now() - movedAt).toBeLessThan(3000)
    // Asked at most once a second, however many calls fail.
    expect(dns.count('A svc.test')).toBeLessThanOrEqual(4)
  })

  test('a name with a final dot', async () => {
    const [a] = (await startAll('a')) as [Instance]
    dns.set('svc.test', 9, { A: hostsOf(a) })
    await serve(`dns://${dns.address}/svc.test.:${a.port}`)
    expect(await ask()).toBe('a')
    expect(dns.count('A svc.test')).toBe(1)
  })

  test('an answer larger than UDP carries is fetched over TCP', async () => {
    const hosts = Array.from({ length: 200 }, (_, i) => `127.0.1.${i + 1}`)
    dns.set('big.test', 9, { A: hosts })
    await serve(`dns://${dns.address}/big.test:50051`)
    await until(() => inUse().length === 200, 'all 200 addresses')
    expect(dns.asked).toEqual(expect.arrayContaining(['udp A big.test', 'tcp A big.test']))
    expect(dns.asked).not.toContain('tcp AAAA big.test')
  })

  const ipv6 = hasIpv6 ? test : test.skip
  ipv6('IPv6, alone and beside IPv4', async () => {
    const [a] = (await startAll('a')) as [Instance]
    const six = await startInstance('six', { host: '::1', port: a.port })
    instances.push(six)
    dns.set('svc.test', 1, { AAAA: ['::1'] })
    await serve(`dns://${dns.address}/svc.test:${a.port}`)
    expect(await ask()).toBe('six')
    expect(inUse()).toEqual([`[::1]:${a.port}`])
    dns.set('svc.test', 1, { A: hostsOf(a), AAAA: ['::1'] })
    await settled(a, six)
    expect(new Set([await ask(), await ask(), await ask()])).toEqual(new Set(['a', 'six']))
  })
})

describe('dns+srv:', () => {
  const NAME = '_grpc._tcp.svc.test'

  test('ports, weights and priorities are those of the records, and followed under load; 0 failed', async () => {
    instances = await Promise.all([...'abc'].map((name) => startInstance(name)))
    const [a, b, c] = instances as [Instance, Instance, Instance]
    for (const { name } of instances) dns.set(`${name}.test`, 1, { A: ['127.0.0.1'] })
    dns.set(NAME, 1, { SRV: [`10 60 ${a.port} a.test`, `10 40 ${b.port} b.test`, `20 5 ${c.port} c.test`] })
    await serve(`dns+srv://${dns.address}/${NAME}`)
    load = new SteadyLoad(gateway!.port, '/v1/echo/x')
    await until(() => a.calls() > 10, 'calls')
    await settled(a, b)
    expect((await view()).endpoints.map(({ address, weight, source }) => [address, weight, source])).toEqual([
      [a.address, 60, 'dns+srv'],
      [b.address, 40, 'dns+srv'],
    ])
    await called(a, b)

    // A target that is gone leaves the others.
    dns.remove('a.test')
    await settled(b)
    await called(b)
    expect((await view()).resolutionError).toBe(`targets of ${NAME}: DNS knows no address of a.test (ENOTFOUND)`)

    // The better priority has no target left.
    dns.remove('b.test')
    await settled(c)
    await called(c)

    dns.set('a.test', 1, { A: ['127.0.0.1'] })
    dns.set(NAME, 1, { SRV: [`0 0 ${a.port} a.test`, `0 1 ${c.port} c.test`] })
    await settled(a, c)
    await until(() => gateway!.gateway.snapshot.upstreams[0]!.resolutionError === undefined, 'no trouble is left')
    const weights = (await view()).endpoints.map(({ address, weight }) => [address, weight])
    expect(new Map(weights as [string, number][])).toEqual(
      new Map([
        [a.address, 0.01],
        [c.address, 1],
      ]),
    )
    expect((await load.stop()).failures).toEqual([])
  }, 30_000)

  test('a dead server: the last good set, 0 failed', async () => {
    const [a] = (await startAll('a')) as [Instance]
    dns.set('a.test', 1, { A: hostsOf(a) })
    dns.set(NAME, 1, { SRV: [`0 1 ${a.port} a.test`] })
    await serve(`dns+srv://${dns.address}/${NAME}`)
    load = new SteadyLoad(gateway!.port, '/v1/echo/x')
    await until(() => a.calls() > 10, 'calls')
    dns.stop()
    const upstream = gateway!.gateway.snapshot.upstreams[0]!
    await until(() => upstream.resolutionError !== undefined, 'it is told')
    expect(upstream.resolutionError).toBe(`DNS knows no SRV record of ${NAME} (ECONNREFUSED)`)
    await called(a)
    expect((await load.stop()).failures).toEqual([])
  })

  test('a sole target "." takes the service away: 503, until it is back', async () => {
    const [a] = (await startAll('a')) as [Instance]
    dns.set('a.test', 1, { A: hostsOf(a) })
    dns.set(NAME, 1, { SRV: [`0 1 ${a.port} a.test`] })
    await serve(`dns+srv://${dns.address}/${NAME}`)
    expect(await ask()).toBe('a')
    dns.set(NAME, 1, { SRV: ['0 0 0 .'] })
    await until(() => inUse().length === 0, 'the set is empty')
    const refused = await callRest(gateway!.port, 'GET', '/v1/echo/x')
    expect({ status: refused.status, json: refused.json }).toMatchObject({ status: 503, json: { code: 14 } })
    expect((await view()).resolutionError).toContain('is not available')
    dns.set(NAME, 1, { SRV: [`0 1 ${a.port} a.test`] })
    await settled(a)
    expect(await ask()).toBe('a')
  })

  test('hundreds of targets, over TCP', async () => {
    const names = Array.from({ length: 300 }, (_, i) => `target-number-${i}.test`)
    names.forEach((name, i) => dns.set(name, 9, { A: [`127.1.${i >> 8}.${i & 255}`] }))
    dns.set(NAME, 9, { SRV: names.map((name, i) => `0 ${i + 1} 50051 ${name}`) })
    await serve(`dns+srv://${dns.address}/${NAME}`)
    await until(() => inUse().length === 300, 'all 300 targets')
    expect(dns.asked).toContain(`tcp SRV ${NAME}`)
  })
})
