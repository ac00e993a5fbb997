import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { credentials, makeClientConstructor, status as Code, type Client } from '@grpc/grpc-js'
import { service as healthService } from 'grpc-health-check'
import { connect, constants } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { poll } from '../support/consul-agent.js'
import { startExampleGateway, startGateway, type TestGateway } from '../support/gateway.js'
import { frame } from '../support/grpc-servers/hostile-server.js'
import { literal } from '../upstream/http2/raw-peer.js'

type Status = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN'
interface Answer {
  readonly status: Status
}
type HealthClient = Client & {
  check(request: object, answer: (error: { code: number } | null, response?: Answer) => void): void
  watch(request: object): NodeJS.EventEmitter & { cancel(): void }
}

/** The head of a call of Watch: POST and http of HPACK's static table, and literals. */
const WATCH = Buffer.concat([
  Buffer.from([0x83, 0x86]),
  literal(':path', '/grpc.health.v1.Health/Watch'),
  literal(':authority', 'a'),
  literal('content-type', 'application/grpc'),
  literal('te', 'trailers'),
])

let gateway: TestGateway
let client: HealthClient

beforeAll(async () => {
  gateway = await startExampleGateway({
    admin: { host: '127.0.0.1', port: 0, grpcHealth: { port: 0 } },
    drain: { delay: '3s', timeout: '2s' },
  })
  const Health = makeClientConstructor(healthService, 'grpc.health.v1.Health')
  client = new Health(gateway.grpcHealth!, credentials.createInsecure()) as unknown as HealthClient
})
afterAll(async () => {
  client.close()
  await gateway.stop()
})

function check(service: string): Promise<Status | number> {
  return new Promise((resolve) =>
    client.check({ service }, (error, response) => resolve(error === null ? response!.status : error.code)),
  )
}

/** What a watcher is told, as it comes. */
function watch(service: string): { readonly told: Status[]; cancel(): void } {
  const told: Status[] = []
  const call = client.watch({ service })
  call.on('data', ({ status }: Answer) => told.push(status))
  call.on('error', () => undefined)
  return { told, cancel: () => call.cancel() }
}

describe('grpc.health.v1 of the gateway', () => {
  test.each([
    { service: '', is: 'SERVING' },
    { service: 'protobridge', is: 'SERVING' },
    { service: 'library.v1.LibraryService', is: Code.NOT_FOUND },
  ])('Check of "$service" is $is', async ({ service, is }) => {
    expect(await check(service)).toBe(is)
  })

  test('Watch of what is unknown says so, and stays open', async () => {
    const { told, cancel } = watch('nobody')
    await poll('an answer', () => told.length > 0)
    expect(told).toEqual(['SERVICE_UNKNOWN'])
    cancel()
  })

  test('bytes that are no request are refused, and it goes on', async () => {
    const session = connect(`http://${gateway.grpcHealth!}`)
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const status = new Promise((resolve) => {
      stream.on('response', (headers) => headers['grpc-status'] !== undefined && resolve(headers['grpc-status']))
      stream.on('trailers', (trailers) => resolve(trailers['grpc-status']))
    })
    stream.on('error', () => undefined).resume()
    stream.end(Buffer.from([0, 0, 0, 0, 2, 0x0a, 0x7f]))
    expect(String(await status)).toBe(String(Code.INTERNAL))
    session.destroy()
    expect(await check('')).toBe('SERVING')
  })

  test.each([
    { name: 'calls without end', blocks: (id: number) => frame(1, 4, id, WATCH) },
    { name: 'a header block without end', blocks: (id: number) => frame(id === 1 ? 1 : 9, 0, 1, WATCH) },
  ])('a connection with $name is cut', async ({ blocks }) => {
    const [host, port] = gateway.grpcHealth!.split(':')
    const socket = connectTcp(Number(port), host).resume()
    const closed = new Promise((resolve) => socket.on('error', () => undefined).on('close', resolve))
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    socket.write(frame(4, 0, 0, Buffer.alloc(0)))
    for (let id = 1; id < 20_000 && !socket.destroyed; id += 2) {
      if (!socket.write(blocks(id)))
        await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve))
    }
    await closed
    expect(await check('')).toBe('SERVING')
  })

  test('a call whose headers are larger than any that ask are is reset, and the connection goes on', async () => {
    const session = connect(`http://${gateway.grpcHealth!}`)
    const call = (path: string): Promise<unknown> => {
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
      })
      stream.resume().end(Buffer.from([0, 0, 0, 0, 0]))
      return new Promise((resolve) => {
        stream.on('error', () => undefined)
        stream.on('response', (headers) => resolve(headers['grpc-status'] ?? headers[':status']))
        stream.on('close', () => resolve(stream.rstCode))
      })
    }
    // Before the settings have come our side does not know, and sends it.
    await new Promise((resolve) => session.once('remoteSettings', resolve))
    expect(session.remoteSettings.maxHeaderListSize).toBe(4096)
    expect(await call(`/${'x'.repeat(10_240)}`)).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    expect(await call(`/${'x'.repeat(100)}`)).toBe(String(Code.UNIMPLEMENTED))
    expect(await call('/grpc.health.v1.Health/Check')).toBe(200)
    session.destroy()
  })

  test('more connections than there may be are closed, and others taken when there is room', async () => {
    const [host, port] = gateway.grpcHealth!.split(':')
    let ended = 0
    const sockets = Array.from({ length: 300 }, () =>
      connectTcp(Number(port), host)
        .on('error', () => undefined)
        .on('close', () => (ended += 1))
        .resume(),
    )
    // One is the client's that all tests have.
    await poll('those beyond to be closed', () => ended >= 300 - 128)
    expect(ended).toBeLessThanOrEqual(300 - 127)
    for (const socket of sockets) socket.destroy()
    await poll('all to be closed', () => ended === 300)
    expect(await check('')).toBe('SERVING')
  })

  test('who watches is told when it drains', async () => {
    const { told } = watch('')
    await poll('the first answer', () => told.length > 0)
    expect(told).toEqual(['SERVING'])
    const closed = gateway.gateway.close()
    await poll('the second', () => told.length > 1)
    expect(told).toEqual(['SERVING', 'NOT_SERVING'])
    await closed
  })
})

test('a taken port is said', async () => {
  const other = await startExampleGateway({ admin: { host: '127.0.0.1', port: 0, grpcHealth: { port: 0 } } })
  const port = Number(other.grpcHealth!.split(':')[1])
  await expect(
    startGateway({
      schema: [{ protos: ['library/v1/*.proto'], roots: ['protos'] }],
      upstreams: { library: { target: 'static:///127.0.0.1:1', services: ['library.v1.*'] } },
      admin: { host: '127.0.0.1', port: 0, grpcHealth: { port } },
    }),
  ).rejects.toThrow(`cannot listen on 127.0.0.1:${port} (grpc.health.v1)`)
  await other.stop()
})
