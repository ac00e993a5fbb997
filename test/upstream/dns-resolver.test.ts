import { createSocket } from 'node:dgram'
import { describe, expect, test } from '@jest/globals'
import { systemDependencies } from '../../src/upstream/resolvers/index.js'
import { until } from '../support/calls.js'
import { DnsWorld, record, resolve } from '../support/dns-world.js'

describe('dns:', () => {
  test('A and AAAA together, with the port of the target', async () => {
    const world = new DnsWorld()
    world.v4 = [record('10.0.0.1', 60), record('10.0.0.2', 60)]
    world.v6 = [record('2001:db8::1', 60)]
    const { sets } = resolve('dns:///svc:50051', world)
    await world.pass(0)
    expect(sets).toEqual([['10.0.0.1:50051', '10.0.0.2:50051', '[2001:db8::1]:50051']])
  })

  test.each([
    { row: 'the least TTL of all records', v4: [record('10.0.0.1', 20), record('10.0.0.2', 7)], due: 7000 },
    { row: 'at least a second', v4: [record('10.0.0.1', 0)], due: 1000 },
    { row: 'at most 30 seconds', v4: [record('10.0.0.1', 86_400)], due: 30_000 },
  ])('asks again after $row', async ({ v4, due }) => {
    const world = new DnsWorld()
    world.v4 = v4
    resolve('dns:///svc:1', world)
    await world.pass(0)
    expect(world.due).toBe(due)
  })

  test('tells a changed set once, and an unchanged one not again, in whatever order it comes', async () => {
    const world = new DnsWorld()
    world.v4 = [record('10.0.0.1', 5), record('10.0.0.2', 5)]
    const { sets } = resolve('dns:///svc:1', world)
    await world.pass(5000)
    world.v4 = [record('10.0.0.2', 5), record('10.0.0.1', 5)]
    await world.pass(5000)
    expect(sets).toEqual([['10.0.0.1:1', '10.0.0.2:1']])
    world.v4 = [record('10.0.0.3', 5)]
    await world.pass(5000)
    expect(sets.slice(1)).toEqual([['10.0.0.3:1']])
  })

  test.each(['ENOTFOUND', 'ESERVFAIL', 'ETIMEOUT', 'EREFUSED', 'ECONNREFUSED'])(
    'a name DNS does not know (%s) is looked up by the system',
    async (code) => {
      const world = new DnsWorld()
      world.v4 = code
      world.v6 = code
      world.hosts = ['192.168.0.9']
      const { sets, errors } = resolve('dns:///printer:1', world)
      await world.pass(0)
      expect(sets).toEqual([['192.168.0.9:1']])
      expect(errors).toEqual([])
      expect(world.due).toBe(30_000)
    },
  )

  test.each(['localhost', 'LOCALHOST', 'api.localhost'])('%s is never asked of a name server', async (host) => {
    const world = new DnsWorld()
    world.hosts = ['127.0.0.1', '::1', '127.0.0.1']
    const { sets } = resolve(`dns:///${host}:1`, world)
    await world.pass(0)
    expect(sets).toEqual([['127.0.0.1:1', '[::1]:1']])
    expect(world.asked).toEqual([`lookup ${host} @0`])
  })

  test('a server of its own is the only one asked', async () => {
    const world = new DnsWorld()
    world.hosts = ['1.1.1.1']
    const { sets, errors } = resolve('dns://10.0.0.53:5353/svc:1', world)
    await world.pass(0)
    expect(world.servers).toEqual(['10.0.0.53:5353'])
    expect(sets).toEqual([])
    expect(errors).toEqual(['DNS knows no address of svc (ENOTFOUND, ENODATA)'])
    expect(world.asked).toEqual(['A svc @0', 'AAAA svc @0'])
  })

  test('failures are told, the set stays as it was, and the next question waits longer each time', async () => {
    const world = new DnsWorld()
    world.v4 = [record('10.0.0.1', 5)]
    const { sets, errors } = resolve('dns:///svc:1', world)
    await world.pass(0)
    world.v4 = 'ESERVFAIL'
    world.v6 = 'ESERVFAIL'
    const dues: (number | undefined)[] = []
    for (let n = 0; n < 7; n++) {
      await world.pass(world.due! - (world.time - 1_000_000))
      dues.push(world.due! - (world.time - 1_000_000))
    }
    expect(dues).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
    expect(sets).toEqual([['10.0.0.1:1']])
    expect(errors).toHaveLength(7)
    world.v4 = [record('10.0.0.1', 5)]
    await world.pass(30_000)
    expect(sets[1]).toEqual(['10.0.0.1:1'])
  })

  test('one family’s server failure does not take away its addresses', async () => {
    const world = new DnsWorld()
    world.v4 = [record('10.0.0.1', 5)]
    world.v6 = [record('::2', 5)]
    const { sets } = resolve('dns:///svc:1', world)
    await world.pass(0)
    world.v4 = 'ESERVFAIL'
    await world.pass(5000)
    expect(sets).toEqual([['10.0.0.1:1', '[::2]:1']])
    world.v4 = 'ENODATA'
    await world.pass(5000)
    expect(sets[1]).toEqual(['[::2]:1'])
  })

  test.each([
    { row: 'a name that is gone (NXDOMAIN)', v4: 'ENOTFOUND', v6: 'ENOTFOUND' },
    { row: 'a name without addresses (NODATA)', v4: 'ENODATA', v6: 'ENODATA' },
    { row: 'an empty answer', v4: [], v6: [] },
  ])('$row: the last good set stays, and the trouble is told', async ({ v4, v6 }) => {
    const world = new DnsWorld()
    world.v4 = [record('10.0.0.1', 5)]
    const { sets, errors, events } = resolve('dns:///svc:1', world)
    await world.pass(0)
    world.v4 = v4
    world.v6 = v6
    await world.pass(5000)
    expect(sets).toEqual([['10.0.0.1:1']])
    expect(errors[0]).toMatch(/^DNS knows no address of svc \(E(NOTFOUND|NODATA)\)$/)
    world.v4 = [record('10.0.0.1', 5)]
    await world.pass(30_000)
    expect(sets.slice(1)).toEqual([['10.0.0.1:1']])
    expect(events.slice(-1)).toEqual(['confirmed'])
  })

  test('an answer that is the same again confirms the set: its age starts anew', async () => {
    const world = new DnsWorld()
    world.v4 = [record('10.0.0.1', 5)]
    const { events } = resolve('dns:///svc:1', world)
    await world.pass(10_000)
    expect(events).toEqual(['set', 'confirmed', 'confirmed'])
  })

  test('a name that DNS has known is not looked up by the system while servers fail, but is once DNS says it is gone', async () => {
    const world = new DnsWorld()
    world.v4 = [record('10.0.0.1', 5)]
    world.hosts = ['192.168.0.9']
    const { sets } = resolve('dns:///svc:1', world)
    await world.pass(0)
    world.v4 = 'ETIMEOUT'
    await world.pass(20_000)
    expect(world.asked.filter((question) => question.startsWith('lookup'))).toEqual([])
    expect(sets).toEqual([['10.0.0.1:1']])
    world.v4 = 'ENOTFOUND'
    await world.pass(30_000)
    expect(sets.slice(1)).toEqual([['192.168.0.9:1']])
  })

  test('a family that fails is asked again sooner than the other expires, and what is old in the set is told', async () => {
    const world = new DnsWorld()
    world.v4 = 'ESERVFAIL'
    world.v6 = [record('::2', 30)]
    const { sets, errors } = resolve('dns:///svc:1', world)
    await world.pass(0)
    expect(world.due).toBe(1000)
    world.v4 = [record('10.0.0.1', 30)]
    await world.pass(1000)
    expect([sets, errors, world.due]).toEqual([[['[::2]:1'], ['10.0.0.1:1', '[::2]:1']], [], 31_000])
    world.v4 = 'ESERVFAIL'
    await world.pass(30_000)
    expect(errors).toEqual(['no answer to A (ESERVFAIL) of svc: those known stay in use'])
    expect(sets).toHaveLength(2)
  })

  test('refresh asks soon, but not within a second of the last question', async () => {
    const world = new DnsWorld()
    world.v4 = [record('10.0.0.1', 30)]
    const { resolver } = resolve('dns:///svc:1', world)
    resolver.refresh()
    await world.pass(300)
    expect(world.due).toBe(30_000)
    for (let n = 0; n < 10; n++) resolver.refresh()
    expect(world.due).toBe(1000)
    await world.pass(5000)
    expect(world.asked.filter((question) => question.startsWith('A '))).toEqual(['A svc @0', 'A svc @1000'])
    resolver.refresh()
    expect(world.due).toBe(5300)
    await world.pass(0)
    expect(world.asked).toHaveLength(6)
  })

  test('close ends the questions and tells nothing more', async () => {
    const world = new DnsWorld()
    world.v4 = [record('10.0.0.1', 5)]
    const { sets, errors, resolver } = resolve('dns:///svc:1', world)
    resolver.close()
    resolver.refresh()
    await world.pass(60_000)
    expect([sets, errors, world.isCancelled, world.due]).toEqual([[], [], true, undefined])
  })

  test('a real server, named in the target', async () => {
    const server = createSocket('udp4')
    server.on('message', (query, from) => server.send(answer(query), from.port, from.address))
    await new Promise<void>((ready) => server.bind(0, '127.0.0.1', ready))
    const told = resolve(`dns://127.0.0.1:${server.address().port}/svc.test:7`, systemDependencies)
    await until(() => told.sets.length > 0, 'an answer')
    expect(told.sets).toEqual([['10.9.8.7:7']])
    told.resolver.close()
    server.close()
  })

  test('the system knows localhost', async () => {
    const told = resolve('localhost:7', systemDependencies)
    await until(() => told.sets.length > 0, 'an answer')
    expect(['127.0.0.1:7', '[::1]:7']).toEqual(expect.arrayContaining(told.sets[0]!))
    told.resolver.close()
  })
})

/** RFC 1035: the question again, and for A one record, 10.9.8.7 for 60 seconds; for AAAA none. */
function answer(query: Buffer): Buffer {
  const end = query.indexOf(0, 12) + 5
  const isA = query.readUInt16BE(end - 4) === 1
  const header = Buffer.from(query.subarray(0, 12))
  header.writeUInt16BE(0x8180, 2)
  header.writeUInt16BE(isA ? 1 : 0, 6)
  header.writeUInt16BE(0, 10)
  const found = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 9, 8, 7])
  return Buffer.concat([header, query.subarray(12, end), ...(isA ? [found] : [])])
}
