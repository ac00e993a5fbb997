import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Project } from '../support/project.js'
import { callRest } from '../support/rest.js'
import { MemoryLimiter } from '../../src/policies/limits/index.js'

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

test('callers that nobody has seen fill no memory', async () => {
  const limiter = new MemoryLimiter({
    name: 'a',
    points: 1,
    seconds: 3600,
    burst: 0,
    by: 'header:x',
    cost: 1,
    select: '*',
  })
  for (let i = 0; i < 120_000; i++) await limiter.consume(`key-${i}`, 1)
  expect(limiter.size).toBe(100_000)
  expect((await limiter.consume('key-119999', 1)).isAllowed).toBe(false)
}, 30_000)

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
    { limit: { name: 'a', rate: '5/s', by: 'field:text' }, error: '"field:text" is not available in this version' },
    { limit: { name: 'a', rate: '5/s', by: 'ip' }, error: '"ip" is nothing to tell callers apart by' },
    { limit: { name: 'a', rate: '5/s', cost: 0 }, error: 'policies[0].limits[0].cost' },
    { limit: { name: 'a', rate: '5/s', plan: 'claim:plan' }, error: 'plan: not available in this version' },
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

  test('another store', async () => {
    await expect(serve([], { limits: { store: 'redis://127.0.0.1' } })).rejects.toThrow(
      'store: not available in this version',
    )
  })
})
