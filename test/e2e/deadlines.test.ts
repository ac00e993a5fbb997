import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { until } from '../support/calls.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { RawConnection, request } from '../support/raw-http.js'
import { callRest } from '../support/rest.js'

/* How long a call may take, and what ends it before. */

let upstream: EchoUpstream
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startEchoUpstream()
  gateway = await startGateway({
    ...echoConfig(upstream),
    client: { bodyTimeout: '2s' },
    policies: [
      { select: '*', timeout: '10s' },
      { select: 'echo.v1.EchoService.SetNumber', timeout: '300ms' },
    ],
  })
})
beforeEach(() => {
  upstream.calls = 0
  upstream.cancelled = 0
})
afterAll(async () => {
  await gateway.stop()
  upstream.close()
})

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

/** What the last call had as grpc-timeout; ms. */
function receivedTimeout(): number {
  const [, amount = '', unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(String(upstream.headers['grpc-timeout'])) ?? []
  return Number(amount) * UNIT_MS[unit]!
}

describe('the deadline the upstream is told', () => {
  test.each([
    { name: 'none sent: the route’s', headers: [], atMost: 10_000 },
    { name: 'Grpc-Timeout', headers: ['Grpc-Timeout: 3S'], atMost: 3000 },
    { name: 'Grpc-Timeout in another unit', headers: ['grpc-timeout: 2500000u'], atMost: 2500 },
    { name: 'Grpc-Timeout over the route’s', headers: ['Grpc-Timeout: 1M'], atMost: 10_000 },
    { name: 'a huge Grpc-Timeout', headers: ['Grpc-Timeout: 99999999H'], atMost: 10_000 },
  ])('$name', async ({ headers, atMost }) => {
    expect((await callRest(gateway.port, 'GET', '/v1/echo', { headers })).status).toBe(200)
    expect(receivedTimeout()).toBeLessThanOrEqual(atMost)
    expect(receivedTimeout()).toBeGreaterThan(atMost - 1000)
  })

  test('the method’s own timeout', async () => {
    expect((await callRest(gateway.port, 'PUT', '/v1/number', { body: '1' })).status).toBe(200)
    expect(receivedTimeout()).toBeLessThanOrEqual(300)
  })
})

describe('no answer in time: 504', () => {
  test.each([
    { name: 'by Grpc-Timeout', method: 'GET', target: '/v1/echo?answer.hang=true', headers: ['Grpc-Timeout: 300m'] },
    { name: 'by the method’s timeout', method: 'PUT', target: '/v1/number?answer.hang=true', headers: [] },
    {
      name: 'by the lesser of both',
      method: 'PUT',
      target: '/v1/number?answer.hang=true',
      headers: ['Grpc-Timeout: 5S'],
    },
  ])('$name, and the upstream is told', async ({ method, target, headers }) => {
    const started = performance.now()
    const answer = await callRest(gateway.port, method, target, { headers, ...(method === 'PUT' ? { body: '1' } : {}) })
    const taken = performance.now() - started
    expect(answer).toMatchObject({
      status: 504,
      json: { code: 4, details: [{ reason: 'DEADLINE_EXCEEDED', domain: 'protobridge' }] },
    })
    expect(taken).toBeGreaterThan(250)
    expect(taken).toBeLessThan(1300)
    await until(() => upstream.cancelled === 1, 'the upstream sees the end', 1000)
    expect(answer.headers.get('connection')).toBe('keep-alive')
  })

  test('an upstream’s own DEADLINE_EXCEEDED is passed on as it is', async () => {
    const answer = await callRest(gateway.port, 'GET', '/v1/echo?answer.code=4&answer.message=mine')
    expect({ status: answer.status, json: answer.json }).toEqual({
      status: 504,
      json: { code: 4, message: 'mine', details: [] },
    })
  })

  test('Grpc-Timeout counts from the head of the request: a body that comes too late for it makes no call', async () => {
    const connection = new RawConnection(gateway.port)
    connection.write(request('POST', '/v1/echo', ['Grpc-Timeout: 100m', 'Content-Length: 2']))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect((await connection.write('{}').response()).status).toBe(504)
    expect(upstream.calls).toBe(0)
    connection.destroy()
  })
})

describe('the client leaves: the call is cancelled within a second', () => {
  test.each([
    { name: 'its connection is reset', leave: (connection: RawConnection) => connection.socket.resetAndDestroy() },
    { name: 'it closes', leave: (connection: RawConnection) => connection.destroy() },
    { name: 'it ends its side', leave: (connection: RawConnection) => connection.socket.end() },
  ])('$name', async ({ leave }) => {
    for (const bytes of [
      request('GET', '/v1/echo?answer.hang=true'),
      request('POST', '/v1/echo', ['Content-Type: application/json'], '{"answer":{"hang":true}}'),
    ]) {
      const before = upstream.cancelled
      const connection = new RawConnection(gateway.port).write(bytes)
      await until(() => upstream.calls === before + 1, 'the call arrives')
      const left = performance.now()
      leave(connection)
      await until(() => upstream.cancelled === before + 1, 'the upstream sees the end', 1000)
      expect(upstream.cancelledAt - left).toBeLessThan(1000)
      // Nobody is there to be told: 499 is not written.
      expect(connection.rest).toBe('')
      connection.destroy()
    }
  })

  test('before its body is whole: no call is made', async () => {
    const connection = new RawConnection(gateway.port)
    connection.write(request('POST', '/v1/echo', ['Content-Length: 100']) + '{"text"')
    await new Promise((resolve) => setTimeout(resolve, 50))
    connection.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(upstream.calls).toBe(0)
  })

  test('in the middle of its response: the gateway goes on', async () => {
    for (let i = 0; i < 5; i++) {
      const connection = new RawConnection(gateway.port).write(request('GET', '/v1/echo?answer.size=3000000'))
      await new Promise((resolve) => connection.socket.once('data', resolve))
      connection.destroy()
    }
    expect((await callRest(gateway.port, 'GET', '/v1/echo')).status).toBe(200)
  })
})

test('nothing of this is a fault, and nothing is left behind', async () => {
  expect(gateway.log.filter((line) => line.includes('a fault of ours'))).toEqual([])
  expect((await gateway.gateway.close()).wasCut).toBe(false)
})
