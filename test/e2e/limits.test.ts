import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Project } from '../support/project.js'
import { callRest } from '../support/rest.js'

/* `limits`: how often a caller may call. Sheet "Rate limit headers"; contract, "by" and "rate". */

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const KEYS = `keys:
  - { id: ann, sha256: ${sha256('ann')}, claims: { tenant: t1 } }
  - { id: bob, sha256: ${sha256('bob')}, claims: { tenant: t1 } }
`
let upstream: EchoUpstream
let project: Project
let gateway: TestGateway | undefined
beforeAll(async () => {
  upstream = await startEchoUpstream()
  project = new Project({ 'keys.yaml': KEYS })
})
beforeEach(() => {
  upstream.calls = 0
})
afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
})
afterAll(() => {
  upstream.close()
  project.remove()
})

async function serve(limits: readonly object[], more: object = {}, policies: readonly object[] = []): Promise<number> {
  gateway = await startGateway({
    ...echoConfig(upstream),
    policies: [{ select: '*', limits }, ...policies],
    ...more,
  })
  return gateway.port
}

const get = (port: number, headers: readonly string[] = [], path = '/v1/echo') =>
  callRest(port, 'GET', path, { headers })
const status = async (port: number, headers: readonly string[] = [], path?: string): Promise<number> =>
  (await get(port, headers, path)).status

test('of 1,000 at once exactly 100 pass', async () => {
  const port = await serve([{ name: 'all', rate: '100/h', by: 'global' }])
  const codes = await Promise.all(Array.from({ length: 1000 }, () => status(port)))
  expect(codes.filter((code) => code === 200)).toHaveLength(100)
  expect(codes.filter((code) => code === 429)).toHaveLength(900)
  expect(upstream.calls).toBe(100)
}, 30_000)

test('what is left is told, and when there is more', async () => {
  const port = await serve([
    { name: 'burst', rate: '2/m', by: 'global' },
    { name: 'daily', rate: '1000/d', by: 'global' },
  ])
  const answers = [await get(port), await get(port), await get(port)]
  expect(answers.map((answer) => answer.status)).toEqual([200, 200, 429])
  for (const { headers } of answers) {
    expect(headers.get('ratelimit-policy')).toBe('"burst";q=2;w=60, "daily";q=1000;w=86400')
  }
  expect(answers[0]!.headers.get('ratelimit')).toMatch(/^"burst";r=1;t=60, "daily";r=999;t=86400$/)
  expect(answers[2]!.headers.get('ratelimit')).toMatch(/^"burst";r=0;t=(?:59|60), "daily";r=997;t=(?:86399|86400)$/)
  expect(Number(answers[2]!.headers.get('retry-after'))).toBeGreaterThanOrEqual(59)
  expect(answers[2]!.json).toMatchObject({
    code: 8,
    details: [{ reason: 'LIMIT_REACHED', metadata: { limit: 'burst' } }],
  })
  expect(answers[0]!.headers.has('retry-after')).toBe(false)
})

test('a window ends', async () => {
  const port = await serve([{ name: 'a', rate: '2/s', by: 'global' }])
  expect([await status(port), await status(port), await status(port)]).toEqual([200, 200, 429])
  await new Promise((resolve) => setTimeout(resolve, 1100))
  expect(await status(port)).toBe(200)
})

test('a burst is spent after the rate', async () => {
  const port = await serve([{ name: 'a', rate: '2/m', burst: 3, by: 'global' }])
  const answers = []
  for (let i = 0; i < 6; i++) answers.push(await get(port))
  expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200, 429])
  expect(answers.map(({ headers }) => /r=(\d+)/.exec(headers.get('ratelimit')!)![1])).toEqual([
    '4',
    '3',
    '2',
    '1',
    '0',
    '0',
  ])
})

test('cost: what a request takes', async () => {
  const port = await serve([{ name: 'a', rate: '10/m', by: 'global', cost: 4 }])
  expect([await status(port), await status(port), await status(port)]).toEqual([200, 200, 429])
})

