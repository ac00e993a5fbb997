import { afterEach, describe, expect, test } from '@jest/globals'
import { startEchoUpstream, echoConfig, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { respondOnly, startHostileServer, type Answer } from '../support/grpc-servers/hostile-server.js'
import { callRest, type JsonAnswer } from '../support/rest.js'

/* `split`, `match`, `fallback`, `mirror` and `fault`, from the client's request to the servers it reaches. */

const servers: EchoUpstream[] = []
let gateway: TestGateway | undefined
afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
  for (const server of servers.splice(0)) server.close()
})

async function server(): Promise<EchoUpstream> {
  const started = await startEchoUpstream()
  servers.push(started)
  return started
}

/** Serves echo.v1 from the first; the others are upstreams by their names. */
async function serve(
  main: { readonly target: string },
  others: Record<string, object>,
  policies: object[],
): Promise<number> {
  const config = echoConfig(main) as { readonly upstreams: object }
  gateway = await startGateway({ ...config, upstreams: { ...config.upstreams, ...others }, policies })
  return gateway.port
}

const get = (port: number, headers: readonly string[] = []): Promise<JsonAnswer> =>
  callRest(port, 'GET', '/v1/echo', { headers })
const reached = (): number[] => servers.map(({ calls }) => calls)

/** An address where nobody listens. */
async function nowhere(): Promise<string> {
  const gone = await startEchoUpstream()
  gone.close()
  return gone.target
}

describe('split', () => {
  test('calls are spread by weight, and those of one user stay together', async () => {
    const [a, b] = [await server(), await server()]
    const to = [
      { upstream: 'echo', weight: 80 },
      { upstream: 'next', weight: 20 },
    ]
    const port = await serve(a, { next: { target: b.target } }, [
      { select: '*', split: { to, sticky: 'header:x-user' } },
    ])
    for (let i = 0; i < 300; i++) expect((await get(port, [`x-user: user-${i}`])).status).toBe(200)
    // 60 expected, 7 the standard deviation; which users go where is the same in every run.
    expect(b.calls).toBeGreaterThan(30)
    expect(b.calls).toBeLessThan(90)
    for (const [index, started] of servers.entries()) {
      const header = await userAt(port, index)
      const { calls } = started
      for (let i = 0; i < 10; i++) await get(port, [header])
      expect(started.calls).toBe(calls + 10)
    }
  })

  /** The header of a user whose calls go to the server of the index. */
  async function userAt(port: number, index: number): Promise<string> {
    for (let i = 0; ; i++) {
      const { calls } = servers[index]!
      await get(port, [`x-user: other-${i}`])
      if (servers[index]!.calls > calls) return `x-user: other-${i}`
    }
  }

  test('a subset is what discovery says of endpoints; one that is empty falls back', async () => {
    const [a, b] = [await server(), await server()]
    const port = await serve(
      a,
      {
        next: { target: b.target, subsets: { none: { tags: ['v9'] } } },
      },
      [{ select: '*', split: { to: [{ upstream: 'next', subset: 'none', weight: 1 }] } }],
    )
    expect((await get(port)).status).toBe(503)
    await gateway!.stop()
    const again = await serve(a, { next: { target: b.target, subsets: { none: { tags: ['v9'] } } } }, [
      { select: '*', split: { to: [{ upstream: 'next', subset: 'none', weight: 1 }] }, fallback: 'echo' },
    ])
    expect((await get(again)).status).toBe(200)
    expect(reached()).toEqual([1, 0])
  })
})

