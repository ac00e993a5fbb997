import { afterEach, describe, expect, test } from '@jest/globals'
import {
  createUpstream,
  grpcJsTransport,
  type ConnectionOptions,
  type Upstream,
  type UpstreamDependencies,
  type UpstreamOptions,
} from '../../src/upstream/index.js'
import { systemDependencies } from '../../src/upstream/resolvers/index.js'
import { RecordedStream, unary, until } from '../support/calls.js'
import { startEchoServer, type EchoServer } from '../support/grpc-servers/echo-server.js'
import {
  frame,
  message,
  rawHttp2,
  respond,
  startHostileServer,
  startTcpServer,
  type HostileServer,
} from '../support/grpc-servers/hostile-server.js'
import { CONNECTION } from './contract/context.js'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

async function echo(): Promise<EchoServer> {
  const server = await startEchoServer()
  cleanups.push(() => server.close())
  return server
}

/** A server that says its name. */
async function named(name: string): Promise<HostileServer> {
  const server = await startHostileServer((stream) => respond(stream, message(name), { 'grpc-status': '0' }))
  cleanups.push(() => server.close())
  return server
}

/** A server that refuses every call as never processed. */
async function refusing(): Promise<HostileServer> {
  const server = await startTcpServer(
    rawHttp2((socket, streamId) => socket.write(frame(3, 0, streamId, Buffer.from([0, 0, 0, 7])))),
  )
  cleanups.push(() => server.close())
  return server
}

function upstreamOf(
  target: string,
  options: Partial<UpstreamOptions> & { connection?: Partial<ConnectionOptions> } = {},
  dependencies: Partial<UpstreamDependencies> = { random: () => 0 },
): Upstream {
  const upstream = createUpstream(
    {
      name: 'test',
      target,
      eager: false,
      transport: grpcJsTransport,
      ...options,
      connection: { ...CONNECTION, ...options.connection },
    },
    dependencies,
  )
  cleanups.push(() => upstream.close())
  return upstream
}

/** DNS whose answers a test gives when it likes. */
function manualDns(): {
  dependencies: Partial<UpstreamDependencies>
  answer(addresses: string[]): Promise<void>
  fail(): Promise<void>
} {
  let waiting: { resolve(records: { address: string; ttl: number }[]): void; reject(error: Error): void }[] = []
  let timers: (() => void)[] = []
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const settleWith = async (use: (waiter: (typeof waiting)[number]) => void): Promise<void> => {
    if (waiting.length === 0) for (const run of timers.splice(0)) run()
    await turn()
    for (const waiter of waiting.splice(0)) use(waiter)
    await turn()
  }
  return {
    dependencies: {
      random: () => 0,
      // DNS timers fire when the test answers; the others as in life.
      setTimer: (delayMs, run) => {
        if (delayMs !== 1000 && delayMs !== 30_000) return systemDependencies.setTimer(delayMs, run)
        timers.push(run)
        return { cancel: () => (timers = timers.filter((other) => other !== run)) }
      },
      nameServer: () => ({
        resolve4: () => new Promise((resolve, reject) => waiting.push({ resolve, reject })),
        resolve6: () => Promise.reject(Object.assign(new Error(), { code: 'ENODATA' })),
        resolveSrv: () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })),
        lookup: () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })),
        cancel: () => {
          waiting = []
        },
      }),
    },
    answer: (addresses) => settleWith(({ resolve }) => resolve(addresses.map((address) => ({ address, ttl: 30 })))),
    fail: () => settleWith(({ reject }) => reject(Object.assign(new Error(), { code: 'ENOTFOUND' }))),
  }
}

const text = (result: { message: Uint8Array | undefined }): string => Buffer.from(result.message ?? []).toString()