test('one counter over all methods of an entry, another for another entry', async () => {
  const port = await serve([{ name: 'a', rate: '2/m', by: 'global' }], {}, [
    { select: 'echo.v1.EchoService.Raw', limits: [{ name: 'a', rate: '2/m', by: 'global' }] },
  ])
  const put = async () => (await callRest(port, 'PUT', '/v1/number', { body: '1' })).status
  expect([await status(port), await put(), await status(port), await put()]).toEqual([200, 200, 429, 429])
  expect([
    await status(port, [], '/v1/raw'),
    await status(port, [], '/v1/raw'),
    await status(port, [], '/v1/raw'),
  ]).toEqual([200, 200, 429])
})

describe('whose counter is spent', () => {
  const ONE = [{ name: 'a', rate: '1/m', by: 'address' }]
  test.each([
    { what: 'X-Forwarded-For', headers: ['X-Forwarded-For: 1.1.1.1'] },
    { what: 'Forwarded', headers: ['Forwarded: for=1.1.1.1'] },
    { what: 'X-Real-IP', headers: ['X-Real-IP: 1.1.1.1'] },
    { what: 'a forged request id', headers: ['X-Request-Id: other'] },
    { what: 'a name with an underscore', headers: ['X_Forwarded_For: 1.1.1.1'] },
    { what: 'identity headers', headers: ['X-Protobridge-Identity: other', 'X-Protobridge-Claim-Tenant: x'] },
    { what: 'metadata', headers: ['Grpc-Metadata-X-Forwarded-For: 1.1.1.1'] },
    { what: 'another method', headers: ['X-HTTP-Method-Override: PUT'] },
  ])('$what changes nothing', async ({ headers }) => {
    const port = await serve(ONE)
    expect([await status(port), await status(port, headers)]).toEqual([200, 429])
  })

  test('behind a trusted proxy it is the client’s; an IPv6 /64 is one', async () => {
    const port = await serve(ONE, { edge: { trustedProxies: ['127.0.0.1'] } })
    const from = (address: string) => status(port, [`X-Forwarded-For: ${address}`])
    expect([await from('203.0.113.9'), await from('9.9.9.9, 203.0.113.9'), await from('203.0.113.10')]).toEqual([
      200, 429, 200,
    ])
    expect([await from('2001:db8:1:2::1'), await from('2001:db8:1:2:ffff::9'), await from('2001:db8:1:3::1')]).toEqual([
      200, 429, 200,
    ])
    expect(await from('::ffff:203.0.113.9')).toBe(429)
  })

  test.each([
    { by: 'identity', second: 200 },
    { by: 'claim:tenant', second: 429 },
    { by: 'claim:missing', second: 429 },
    { by: 'header:x-other', second: 429 },
  ])('by $by: ann, then bob: $second', async ({ by, second }) => {
    const port = await serve([{ name: 'a', rate: '1/m', by }], {
      auth: { providers: { keys: { apiKey: { header: 'x-api-key', file: `${project.path}/keys.yaml` } } } },
      policies: [{ select: '*', auth: {}, limits: [{ name: 'a', rate: '1/m', by }] }],
    })
    expect([await status(port, ['x-api-key: ann']), await status(port, ['x-api-key: bob'])]).toEqual([200, second])
    expect(await status(port, ['x-api-key: ann'])).toBe(429)
  })
})

test('limits by address count before anybody is asked who they are, the others after', async () => {
  const auth = { providers: { keys: { apiKey: { header: 'x-api-key', file: `${project.path}/keys.yaml` } } } }
  const byAddress = await serve([], {
    auth,
    policies: [{ select: '*', auth: {}, limits: [{ name: 'a', rate: '2/m', by: 'address' }] }],
  })
  expect([await status(byAddress), await status(byAddress), await status(byAddress, ['x-api-key: ann'])]).toEqual([
    401, 401, 429,
  ])
  await gateway!.stop()
  const byIdentity = await serve([], {
    auth,
    policies: [{ select: '*', auth: {}, limits: [{ name: 'a', rate: '1/m', by: 'identity' }] }],
  })
  expect([await status(byIdentity), await status(byIdentity), await status(byIdentity, ['x-api-key: ann'])]).toEqual([
    401, 401, 200,
  ])
})

