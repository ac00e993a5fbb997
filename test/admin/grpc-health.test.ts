import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { credentials, makeClientConstructor, status as Code, type Client } from '@grpc/grpc-js'
import { service as healthService } from 'grpc-health-check'
import { connect } from 'node:http2'
import { poll } from '../support/consul-agent.js'
import { startExampleGateway, startGateway, type TestGateway } from '../support/gateway.js'

type Status = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN'
interface Answer {
  readonly status: Status
}
type HealthClient = Client & {
  check(request: object, answer: (error: { code: number } | null, response?: Answer) => void): void
  watch(request: object): NodeJS.EventEmitter & { cancel(): void }
}

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