describe('an upstream', () => {
  test('carries unary calls and streams', async () => {
    const server = await echo()
    const upstream = upstreamOf(`static:///127.0.0.1:${server.port}`)
    expect([upstream.name, upstream.target]).toEqual(['test', `static:///127.0.0.1:${server.port}`])
    const result = await unary(upstream, '/test.Echo/Unary', 'hello')
    expect(result.status).toEqual({ code: 0, message: 'OK', details: undefined, origin: 'peer', isUnprocessed: false })
    expect(text(result)).toBe('hello')
    const stream = new RecordedStream(upstream, '/test.Echo/Chat')
    stream.call.send(Buffer.from('a'))
    await stream.received(1)
    stream.call.pause()
    stream.call.send(Buffer.from('b'))
    stream.call.resume()
    await stream.received(2)
    stream.call.halfClose()
    expect(await stream.ended).toMatchObject({ code: 0 })
  })

  test('gives each endpoint its turn', async () => {
    const servers = await Promise.all(['a', 'b', 'c'].map(named))
    const upstream = upstreamOf(`static:///${servers.map(({ port }) => `127.0.0.1:${port}`).join()}`)
    const seen: string[] = []
    for (let n = 0; n < 6; n++) seen.push(text(await unary(upstream, '/a.B/C')))
    expect(seen).toEqual(['a', 'b', 'c', 'a', 'b', 'c'])
  })

  test('a call that could not leave is sent to another endpoint, and the dead one is left out', async () => {
    const [dead, alive] = [await named('dead'), await named('alive')]
    dead.close()
    const upstream = upstreamOf(`static:///127.0.0.1:${dead.port},127.0.0.1:${alive.port}`)
    for (let n = 0; n < 5; n++) expect(text(await unary(upstream, '/a.B/C'))).toBe('alive')
    const stream = new RecordedStream(upstream, '/a.B/C')
    stream.call.send(Buffer.from('x'))
    stream.call.halfClose()
    expect(await stream.ended).toMatchObject({ code: 0 })
    const views = upstream.endpoints()
    expect(views.map(({ state, inFlight }) => [state, inFlight])).toEqual([
      ['TRANSIENT_FAILURE', 0],
      ['READY', 0],
    ])
    expect(views[0]!.lastError).toMatch(/ECONNREFUSED/)
    expect(views[1]!.lastError).toBeUndefined()
  })

  test('a call refused unprocessed (REFUSED_STREAM) is sent to each other endpoint once', async () => {
    const [first, second, good] = [await refusing(), await refusing(), await named('good')]
    const upstream = upstreamOf(`static:///${[first, second, good].map(({ port }) => `127.0.0.1:${port}`).join()}`)
    expect(text(await unary(upstream, '/a.B/C'))).toBe('good')
    const stream = new RecordedStream(upstream, '/a.B/C')
    stream.call.send(Buffer.from('x'))
    stream.call.halfClose()
    expect(await stream.ended).toMatchObject({ code: 0 })
    expect(stream.messages.map(String)).toEqual(['good'])
  })

  test('all refuse: the call ends, each endpoint having been asked once, the last twice', async () => {
    const counts: number[] = [0, 0]
    const servers = await Promise.all(
      counts.map((_, at) =>
        startTcpServer(
          rawHttp2((socket, streamId) => {
            counts[at]! += 1
            socket.write(frame(3, 0, streamId, Buffer.from([0, 0, 0, 7])))
          }),
        ),
      ),
    )
    cleanups.push(() => servers.forEach((server) => server.close()))
    const upstream = upstreamOf(`static:///${servers.map(({ port }) => `127.0.0.1:${port}`).join()}`)
    const { status } = await unary(upstream, '/a.B/C')
    expect(status).toMatchObject({ code: 14, origin: 'local', isUnprocessed: true })
    expect(counts).toEqual([1, 2])
    expect(upstream.endpoints().map(({ inFlight }) => inFlight)).toEqual([0, 0])
  })

  test('a call that may have been processed is not sent again', async () => {
    const cutting = await startTcpServer(rawHttp2((socket) => socket.destroy()))
    const good = await named('good')
    cleanups.push(() => cutting.close())
    const upstream = upstreamOf(`static:///127.0.0.1:${cutting.port},127.0.0.1:${good.port}`)
    expect((await unary(upstream, '/a.B/C')).status).toMatchObject({ code: 14, origin: 'local', isUnprocessed: false })
    expect(good.calls()).toBe(0)
  })

  test('a server’s own UNAVAILABLE is not sent again', async () => {
    const busy = await startHostileServer((stream) => respond(stream, undefined, { 'grpc-status': '14' }))
    const good = await named('good')
    cleanups.push(() => busy.close())
    const upstream = upstreamOf(`static:///127.0.0.1:${busy.port},127.0.0.1:${good.port}`)
    expect((await unary(upstream, '/a.B/C')).status).toMatchObject({ code: 14, origin: 'peer' })
    expect(good.calls()).toBe(0)
  })

  test('counts the calls in flight of each endpoint exactly, however they end', async () => {
    const server = await echo()
    const upstream = upstreamOf(`static:///127.0.0.1:${server.port}`)
    const options = { path: '/test.Echo/Hang', metadata: [], deadlineMs: Infinity }
    let ended = 0
    const calls = [1, 2, 3].map(() => upstream.unary(options, Buffer.alloc(0), () => (ended += 1)))
    const stream = new RecordedStream(upstream, '/test.Echo/Chat')
    const timed = unary(upstream, '/test.Echo/Hang', '', { deadlineMs: Date.now() + 100 })
    expect(upstream.endpoints()[0]).toMatchObject({ inFlight: 5 })
    await timed
    expect(upstream.endpoints()[0]).toMatchObject({ inFlight: 4 })
    for (const call of calls) call.cancel()
    calls[0]!.cancel()
    await until(() => ended === 3, 'the cancelled calls ended')
    expect(upstream.endpoints()[0]).toMatchObject({ inFlight: 1 })
    stream.call.cancel()
    await stream.ended
    expect(upstream.endpoints()[0]).toMatchObject({ inFlight: 0 })
  })

  test('views tell address, state, weight, source and since when', async () => {
    const server = await echo()
    const upstream = upstreamOf(
      `ipv4:127.0.0.1:${server.port}`,
      {},
      { random: () => 0, now: () => Date.UTC(2026, 0, 2, 3, 4, 5) },
    )
    expect(upstream.hasHadEndpoints).toBe(true)
    expect(upstream.resolvedAt).toBe('2026-01-02T03:04:05.000Z')
    expect(upstream.endpoints()).toEqual([
      {
        address: `127.0.0.1:${server.port}`,
        state: 'IDLE',
        weight: 1,
        inFlight: 0,
        ejections: 0,
        lastError: undefined,
        source: 'ipv4',
        since: '2026-01-02T03:04:05.000Z',
        zone: undefined,
        tags: [],
        meta: {},
      },
    ])
  })

  test('eager: connects before there is a call', async () => {
    const server = await echo()
    const upstream = upstreamOf(`static:///127.0.0.1:${server.port}`, { eager: true })
    await until(() => upstream.endpoints()[0]!.state === 'READY', 'READY')
  })

  test('the authority is the name asked for, or what the configuration says', async () => {
    const server = await echo()
    await unary(upstreamOf(`localhost:${server.port}`), '/test.Echo/Unary')
    expect(server.lastAuthority).toBe(`localhost:${server.port}`)
    await unary(upstreamOf(`static:///127.0.0.1:${server.port}`), '/test.Echo/Unary')
    expect(server.lastAuthority).toBe(`127.0.0.1:${server.port}`)
    const connection = { authority: 'books.example' }
    await unary(
      upstreamOf(`localhost:${server.port}`, { connection: { ...CONNECTION, ...connection } }),
      '/test.Echo/Unary',
    )
    expect(server.lastAuthority).toBe('books.example')
  })
})

