import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { callRest } from '../support/rest.js'

/* `edge`: addresses that may come in, and proxies that are believed. */

let upstream: EchoUpstream
let gateway: TestGateway | undefined
beforeAll(async () => {
  upstream = await startEchoUpstream()
})
beforeEach(() => {
  upstream.calls = 0
})
afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
})
afterAll(() => upstream.close())

async function serve(edge: object): Promise<number> {
  gateway = await startGateway({ ...echoConfig(upstream), edge })
  return gateway.port
}

const get = (port: number, headers: readonly string[] = []) => callRest(port, 'GET', '/v1/echo', { headers })

test('who is denied gets 403, and no upstream hears of it', async () => {
  const port = await serve({ deny: ['127.0.0.0/8'] })
  const answer = await get(port)
  expect([answer.status, answer.json]).toMatchObject([403, { code: 7, details: [{ reason: 'ADDRESS_REFUSED' }] }])
  expect((await callRest(port, 'GET', '/nope')).status).toBe(403)
  expect(upstream.calls).toBe(0)
})

test('behind a trusted proxy it is the client that is denied', async () => {
  const port = await serve({ trustedProxies: ['127.0.0.1'], deny: ['203.0.113.0/24'] })
  expect((await get(port, ['X-Forwarded-For: 203.0.113.9'])).status).toBe(403)
  expect((await get(port, ['X-Forwarded-For: 203.0.113.9, 198.51.100.1'])).status).toBe(200)
  expect((await get(port)).status).toBe(200)
})

describe('what the upstream is told of the client', () => {
  const SPOOFED = [
    'X-Forwarded-For: 1.1.1.1',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: evil',
    'Forwarded: for=2.2.2.2',
  ]

  test('without trusted proxies: what the connection shows', async () => {
    const port = await serve({})
    await get(port, SPOOFED)
    expect(upstream.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' })
    expect(upstream.headers['x-forwarded-host']).not.toBe('evil')
    expect(upstream.headers).not.toHaveProperty('forwarded')
  })

  test('from a proxy that is not trusted: the same', async () => {
    const port = await serve({ trustedProxies: ['10.0.0.0/8'] })
    await get(port, SPOOFED)
    expect(upstream.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' })
  })

  test('from one that is: what it says', async () => {
    const port = await serve({ trustedProxies: ['127.0.0.1'] })
    await get(port, [
      'X-Forwarded-For: 9.9.9.9, 203.0.113.9',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: api.example',
    ])
    expect(upstream.headers).toMatchObject({
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'api.example',
    })
  })
})

test.each([
  { edge: { deny: ['10.0.0.0/33'] }, error: '"10.0.0.0/33" is not a network (edge.deny[0])' },
  { edge: { allow: ['example.com'] }, error: '"example.com" is not a network (edge.allow[0])' },
  { edge: { trustedProxies: ['10.0.0.0/08'] }, error: '"10.0.0.0/08" is not a network' },
  { edge: { trustedProxies: ['*'] }, error: '"*" is not a network' },
  { edge: { deny: '10.0.0.0/8' }, error: 'edge.deny' },
])('$error', async ({ edge, error }) => {
  await expect(serve(edge)).rejects.toThrow(error)
})