test('counters survive a reload; those of a limit that has changed begin anew', async () => {
  const folder = new Project({})
  const write = (rate: string, timeout: string) =>
    folder.write(
      'gw.json',
      JSON.stringify({
        listen: { host: '127.0.0.1', port: 0 },
        admin: { port: 0 },
        watch: false,
        telemetry: { accessLog: 'none' },
        ...echoConfig(upstream),
        policies: [{ select: '*', timeout, limits: [{ name: 'a', rate, by: 'global' }] }],
      }),
    )
  write('1/m', '5s')
  const { openGateway } = await import('../../src/gateway/index.js')
  const running = await openGateway({ kind: 'file', path: `${folder.path}/gw.json` })
  try {
    const { urls } = await running.listen()
    const port = Number(new URL(urls[0]!).port)
    expect([await status(port), await status(port)]).toEqual([200, 429])
    write('1/m', '6s')
    await running.reload()
    expect(await status(port)).toBe(429)
    write('2/m', '6s')
    await running.reload()
    expect([await status(port), await status(port), await status(port)]).toEqual([200, 200, 429])
  } finally {
    await running.close()
    folder.remove()
  }
})

test('a page of another origin can read that it is to wait', async () => {
  const port = await serve([], {
    policies: [
      {
        select: '*',
        limits: [{ name: 'a', rate: '1/m', by: 'global' }],
        cors: { origins: ['https://a.example'], expose: ['retry-after'] },
      },
    ],
  })
  const preflight = ['Origin: https://a.example', 'Access-Control-Request-Method: GET']
  for (let i = 0; i < 3; i++)
    expect((await callRest(port, 'OPTIONS', '/v1/echo', { headers: preflight })).status).toBe(204)
  expect(await status(port)).toBe(200)
  const { status: code, headers } = await get(port, ['Origin: https://a.example'])
  expect([code, headers.get('access-control-allow-origin')]).toEqual([429, 'https://a.example'])
})

describe('by a field of the request message', () => {
  const by = (path: string) => [{ name: 'a', rate: '1/m', by: `field:${path}` }]
  const ECHO = 'echo.v1.EchoService.Echo'
  const only = (limits: readonly object[]) => serve([], {}, [{ select: ECHO, limits }])
  const post = async (port: number, body: object) => (await callRest(port, 'POST', '/v1/echo', { body })).status

  test('however it is said: path, query, body', async () => {
    const port = await only(by('text'))
    expect([await status(port, [], '/v1/echo/t1'), await status(port, [], '/v1/echo?text=t1')]).toEqual([200, 429])
    expect([await post(port, { text: 't1' }), await post(port, { text: 't2' })]).toEqual([429, 200])
    expect([await status(port), await post(port, { text: '' })]).toEqual([200, 429])
  })

  test('a field within a message; one that is not set is a key of its own', async () => {
    const port = await only(by('answer.size'))
    expect([await post(port, { answer: { size: 1 } }), await post(port, { answer: { size: 2 } })]).toEqual([200, 200])
    expect([await post(port, { answer: { size: 1 } }), await post(port, {})]).toEqual([429, 200])
    expect([await post(port, { answer: {} }), await post(port, { text: 'x' })]).toEqual([429, 429])
  })

  test('limits of before the body and of after it are told in one line', async () => {
    const port = await only([{ name: 'any', rate: '9/m', by: 'address' }, ...by('text')])
    const { headers } = await get(port, [], '/v1/echo/t1')
    expect(headers.get('ratelimit-policy')).toBe('"any";q=9;w=60, "a";q=1;w=60')
    expect(headers.get('ratelimit')).toBe('"any";r=8;t=60, "a";r=0;t=60')
  })

  test.each([
    { path: 'txet', error: 'echo.v1.EchoRequest has no field txet: did you mean text?' },
    { path: 'words', error: 'words is not a single value' },
    { path: 'answer', error: 'answer is not a single value' },
    { path: 'some_time', error: 'some_time is not a single value' },
    { path: 'text.length', error: 'text has no fields' },
    { path: 'answer.headers.name', error: 'headers has no fields' },
  ])('$path: $error', async ({ path, error }) => {
    await expect(only(by(path))).rejects.toThrow(error)
  })
})