describe('before and while endpoints are found', () => {
  test('a call before the first answer waits for it', async () => {
    const server = await echo()
    const dns = manualDns()
    const upstream = upstreamOf(`dns:///svc:${server.port}`, {}, dns.dependencies)
    expect(upstream.hasHadEndpoints).toBe(false)
    const result = unary(upstream, '/test.Echo/Unary', 'waited')
    const stream = new RecordedStream(upstream, '/test.Echo/Chat')
    stream.call.send(Buffer.from('s'))
    stream.call.halfClose()
    await dns.answer(['127.0.0.1'])
    expect(text(await result)).toBe('waited')
    expect(await stream.ended).toMatchObject({ code: 0 })
    expect(stream.messages.map(String)).toEqual(['s'])
    expect(upstream.hasHadEndpoints).toBe(true)
  })

  test('a stream held up by the resolver says when to wait, and drains', async () => {
    const server = await echo()
    const dns = manualDns()
    const upstream = upstreamOf(`dns:///svc:${server.port}`, {}, dns.dependencies)
    const stream = new RecordedStream(upstream, '/test.Echo/Collect')
    let sent = 1
    while (stream.call.send(Buffer.alloc(10_000))) sent += 1
    expect(sent).toBeLessThan(20)
    await Promise.all([stream.drained(), dns.answer(['127.0.0.1'])])
    stream.call.halfClose()
    expect(await stream.ended).toMatchObject({ code: 0 })
    expect(String(stream.messages[0])).toBe(JSON.stringify({ count: sent, bytes: sent * 10_000 }))
  })

  test.each([
    { row: 'its deadline', deadline: 50, connectTimeoutMs: 5000, code: 4, text: /deadline/ },
    { row: 'the connect time-out', deadline: 5000, connectTimeoutMs: 50, code: 14, text: /no endpoint yet/ },
  ])('the wait is bounded by $row', async ({ deadline, connectTimeoutMs, code, text: expected }) => {
    const dns = manualDns()
    const upstream = upstreamOf('dns:///svc:1', { connection: { ...CONNECTION, connectTimeoutMs } }, dns.dependencies)
    const started = Date.now()
    const { status } = await unary(upstream, '/a.B/C', '', { deadlineMs: started + deadline })
    expect(status).toMatchObject({ code, origin: 'local', isUnprocessed: true })
    expect(status.message).toMatch(expected)
    expect(Date.now() - started).toBeLessThan(1000)
  })

  test('a call that waits can be cancelled', async () => {
    const dns = manualDns()
    const upstream = upstreamOf('dns:///svc:1', {}, dns.dependencies)
    const stream = new RecordedStream(upstream, '/a.B/C')
    stream.call.cancel()
    expect(await stream.ended).toMatchObject({ code: 1, origin: 'local' })
    await dns.answer(['127.0.0.1'])
    expect(stream.ends).toBe(1)
  })

  test('a name that does not resolve: UNAVAILABLE, no endpoint; the next answer is used', async () => {
    const server = await echo()
    const dns = manualDns()
    const upstream = upstreamOf(`dns:///svc:${server.port}`, {}, dns.dependencies)
    const waiting = unary(upstream, '/a.B/C')
    await dns.fail()
    for (const result of [await waiting, await unary(upstream, '/a.B/C')]) {
      expect(result.status).toMatchObject({ code: 14, origin: 'local', message: 'the upstream has no endpoint' })
    }
    expect(upstream.hasHadEndpoints).toBe(false)
    expect(upstream.resolutionError).toBe('DNS knows no address of svc (ENOTFOUND, ENODATA)')
    await dns.answer(['127.0.0.1'])
    expect(upstream.resolutionError).toBeUndefined()
    expect((await unary(upstream, '/test.Echo/Unary')).status.code).toBe(0)
  })

  test('endpoints that stay keep their connection; ones that go finish their calls first', async () => {
    const server = await echo()
    const dns = manualDns()
    const upstream = upstreamOf(`dns:///svc:${server.port}`, {}, dns.dependencies)
    await dns.answer(['127.0.0.1'])
    const stream = new RecordedStream(upstream, '/test.Echo/Chat')
    stream.call.send(Buffer.from('a'))
    await stream.received(1)
    await dns.answer(['127.0.0.1', '127.0.0.2'])
    expect(upstream.endpoints().map(({ address, state }) => [address, state])).toEqual([
      [`127.0.0.1:${server.port}`, 'READY'],
      [`127.0.0.2:${server.port}`, 'IDLE'],
    ])
    await dns.answer(['127.0.0.2'])
    expect(upstream.endpoints().map(({ address, state, inFlight }) => [address, state, inFlight])).toEqual([
      [`127.0.0.2:${server.port}`, 'IDLE', 0],
      [`127.0.0.1:${server.port}`, 'DRAINING', 1],
    ])
    stream.call.send(Buffer.from('b'))
    stream.call.halfClose()
    expect(await stream.ended).toMatchObject({ code: 0 })
    expect(stream.messages.map(String)).toEqual(['a', 'b'])
    expect(upstream.endpoints()).toHaveLength(1)
  })

  test('a failed connection asks the resolver again', async () => {
    const dead = await named('dead')
    dead.close()
    let asked = 0
    const dns = manualDns()
    const nameServer = dns.dependencies.nameServer!
    const upstream = upstreamOf(
      `dns:///svc:${dead.port}`,
      {},
      {
        ...dns.dependencies,
        setTimer: systemDependencies.setTimer,
        nameServer: (server) => {
          const inner = nameServer(server)
          return { ...inner, resolve4: (host) => ((asked += 1), inner.resolve4(host)) }
        },
      },
    )
    await dns.answer(['127.0.0.1'])
    expect(asked).toBe(1)
    expect((await unary(upstream, '/a.B/C')).status.code).toBe(14)
    await until(() => asked === 2, 'the second question', 2000)
  })
})

