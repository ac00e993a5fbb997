import { describe, expect, test } from '@jest/globals'
import type { SrvRecord } from '../../src/upstream/resolvers/types.js'
import { DnsWorld, record, resolve, type Answer, type Told } from '../support/dns-world.js'

const TARGET = 'dns+srv:///_grpc._tcp.svc.test'

function srv(name: string, port: number, weight = 1, priority = 0): SrvRecord {
  return { name, port, weight, priority }
}

/** A world where names a, b, c … have one address each: 10.0.0.1, 10.0.0.2, … */
function worldOf(records: Answer<SrvRecord>, ttl = 10): DnsWorld {
  const world = new DnsWorld()
  world.srv = records
  ;[...'abcdef'].forEach((name, i) => (world.names[`${name}.test`] = [record(`10.0.0.${i + 1}`, ttl)]))
  return world
}

async function told(world: DnsWorld, target = TARGET): Promise<Told> {
  const result = resolve(target, world)
  await world.pass(0)
  return result
}

/** `address weight` of the last set. */
const lastSet = ({ endpoints }: Told): string[] =>
  endpoints.at(-1)?.map(({ address, weight }) => `${address} ${weight}`) ?? []

describe('dns+srv: what records become', () => {
  const rows: { row: string; records: SrvRecord[]; set: string[] }[] = [
    {
      row: 'each target with its port and weight',
      records: [srv('a.test', 50051, 60), srv('b.test', 50052, 40)],
      set: ['10.0.0.1:50051 60', '10.0.0.2:50052 40'],
    },
    {
      row: 'one target with two ports: two endpoints',
      records: [srv('a.test', 1, 1), srv('a.test', 2, 2)],
      set: ['10.0.0.1:1 1', '10.0.0.1:2 2'],
    },
    {
      row: 'the lowest priority first, alone',
      records: [srv('b.test', 1, 1, 20), srv('a.test', 1, 1, 10), srv('c.test', 1, 9, 10)],
      set: ['10.0.0.1:1 1', '10.0.0.3:1 9'],
    },
    {
      row: 'weight 0 beside others: almost never',
      records: [srv('a.test', 1, 0), srv('b.test', 1, 3)],
      set: ['10.0.0.1:1 0.01', '10.0.0.2:1 3'],
    },
    {
      row: 'weight 0 everywhere: no choice to make',
      records: [srv('a.test', 1, 0), srv('b.test', 1, 0)],
      set: ['10.0.0.1:1 1', '10.0.0.2:1 1'],
    },
    {
      row: 'the same target and port twice: their weights together',
      records: [srv('a.test', 1, 2), srv('A.TEST', 1, 3)],
      set: ['10.0.0.1:1 5'],
    },
    {
      row: 'a root target beside others says nothing',
      records: [srv('', 0, 0), srv('a.test', 1, 1)],
      set: ['10.0.0.1:1 1'],
    },
    {
      row: 'an address for a target, which some servers write',
      records: [srv('192.0.2.7', 1, 1)],
      set: ['192.0.2.7:1 1'],
    },
    {
      row: 'a target with the final dot',
      records: [srv('a.test.', 1, 1)],
      set: ['10.0.0.1:1 1'],
    },
  ]
  test.each(rows)('$row', async ({ records, set }) => {
    const result = await told(worldOf(records))
    expect(lastSet(result)).toEqual(set)
    expect(result.errors).toEqual([])
  })

  test('a target with several addresses shares its weight among them', async () => {
    const world = worldOf([srv('a.test', 1, 10), srv('b.test', 1, 10)])
    world.names['a.test'] = [record('10.0.0.1', 9), record('10.0.0.9', 9)]
    expect(lastSet(await told(world))).toEqual(['10.0.0.1:1 5', '10.0.0.9:1 5', '10.0.0.2:1 10'])
  })

  test('port 0 cannot be called: left out, and told', async () => {
    const result = await told(worldOf([srv('a.test', 0), srv('b.test', 1)]))
    expect([lastSet(result), result.errors]).toEqual([
      ['10.0.0.2:1 1'],
      ['targets of _grpc._tcp.svc.test: a.test has port 0'],
    ])
  })

  test('localhost is never asked of a name server', async () => {
    const world = worldOf([srv('localhost', 7)])
    world.hosts = ['127.0.0.1']
    expect(lastSet(await told(world))).toEqual(['127.0.0.1:7 1'])
    expect(world.asked).toEqual(['SRV _grpc._tcp.svc.test @0', 'lookup localhost @0'])
  })

  test('the server of the target is asked for all of it', async () => {
    const world = worldOf([srv('a.test', 1)])
    await told(world, 'dns+srv://10.0.0.53:5353/_grpc._tcp.svc.test')
    expect(world.servers).toEqual(['10.0.0.53:5353'])
  })
})