describe('cost by an expression', () => {
  const costs = (cost: string, rate = '10/m') =>
    serve([], {}, [{ select: 'echo.v1.EchoService.Echo', limits: [{ name: 'a', rate, by: 'global', cost }] }])
  const left = async (port: number, path: string, headers: readonly string[] = []) =>
    /r=(\d+)/.exec((await get(port, headers, path)).headers.get('ratelimit')!)![1]

  test.each([
    { cost: 'request.number > 5 ? 4 : 1', path: '/v1/echo?number=9', r: '6' },
    { cost: 'request.number > 5 ? 4 : 1', path: '/v1/echo?number=1', r: '9' },
    { cost: 'size(request.words)', path: '/v1/echo?words=a&words=b&words=c', r: '7' },
    { cost: 'size(request.words)', path: '/v1/echo', r: '10' },
    { cost: 'uint(3)', path: '/v1/echo', r: '7' },
    { cost: '1.2', path: '/v1/echo', r: '8' },
    { cost: '"x-batch" in headers ? 5 : 1', path: '/v1/echo', r: '9' },
    // What cannot be counted must not be cheap.
    { cost: 'request.number', path: '/v1/echo?number=-1', r: '0' },
    { cost: '10 / request.number', path: '/v1/echo', r: '0' },
    { cost: '"ten"', path: '/v1/echo', r: '0' },
    { cost: 'request.big', path: '/v1/echo?big=9223372036854775807', r: '0' },
  ])('$cost of $path leaves $r of 10', async ({ cost, path, r }) => {
    expect(await left(await costs(cost), path)).toBe(r)
  })

  test('by a header, before the body is read', async () => {
    const port = await costs('"x-batch" in headers ? 5 : 1')
    expect(await left(port, '/v1/echo', ['X-Batch: 1'])).toBe('5')
  })

  test.each([
    { cost: 'request.nmber', error: 'echo.v1.EchoRequest has no field nmber: did you mean number?' },
    { cost: '1 +', error: 'the expression cannot be used: it is no expression' },
    { cost: 'now()', error: 'there is no function now' },
  ])('$cost: $error', async ({ cost, error }) => {
    await expect(costs(cost)).rejects.toThrow(error)
  })
})

describe('plans', () => {
  const PLANS = `keys:
  - { id: free, sha256: ${sha256('free')}, claims: { plan: free } }
  - { id: pro, sha256: ${sha256('pro')}, claims: { plan: pro } }
  - { id: none, sha256: ${sha256('none')} }
  - { id: gold, sha256: ${sha256('gold')}, claims: { plan: gold } }
  - { id: list, sha256: ${sha256('list')}, claims: { plan: [pro] } }
  - { id: odd, sha256: ${sha256('odd')}, claims: { plan: constructor } }
`
  test.each([
    { key: 'free', passes: 2, policy: '"day";q=2;w=86400' },
    { key: 'pro', passes: 5, policy: '"day";q=5;w=3600' },
    { key: 'none', passes: 2, policy: '"day";q=2;w=86400' },
    { key: 'gold', passes: 2, policy: '"day";q=2;w=86400' },
    { key: 'list', passes: 2, policy: '"day";q=2;w=86400' },
    { key: 'odd', passes: 2, policy: '"day";q=2;w=86400' },
  ])('a caller of plan $key has $policy', async ({ key, passes, policy }) => {
    project.write('plans.yaml', PLANS)
    const port = await serve([], {
      auth: { providers: { keys: { apiKey: { header: 'x-api-key', file: `${project.path}/plans.yaml` } } } },
      policies: [
        {
          select: '*',
          auth: {},
          limits: [{ name: 'day', rate: { pro: '5/h', free: '2/d' }, plan: 'claim:plan', by: 'identity' }],
        },
      ],
    })
    const answers = []
    for (let i = 0; i <= passes; i++) answers.push(await get(port, [`x-api-key: ${key}`]))
    expect(answers.map((answer) => answer.status)).toEqual([...new Array<number>(passes).fill(200), 429])
    expect(answers[0]!.headers.get('ratelimit-policy')).toBe(policy)
  })
})