describe('match', () => {
  const CANARY = {
    select: '*',
    match: { header: { 'X-Canary': '1' } },
    split: { to: [{ upstream: 'next', weight: 1 }] },
  }

  test.each([
    { headers: ['x-canary: 1'], goes: 'next' },
    { headers: ['X-CANARY: 1'], goes: 'next' },
    { headers: ['x-canary: 2'], goes: 'main' },
    { headers: ['x-canary: 1', 'x-canary: 1'], goes: 'main' },
    { headers: ['x-canary:'], goes: 'main' },
    { headers: [], goes: 'main' },
  ])('requests with $headers go to $goes', async ({ headers, goes }) => {
    const [a, b] = [await server(), await server()]
    const port = await serve(a, { next: { target: b.target } }, [CANARY])
    expect((await get(port, headers)).status).toBe(200)
    expect(reached()).toEqual(goes === 'next' ? [0, 1] : [1, 0])
  })

  test('any setting may depend on it, and later entries win', async () => {
    const a = await server()
    const port = await serve(a, {}, [
      { select: '*', maxRequestBytes: 1000 },
      { select: '*', match: { header: { 'x-a': '1' } }, maxRequestBytes: 10 },
      {
        select: '*',
        match: { header: { 'x-b': '1' } },
        maxRequestBytes: 100,
        headers: { response: { set: { 'x-seen': 'b' } } },
      },
    ])
    const post = async (headers: string[], size: number) => {
      const { status, headers: got } = await callRest(port, 'POST', '/v1/echo', {
        headers,
        body: { text: 'x'.repeat(size - 11) },
      })
      return [status, got.get('x-seen')]
    }
    expect(await post([], 900)).toEqual([200, undefined])
    expect(await post(['x-a: 1'], 50)).toEqual([413, undefined])
    expect(await post(['x-b: 1'], 90)).toEqual([200, 'b'])
    expect(await post(['x-b: 1'], 110)).toEqual([413, 'b'])
    expect(await post(['x-a: 1', 'x-b: 1'], 90)).toEqual([200, 'b'])
  })
})

