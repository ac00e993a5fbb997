import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { until } from '../support/calls.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { hasGrpcio, startCcoreServer } from '../support/grpc-servers/ccore-server.js'
import type { EchoServer } from '../support/grpc-servers/echo-server.js'
import { statusDetails } from '../support/grpc-status.js'
import { RawConnection, request } from '../support/raw-http.js'
import { callRest } from '../support/rest.js'

/* The gateway before a server that is not Node's: C-core, by grpcio (scripts/get-grpcio.mjs). */

const roots = ['../fixtures', '../../protos'].map((path) => fileURLToPath(new URL(path, import.meta.url)))
const suite = hasGrpcio() ? describe : describe.skip

suite.each([
  { name: 'plain', options: [] },
  { name: 'packing what it sends', options: ['--gzip'] },
])('C-core through the gateway, $name', ({ options }) => {
  let server: EchoServer
  let gateway: TestGateway
  beforeAll(async () => {
    server = await startCcoreServer(...options)
    gateway = await startGateway({
      schema: [{ protos: ['ccore.proto'], roots }],
      upstreams: { things: { target: `static:///127.0.0.1:${server.port}`, services: ['test.*'] } },
    })
  })
  afterAll(async () => {
    await gateway.stop()
    server.close()
  })

  test('unary calls, small and large', async () => {
    expect((await callRest(gateway.port, 'GET', '/v1/things/gr%C3%BC%C3%9Fe')).json).toEqual({ name: 'grüße' })
    const body = { name: 'x'.repeat(300_000), number: '-9223372036854775808', data: 'AAEC' }
    expect((await callRest(gateway.port, 'POST', '/v1/things', { body })).json).toEqual(body)
  })

  test('metadata both ways', async () => {
    const headers = ['X-Head-A: 1', 'X-Head-Bin: AQID', 'X-Tail-B: 2']
    const answer = await callRest(gateway.port, 'GET', '/v1/things/a', { headers })
    expect(answer.status).toBe(200)
    expect(['x-head-a', 'x-head-bin', 'x-tail-b'].map((name) => answer.headers.get(name))).toEqual(['1', 'AQID', '2'])
  })

  test('an error with details and trailers', async () => {
    // Without a message, so that grpc-message is the one that counts.
    const details = statusDetails(9, '', ['BadRequest', { field_violations: [{ field: 'name', description: 'd' }] }])
    const answer = await callRest(gateway.port, 'GET', '/v1/things/a', {
      headers: [
        'X-Fail-Code: 9',
        `X-Fail-Message-Bin: ${Buffer.from('grüße 🎈\n100%').toString('base64')}`,
        `X-Fail-Details-Bin: ${details}`,
        'X-Tail-C: 3',
      ],
    })
    expect({ status: answer.status, json: answer.json }).toEqual({
      status: 400,
      json: {
        code: 9,
        message: 'grüße 🎈\n100%',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.BadRequest',
            fieldViolations: [{ field: 'name', description: 'd' }],
          },
        ],
      },
    })
    expect(answer.headers.get('x-tail-c')).toBe('3')
  })

  test('a deadline, and a client that leaves: the server sees the end', async () => {
    const late = await callRest(gateway.port, 'POST', '/v1/things:hang', { headers: ['Grpc-Timeout: 300m'], body: {} })
    expect(late).toMatchObject({ status: 504, json: { code: 4 } })
    await until(() => server.cancelled === 1, 'the server sees the deadline')
    const connection = new RawConnection(gateway.port).write(request('POST', '/v1/things:hang', [], '{}'))
    await until(() => server.arrived === 2, 'the call arrives')
    connection.destroy()
    await until(() => server.cancelled === 2, 'the server sees the client leave', 1000)
  })
})