test('the older headers are told too where that is asked for: of the limit that has least left', async () => {
  const limits = [
    { name: 'many', rate: '100/m', by: 'address' },
    { name: 'few', rate: '2/h', by: 'global' },
  ]
  const port = await serve(limits, { limits: { legacyHeaders: true } })
  const answers = [await get(port), await get(port), await get(port)]
  const of = (name: string) => answers.map(({ headers }) => headers.get(name))
  expect(of('x-ratelimit-limit')).toEqual(['2', '2', '2'])
  expect(of('x-ratelimit-remaining')).toEqual(['1', '0', '0'])
  const reset = Number(of('x-ratelimit-reset')[0]) - Date.now() / 1000
  expect(reset).toBeGreaterThan(3500)
  expect(reset).toBeLessThanOrEqual(3601)
  await gateway!.stop()
  expect((await get(await serve(limits))).headers.has('x-ratelimit-limit')).toBe(false)
})

test('the older headers count a burst with its limit, so that never more is left than there is', async () => {
  const limits = [{ name: 'a', rate: '2/h', burst: 1, by: 'global' }]
  const port = await serve(limits, { limits: { legacyHeaders: true } })
  const answers = [await get(port), await get(port), await get(port), await get(port)]
  const of = (name: string) => answers.map(({ headers }) => headers.get(name))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
  expect(of('x-ratelimit-limit')).toEqual(['3', '3', '3', '3'])
  expect(of('x-ratelimit-remaining')).toEqual(['2', '1', '0', '0'])
})

