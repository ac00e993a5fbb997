import { describe, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectivityState, Transport } from '../../../src/upstream/index.js'
import { PLAIN } from '../../../src/upstream/resolvers/host-port.js'
import { RecordedStream, unary, until } from '../../support/calls.js'
import { startEchoServer } from '../../support/grpc-servers/echo-server.js'
import { startDeafListener } from '../../support/grpc-servers/deaf-listener.js'
import { message, respond, startHostileServer, startTcpServer } from '../../support/grpc-servers/hostile-server.js'
import { startPausingProxy } from '../../support/pausing-proxy.js'
import { CONNECTION, loopback, withConnection } from './context.js'

/** A port nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer()
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  )
  await new Promise((resolve) => server.close(resolve))
  return port
}

export function describeConnections(transport: Transport): void {
  describe('connections', () => {
    test('refused: UNAVAILABLE, never left, and the reason for a person only', async () => {
      const port = await closedPort()
      await withConnection(transport, loopback(port), {}, async (connection) => {
        const { status } = await unary(connection, '/a.B/C')
        expect(status).toMatchObject({ code: 14, origin: 'local', isUnprocessed: true })
        expect(status.message).toBe('no connection to the upstream')
        expect(connection.lastError).toMatch(/ECONNREFUSED/)
        expect(connection.state).toBe('TRANSIENT_FAILURE')
        const started = Date.now()
        expect((await unary(connection, '/a.B/C')).status).toMatchObject({ code: 14, isUnprocessed: true })
        expect(Date.now() - started).toBeLessThan(100)
      })
    })

    test('a name that does not resolve: UNAVAILABLE, never left', async () => {
      await withConnection(transport, loopback(1, 'no-such-host.invalid'), {}, async (connection) => {
        const { status } = await unary(connection, '/a.B/C')
        expect(status).toMatchObject({ code: 14, origin: 'local', isUnprocessed: true })
        expect(connection.lastError).toBeDefined()
      })
    })

    test.each([
      { row: 'accepts and says nothing', speak: () => undefined },
      { row: 'accepts and closes at once', speak: (socket: { destroy(): void }) => socket.destroy() },
      {
        row: 'speaks HTTP/1.1',
        speak: (socket: { end(text: string): void }) =>
          socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'),
      },
    ])('a server that $row: UNAVAILABLE within the connect time-out, never left', async ({ speak }) => {
      const server = await startTcpServer(speak)
      const started = Date.now()
      await withConnection(transport, loopback(server.port), { connectTimeoutMs: 300 }, async (connection) => {
        const { status } = await unary(connection, '/a.B/C')
        expect(status).toMatchObject({ code: 14, origin: 'local', isUnprocessed: true })
        expect(Date.now() - started).toBeLessThan(1500)
        expect(connection.lastError).toBeDefined()
        expect(connection.state).toBe('TRANSIENT_FAILURE')
      })
      server.close()
    })

    test('a TCP handshake that never ends: UNAVAILABLE after the connect time-out, never left, then fail fast', async () => {
      const server = await startDeafListener()
      await withConnection(transport, loopback(server.port), { connectTimeoutMs: 200 }, async (connection) => {
        const started = Date.now()
        const { status } = await unary(connection, '/a.B/C')
        expect(status).toMatchObject({ code: 14, origin: 'local', isUnprocessed: true })
        expect(Date.now() - started).toBeLessThan(1000)
        expect(connection.lastError).toBe('no connection within 200 ms')
        expect(connection.state).toBe('TRANSIENT_FAILURE')
        expect((await unary(connection, '/a.B/C')).status).toMatchObject({ code: 14, isUnprocessed: true })
        expect(Date.now() - started).toBeLessThan(1000)
      })
      server.close()
    })

    test('states are told: IDLE, CONNECTING, READY; after a loss IDLE; at the end SHUTDOWN', async () => {
      const server = await startHostileServer((stream) => respond(stream, message('x'), { 'grpc-status': '0' }))
      const connection = transport.open(loopback(server.port), CONNECTION)
      const states: ConnectivityState[] = [connection.state]
      connection.onStateChange((state) => states.push(state))
      connection.connect()
      await until(() => connection.state === 'READY', 'READY')
      expect(connection.lastError).toBeUndefined()
      server.close()
      await until(() => connection.state === 'IDLE', 'IDLE')
      connection.close()
      expect(states).toEqual(['IDLE', 'CONNECTING', 'READY', 'IDLE', 'SHUTDOWN'])
    })

    test('a server that comes back is found again, after backoff, without a call', async () => {
      const port = await closedPort()
      await withConnection(transport, loopback(port), {}, async (connection) => {
        expect((await unary(connection, '/test.Echo/Unary')).status.code).toBe(14)
        const server = await startEchoServer(undefined, `127.0.0.1:${port}`)
        await until(() => connection.state === 'READY', 'READY again')
        expect(connection.lastError).toBeUndefined()
        expect((await unary(connection, '/test.Echo/Unary')).status.code).toBe(0)
        server.close()
      })
    })

    test('a lost connection is made again by the next call', async () => {
      const server = await startEchoServer()
      const proxy = await startPausingProxy(server.port)
      await withConnection(transport, loopback(proxy.port), {}, async (connection) => {
        expect((await unary(connection, '/test.Echo/Unary')).status.code).toBe(0)
        proxy.close()
        await until(() => connection.state === 'IDLE', 'the loss')
        expect((await unary(connection, '/test.Echo/Unary')).status.code).toBe(14)
      })
      server.close()
    })

    test('keepalive finds a connection that has gone silent', async () => {
      const server = await startEchoServer()
      const proxy = await startPausingProxy(server.port)
      const options = { keepalive: { timeMs: 200, timeoutMs: 200 } }
      await withConnection(transport, loopback(proxy.port), options, async (connection) => {
        expect((await unary(connection, '/test.Echo/Unary')).status.code).toBe(0)
        proxy.pause()
        const started = Date.now()
        const { status } = await unary(connection, '/test.Echo/Unary')
        expect(status).toMatchObject({ code: 14, origin: 'local', isUnprocessed: false })
        expect(Date.now() - started).toBeLessThan(2000)
      })
      proxy.close()
      server.close()
    })

    test('a peer that never closes its side is not waited for', async () => {
      const server = await startEchoServer()
      let accepted: Socket | undefined
      let hasEnded = false
      const relay = createServer({ allowHalfOpen: true }, (inbound) => {
        accepted = inbound
        const outbound = connect(server.port, '127.0.0.1')
        outbound.on('data', (chunk: Buffer) => inbound.write(chunk)).on('error', () => undefined)
        inbound.on('data', (chunk: Buffer) => outbound.write(chunk)).on('error', () => undefined)
        inbound.on('end', () => (hasEnded = true))
      })
      await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
      const { port } = relay.address() as AddressInfo
      await withConnection(transport, loopback(port), {}, async (connection) => {
        expect((await unary(connection, '/test.Echo/Unary')).status.code).toBe(0)
        connection.drain()
        await until(() => hasEnded, 'our side is closed')
        // A socket that is gone answers RST to what comes for it.
        await until(() => accepted!.destroyed || !accepted!.write('x'), 'the socket is let go').finally(() =>
          accepted!.destroy(),
        )
      })
      relay.close()
      server.close()
    })

    test('an idle connection is closed, and made again when needed', async () => {
      const server = await startEchoServer()
      const proxy = await startPausingProxy(server.port)
      await withConnection(transport, loopback(proxy.port), { idleTimeoutMs: 1000 }, async (connection) => {
        expect((await unary(connection, '/test.Echo/Unary')).status.code).toBe(0)
        await until(() => connection.state === 'IDLE', 'idle')
        expect((await unary(connection, '/test.Echo/Unary')).status.code).toBe(0)
        expect(proxy.connections()).toBe(2)
      })
      proxy.close()
      server.close()
    })

    test('drain lets calls under way finish, and takes no new ones', async () => {
      const server = await startEchoServer()
      await withConnection(transport, loopback(server.port), {}, async (connection) => {
        const stream = new RecordedStream(connection, '/test.Echo/Chat')
        stream.call.send(Buffer.from('a'))
        await stream.received(1)
        connection.drain()
        expect((await unary(connection, '/test.Echo/Unary')).status).toMatchObject({ code: 14, isUnprocessed: true })
        stream.call.send(Buffer.from('b'))
        stream.call.halfClose()
        expect(await stream.ended).toMatchObject({ code: 0 })
        expect(stream.messages.map(String)).toEqual(['a', 'b'])
        await until(() => connection.state === 'SHUTDOWN', 'SHUTDOWN')
      })
      server.close()
    })

    test('close ends calls under way with UNAVAILABLE', async () => {
      const server = await startEchoServer()
      const connection = transport.open(loopback(server.port), CONNECTION)
      const hanging = unary(connection, '/test.Echo/Hang', '', { deadlineMs: Infinity })
      await until(() => server.arrived === 1, 'the call arrived')
      connection.close()
      expect((await hanging).status).toMatchObject({ code: 14, origin: 'local', isUnprocessed: false })
      await until(() => server.cancelled === 1, 'the server saw it', 1000)
      server.close()
    })

    test('a unix socket', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'upstream-'))
      const path = join(folder, 'echo.sock')
      const server = await startEchoServer(undefined, `unix:${path}`)
      const endpoint = { address: `unix:${path}`, host: 'localhost', port: 0, path, ...PLAIN }
      await withConnection(transport, endpoint, {}, async (connection) => {
        expect((await unary(connection, '/test.Echo/Unary')).status.code).toBe(0)
        expect(server.lastAuthority).toBe('localhost')
      })
      server.close()
      rmSync(folder, { recursive: true })
    })
  })
}