describe('the end of an upstream', () => {
  test('drain: calls under way finish, new ones are refused, then it is closed', async () => {
    const server = await echo()
    const upstream = upstreamOf(`static:///127.0.0.1:${server.port}`)
    const stream = new RecordedStream(upstream, '/test.Echo/Chat')
    stream.call.send(Buffer.from('a'))
    await stream.received(1)
    let isDrained = false
    const drained = upstream.drain().then(() => (isDrained = true))
    expect((await unary(upstream, '/test.Echo/Unary')).status).toMatchObject({
      code: 14,
      origin: 'local',
      isUnprocessed: true,
      message: 'the upstream is shutting down',
    })
    expect(isDrained).toBe(false)
    stream.call.halfClose()
    expect(await stream.ended).toMatchObject({ code: 0 })
    await drained
    expect(upstream.endpoints()[0]!.state).toBe('SHUTDOWN')
  })

  test('drain of one without calls resolves at once, and again', async () => {
    const server = await echo()
    const upstream = upstreamOf(`static:///127.0.0.1:${server.port}`)
    await upstream.drain()
    await upstream.drain()
    upstream.close()
  })

  test('close: calls under way and calls that wait end with UNAVAILABLE, once', async () => {
    const server = await echo()
    const upstream = upstreamOf(`static:///127.0.0.1:${server.port}`)
    const hanging = unary(upstream, '/test.Echo/Hang')
    await until(() => server.arrived === 1, 'the call arrived')
    const drained = upstream.drain()
    upstream.close()
    expect((await hanging).status).toMatchObject({ code: 14, origin: 'local' })
    await drained
    const unresolved = upstreamOf('dns:///svc:1', {}, manualDns().dependencies)
    const waiting = unary(unresolved, '/a.B/C')
    unresolved.close()
    expect((await waiting).status).toMatchObject({ code: 14, origin: 'local', isUnprocessed: true })
  })
})