describe('fallback', () => {
  test('where nobody listens, the other upstream answers, a POST too', async () => {
    const dr = await server()
    const port = await serve({ target: await nowhere() }, { dr: { target: dr.target } }, [
      { select: '*', fallback: 'dr' },
    ])
    for (let i = 0; i < 5; i++) expect((await get(port)).status).toBe(200)
    expect((await callRest(port, 'POST', '/v1/echo', { body: {} })).status).toBe(200)
    expect(dr.calls).toBe(6)
  })

  test('while the first works the other is not called, whatever the first answers', async () => {
    const [a, dr] = [await server(), await server()]
    const port = await serve(a, { dr: { target: dr.target } }, [{ select: '*', fallback: 'dr' }])
    expect((await get(port)).status).toBe(200)
    expect((await callRest(port, 'GET', '/v1/echo?answer.code=14')).status).toBe(503)
    expect(reached()).toEqual([2, 0])
  })

  test('when the first dies and comes back', async () => {
    const [a, dr] = [await server(), await server()]
    const port = await serve(a, { dr: { target: dr.target } }, [{ select: '*', fallback: 'dr' }])
    await get(port)
    a.close()
    for (let i = 0; i < 5; i++) expect((await get(port)).status).toBe(200)
    expect(dr.calls).toBe(5)
    const back = await startEchoUpstream(a.port)
    servers.push(back)
    const until = Date.now() + 10_000
    while (back.calls === 0 && Date.now() < until) {
      expect((await get(port)).status).toBe(200)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(back.calls).toBeGreaterThan(0)
  })
})

describe('mirror', () => {
  test.each<{ what: string; behave: Answer }>([
    { what: 'fails', behave: (stream) => respondOnly(stream, { 'grpc-status': '13' }) },
    { what: 'never answers', behave: () => undefined },
    { what: 'breaks the connection', behave: (stream) => stream.session!.destroy() },
    { what: 'speaks no gRPC', behave: (stream) => (stream.respond({ ':status': 404 }), stream.end('no')) },
  ])('a shadow that $what changes nothing', async ({ behave }) => {
    const a = await server()
    const shadow = await startHostileServer(behave)
    try {
      const port = await serve(a, { shadow: { target: `static:///127.0.0.1:${shadow.port}` } }, [
        { select: '*', mirror: { upstream: 'shadow' } },
      ])
      for (let i = 0; i < 10; i++) expect((await get(port, ['x-tenant: acme'])).status).toBe(200)
      while (shadow.calls() < 10) await new Promise((resolve) => setTimeout(resolve, 5))
      expect(shadow.headers()).toMatchObject({ ':path': '/echo.v1.EchoService/Echo', 'x-tenant': 'acme' })
      expect(a.calls).toBe(10)
    } finally {
      shadow.close()
    }
  })

  test('a shadow that is not there changes nothing', async () => {
    const a = await server()
    const port = await serve(a, { shadow: { target: await nowhere() } }, [
      { select: '*', mirror: { upstream: 'shadow' } },
    ])
    for (let i = 0; i < 20; i++) expect((await get(port)).status).toBe(200)
    expect(a.calls).toBe(20)
  })
})

describe('fault', () => {
  test('abort: the client sees the status, the upstream nothing', async () => {
    const a = await server()
    const port = await serve(a, {}, [{ select: '*', fault: { abort: { status: 'RESOURCE_EXHAUSTED' } }, retry: {} }])
    const answer = await get(port)
    expect([answer.status, answer.json]).toMatchObject([429, { code: 8 }])
    expect(a.calls).toBe(0)
  })

  test('delay, only for requests that ask for it', async () => {
    const a = await server()
    const port = await serve(a, {}, [
      { select: '*', timeout: '5s' },
      { select: '*', match: { header: { 'x-fault': 'slow' } }, fault: { delay: { time: '300ms' } } },
    ])
    const from = performance.now()
    expect((await get(port)).status).toBe(200)
    const plain = performance.now() - from
    expect((await get(port, ['x-fault: slow'])).status).toBe(200)
    expect(performance.now() - from - plain).toBeGreaterThanOrEqual(295)
  })

  test('a delay over the time-out: 504', async () => {
    const a = await server()
    const port = await serve(a, {}, [{ select: '*', timeout: '100ms', fault: { delay: { time: '10s' } } }])
    expect((await get(port)).status).toBe(504)
    expect(a.calls).toBe(0)
  })
})

describe('settings that cannot be', () => {
  const to = (target: object) => ({ split: { to: [target] } })
  test.each([
    {
      policy: to({ upstream: 'ecko', weight: 1 }),
      error: 'no upstream is named "ecko" (policies[0].split.to[0].upstream): did you mean "echo"?',
    },
    { policy: to({ upstream: 'echo', subset: 'x', weight: 1 }), error: 'upstream "echo" has no subset "x"' },
    { policy: to({ upstream: 'echo', weight: 0 }), error: 'every weight is 0' },
    { policy: to({ upstream: 'echo', weight: -1 }), error: 'policies[0].split.to[0].weight' },
    { policy: to({ upstream: 'echo' }), error: '"weight" is missing' },
    { policy: { split: { to: [] } }, error: 'policies[0].split.to' },
    {
      policy: { split: { to: [{ upstream: 'echo', weight: 1 }], sticky: 'cookie:a' } },
      error: '"cookie:a" is nothing to tell calls apart by',
    },
    { policy: { fallback: 'dr' }, error: 'no upstream is named "dr" (policies[0].fallback)' },
    { policy: { mirror: { upstream: 'dr' } }, error: 'no upstream is named "dr" (policies[0].mirror.upstream)' },
    { policy: { fault: {} }, error: 'policies[0].fault' },
    { policy: { fault: { abort: { status: 'OOPS' } } }, error: 'policies[0].fault.abort.status' },
    { policy: { fault: { delay: { time: '1s', percent: '101%' } } }, error: 'policies[0].fault.delay.percent' },
    { policy: { match: { header: {} } }, error: 'policies[0].match.header' },
    { policy: { match: { header: { 'a b': '1' } } }, error: '"a b" is not a header' },
  ])('$error', async ({ policy, error }) => {
    await expect(serve({ target: 'static:///127.0.0.1:1' }, {}, [{ select: '*', ...policy }])).rejects.toThrow(error)
  })

  test('more than 8 entries with match for one method', async () => {
    const entries = Array.from({ length: 9 }, (_, i) => ({
      select: '*',
      match: { header: { 'x-a': String(i) } },
      timeout: '1s',
    }))
    await expect(serve({ target: 'static:///127.0.0.1:1' }, {}, entries)).rejects.toThrow(
      'more than 8 entries with match',
    )
  })

  test('a subset without anything asked', async () => {
    const subsets = { all: {} }
    await expect(
      serve({ target: 'static:///127.0.0.1:1' }, { b: { target: 'static:///127.0.0.1:1', subsets } }, []),
    ).rejects.toThrow('every endpoint is in it')
  })
})