describe('dns+srv: time', () => {
  test('asked again when the first address of the targets in use expires', async () => {
    const world = worldOf([srv('a.test', 1), srv('b.test', 1), srv('c.test', 1, 1, 9)])
    world.names['b.test'] = [record('10.0.0.2', 4)]
    world.names['c.test'] = [record('10.0.0.3', 2)]
    await told(world)
    expect(world.due).toBe(4000)
  })

  test('a changed weight is told, an unchanged answer confirms', async () => {
    const world = worldOf([srv('a.test', 1, 1)], 5)
    const result = await told(world)
    await world.pass(5000)
    world.srv = [srv('a.test', 1, 2)]
    await world.pass(5000)
    expect(result.events).toEqual(['set', 'confirmed', 'set'])
    expect(lastSet(result)).toEqual(['10.0.0.1:1 2'])
  })

  test('close ends the questions and tells nothing more', async () => {
    const world = worldOf([srv('a.test', 1)])
    const { events, resolver } = resolve(TARGET, world)
    resolver.close()
    resolver.refresh()
    await world.pass(60_000)
    expect([events, world.isCancelled, world.due]).toEqual([[], true, undefined])
  })

  test('a thousand targets are asked for a few at a time', async () => {
    const world = new DnsWorld()
    world.srv = Array.from({ length: 1000 }, (_, i) => srv(`t${i}.test`, 1))
    let asking = 0
    let most = 0
    const inner = world.nameServer
    world.nameServer = (server) => ({
      ...inner(server),
      resolve4: async () => {
        asking += 1
        most = Math.max(most, asking)
        await Promise.resolve()
        asking -= 1
        return [record('10.0.0.1', 9)]
      },
    })
    const result = await told(world)
    expect([most, lastSet(result)]).toEqual([32, ['10.0.0.1:1 1000']])
  })
})

describe('dns+srv: in trouble', () => {
  test('a target that does not resolve leaves the others, is told, and asked for again soon', async () => {
    const world = worldOf([srv('a.test', 1), srv('x.test', 1)])
    world.names['x.test'] = 'ESERVFAIL'
    const result = await told(world)
    expect(lastSet(result)).toEqual(['10.0.0.1:1 1'])
    expect(result.errors).toEqual([
      'targets of _grpc._tcp.svc.test: DNS knows no address of x.test (ESERVFAIL, ENODATA)',
    ])
    expect(world.due).toBe(1000)
  })

  test('a target keeps its addresses while servers fail, and loses them when DNS says it is gone', async () => {
    const world = worldOf([srv('a.test', 1), srv('b.test', 1)], 5)
    const result = await told(world)
    world.names['b.test'] = 'ETIMEOUT'
    await world.pass(5000)
    expect(result.sets).toEqual([['10.0.0.1:1', '10.0.0.2:1']])
    expect(result.errors).toHaveLength(1)
    world.names['b.test'] = 'ENOTFOUND'
    await world.pass(5000)
    expect(result.sets.slice(1)).toEqual([['10.0.0.1:1']])
    world.srv = [srv('a.test', 1)]
    await world.pass(30_000)
    expect(result.events.at(-1)).toBe('confirmed')
  })

  test('the next priority serves only where none of a better one has an address', async () => {
    const world = worldOf([srv('a.test', 1, 1, 1), srv('b.test', 1, 1, 1), srv('c.test', 1, 1, 2)], 5)
    world.names['a.test'] = 'ENOTFOUND'
    const result = await told(world)
    expect(lastSet(result)).toEqual(['10.0.0.2:1 1'])
    expect(world.asked).not.toContain('A c.test @0')
    world.names['b.test'] = 'ENOTFOUND'
    await world.pass(5000)
    expect(lastSet(result)).toEqual(['10.0.0.3:1 1'])
    world.names['a.test'] = [record('10.0.0.1', 5)]
    await world.pass(5000)
    expect(lastSet(result)).toEqual(['10.0.0.1:1 1'])
  })

  test.each(['ENOTFOUND', 'ENODATA', 'ESERVFAIL', 'ETIMEOUT', 'ECONNREFUSED'])(
    'SRV records that are not to be had (%s): the last good set',
    async (code) => {
      const world = worldOf([srv('a.test', 1)], 5)
      const result = await told(world)
      world.srv = code
      await world.pass(60_000)
      expect(result.sets).toEqual([['10.0.0.1:1']])
      expect(result.errors[0]).toBe(`DNS knows no SRV record of _grpc._tcp.svc.test (${code})`)
      expect(result.errors.length).toBeLessThan(8)
    },
  )

  test('no target resolves any more: the last good set', async () => {
    const world = worldOf([srv('a.test', 1)], 5)
    const result = await told(world)
    world.names['a.test'] = 'ENOTFOUND'
    await world.pass(5000)
    expect(result.sets).toEqual([['10.0.0.1:1']])
    expect(result.errors).toEqual([
      'no target of _grpc._tcp.svc.test can be called: DNS knows no address of a.test (ENOTFOUND, ENODATA)',
    ])
  })

  test('a sole target "." says that the service is not available: the set is empty, and recovers', async () => {
    const world = worldOf([srv('a.test', 1)], 5)
    const result = await told(world)
    world.srv = [srv('', 0, 0)]
    await world.pass(5000)
    expect(result.sets).toEqual([['10.0.0.1:1'], []])
    expect(result.errors).toEqual([
      'DNS says that _grpc._tcp.svc.test is not available (its SRV record has the target ".")',
    ])
    world.srv = [srv('a.test', 1)]
    await world.pass(1000)
    expect(lastSet(result)).toEqual(['10.0.0.1:1 1'])
  })

  test('many targets that do not resolve are not all named', async () => {
    const world = worldOf([srv('a.test', 1), ...Array.from({ length: 50 }, (_, i) => srv(`x${i}.test`, 1))])
    const { errors } = await told(world)
    expect(errors[0]!.length).toBeLessThan(400)
    expect(errors[0]).toMatch(/x4\.test \(ENOTFOUND, ENODATA\); and 45 more$/)
  })
})
