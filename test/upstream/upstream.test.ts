import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createUpstream, grpcJsTransport, type ConnectionOptions } from '../../src/upstream/index.js'
import { startEchoServer, type EchoServer } from '../support/grpc-servers/echo-server.js'
import { unary } from '../support/calls.js'

const CONNECTION: ConnectionOptions = {
  tls: undefined,
  authority: undefined,
  connectTimeoutMs: 2000,
  idleTimeoutMs: 60_000,
  keepalive: undefined,
  maxResponseBytes: 4 * 1024 * 1024,
  userAgent: 'protobridge-test',
}

describe('an upstream', () => {
  let server: EchoServer
  beforeAll(async () => {
    server = await startEchoServer()
  })
  afterAll(() => server.close())

  test('carries a unary call', async () => {
    const upstream = createUpstream({
      name: 'echo',
      target: `static:///127.0.0.1:${server.port}`,
      connection: CONNECTION,
      eager: false,
      transport: grpcJsTransport,
    })
    const result = await unary(upstream, '/test.Echo/Unary', 'hello')
    expect(result.status).toEqual({ code: 0, message: 'OK', details: undefined, origin: 'peer', isUnprocessed: false })
    expect(Buffer.from(result.message!).toString()).toBe('hello')
    upstream.close()
  })
})