test('what an upstream tells of limits of its own in the older headers does not come beside ours', async () => {
  const port = await serve([{ name: 'a', rate: '9/h', by: 'global' }], { limits: { legacyHeaders: true } })
  const answer = {
    headers: [
      { name: 'x-ratelimit-limit', value: '77' },
      { name: 'x-ratelimit-reset', value: '5' },
    ],
  }
  const { status: code, headers } = await callRest(port, 'POST', '/v1/echo', { body: { answer } })
  expect([code, headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-remaining')]).toEqual([200, '9', '8'])
  expect(headers.get('x-ratelimit-reset')).toMatch(/^\d{9,}$/)
})

test('a value that reads like the name of such a header is a value', async () => {
  const limits = [
    { name: 'a', rate: '9/h', by: 'address' },
    { name: 'b', rate: '8/h', by: 'global' },
  ]
  const cors = { origins: ['*'], expose: ['x-ratelimit-limit'], credentials: true }
  const port = await serve(limits, { limits: { legacyHeaders: true } }, [{ select: '*', cors }])
  for (const origin of ['https://app.example', 'x-ratelimit-limit']) {
    const answer = { headers: [{ name: 'x-of-upstream', value: 'x-ratelimit-limit' }] }
    const { status: code, headers } = await callRest(port, 'POST', '/v1/echo', {
      headers: [`Origin: ${origin}`],
      body: { answer },
    })
    expect([code, headers.get('access-control-allow-origin')]).toEqual([200, origin])
    expect(headers.get('access-control-expose-headers')).toBe('x-ratelimit-limit')
    expect(headers.get('x-of-upstream')).toBe('x-ratelimit-limit')
    expect(headers.get('x-ratelimit-limit')).toBe('8')
  }
})

test('a burst that takes longer than a timer can wait is not full again at once', async () => {
  const port = await serve([{ name: 'a', rate: '1/d', burst: 1000, by: 'global' }])
  const left = async () => /r=(\d+)/.exec((await get(port)).headers.get('ratelimit')!)![1]
  expect([await left(), await left(), await left(), await left()]).toEqual(['1000', '999', '998', '997'])
})

describe('settings that cannot be', () => {
  test.each([
    { limit: {}, error: 'policies[0].limits[0]' },
    {
      limit: { name: 'a', rate: '100' },
      error: '"100" is not a rate (policies[0].limits[0].rate): write it like 100/s',
    },
    { limit: { name: 'a', rate: '0/s' }, error: '"0/s" is not a rate' },
    { limit: { name: 'a', rate: '5/w' }, error: '"5/w" is not a rate' },
    { limit: { name: 'a b', rate: '5/s' }, error: '"a b" cannot be told in a header' },
    { limit: { name: 'a', rate: '5/s', by: 'field:a..b' }, error: '"field:a..b" is nothing to tell callers apart by' },
    { limit: { name: 'a', rate: '5/s', by: 'ip' }, error: '"ip" is nothing to tell callers apart by' },
    { limit: { name: 'a', rate: '5/s', cost: 0 }, error: 'policies[0].limits[0].cost' },
    { limit: { name: 'a', rate: '5/s', cost: 1.5 }, error: '1.5 is not a whole number or an expression' },
    { limit: { name: 'a', rate: '5/s', plan: 'claim:plan' }, error: 'there are plans, and one rate' },
    { limit: { name: 'a', rate: { pro: '5/s' } }, error: 'there is a rate for each plan, and no plan' },
    { limit: { name: 'a', rate: {}, plan: 'claim:plan' }, error: 'must not be empty' },
    { limit: { name: 'a', rate: { pro: '5' }, plan: 'claim:plan' }, error: '"5" is not a rate' },
    { limit: { name: 'a', rate: { pro: '5/s' }, plan: 'header:x' }, error: '"header:x" does not tell a plan' },
    { limit: { name: 'a', rate: ['5/s'] }, error: 'a list is not a rate' },
  ])('$error', async ({ limit, error }) => {
    await expect(serve([limit])).rejects.toThrow(error)
  })

  test('two of one name', async () => {
    await expect(
      serve([
        { name: 'a', rate: '1/s' },
        { name: 'a', rate: '2/s' },
      ]),
    ).rejects.toThrow('two limits are named a')
  })

  test.each([
    { limits: { store: 'memcached://x' }, error: '"memcached://x" is no store of limits (limits.store): write memory' },
    { limits: { store: 'redsi://u:secret@x' }, error: 'the store is no store of limits' },
    { limits: { store: 'redis://' }, error: 'the address of Redis has no host' },
    { limits: { store: 'redis://h:99999' }, error: 'the address of Redis is none' },
    { limits: { store: 'redis://u:%ff@h' }, error: 'the credentials of Redis are not percent-encoded' },
    { limits: { store: 'redis://h/0?tls=1' }, error: 'the address of Redis has more than a database in its path' },
    { limits: { store: 'redis://h', tls: {} }, error: 'the store is not one that TLS is spoken to' },
    { limits: { store: 'rediss://h', tls: { ca: 'none.pem' } }, error: '"none.pem" cannot be read' },
    { limits: { timeout: '0s' }, error: '0s is too short' },
  ])('$error', async ({ limits, error }) => {
    const refused = expect(serve([], { limits }))
    await refused.rejects.toThrow(error)
    await expect(serve([], { limits })).rejects.not.toThrow('secret')
  })
})
