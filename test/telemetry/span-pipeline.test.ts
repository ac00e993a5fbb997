import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { pathToFileURL } from 'node:url'
import { pino } from 'pino'
import { SpanPipeline } from '../../src/telemetry/traces/pipeline.js'
import type { ClientRow, EndedSpan } from '../../src/telemetry/traces/span-row.js'
import { until } from '../support/calls.js'
import { CertificateAuthority } from '../support/certificates.js'
import { TraceCollector } from '../support/trace-collector.js'

const rowOf = (rpcMethod: string, kind: 2 = 2, port = 50051): ClientRow => [
  kind,
  '0af7651916cd43dd8448eb211c80319c',
  'b7ad6b7169203331',
  '00f067aa0ba902b7',
  1_700_000_000_000,
  250_000,
  1_250_000,
  rpcMethod,
  'echo',
  '10.0.0.7:50051',
  '10.0.0.7',
  port,
  undefined,
  undefined,
  undefined,
  0,
  '',
  false,
  1,
  false,
  false,
]
const ended = (row: ClientRow): EndedSpan => ({ row: () => row })
const span = (name: string): EndedSpan => ended(rowOf(name))
const OPTIONS = { credentialParameters: [], saysOldNames: false, maxValueLength: 2048 }

/** The built one sends from a thread of its own, the sources as they are from this one. */
const built = pathToFileURL(join(process.cwd(), 'dist', 'src', 'telemetry', 'traces', 'pipeline.js')).href
const { SpanPipeline: Built } = (await import(built)) as { readonly SpanPipeline: typeof SpanPipeline }

describe.each([
  { where: 'this thread', Pipeline: SpanPipeline },
  { where: 'a thread', Pipeline: Built },
])('spans on their way, from $where', ({ Pipeline }) => {
  let collector: TraceCollector
  let lines: string[]
  beforeEach(async () => {
    collector = await TraceCollector.start()
    lines = []
  })
  afterEach(() => collector.stop())

  const open = (more: Readonly<Record<string, string>> = {}): SpanPipeline => {
    const logger = pino({}, { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) })
    const context = { env: { ...collector.env, ...more }, logger, version: '1', current: () => undefined }
    return new Pipeline(['otlp'], OPTIONS, context, (message) => void lines.push(message))
  }

  test('those that end before the exporter is there are sent too, and closing sends all', async () => {
    const pipeline = open({ OTEL_BSP_SCHEDULE_DELAY: '600000' })
    pipeline.add(span('early'))
    await pipeline.close()
    expect(collector.spans).toMatchObject([{ name: 'early', attributes: { 'protobridge.previous_attempts': 1 } }])
    expect(lines).toEqual([])
  })

  test('so many wait for the exporter as the queue holds', async () => {
    const pipeline = open({ OTEL_BSP_MAX_QUEUE_SIZE: '3' })
    for (let i = 0; i < 10; i++) pipeline.add(span(String(i)))
    await pipeline.close()
    expect(collector.spans.map(({ name }) => name)).toEqual(['0', '1', '2'])
  })

  // In this thread it would be the caller's to catch.
  if (Pipeline === Built) {
    test('a thread that has ended is told of, and replaced', async () => {
      const pipeline = open({ OTEL_BSP_SCHEDULE_DELAY: '10' })
      pipeline.add(ended(rowOf('broken', 1 as never)))
      await until(() => lines.length === 2, 'what is told')
      expect(lines).toEqual([
        'traces cannot be sent: the exporter failed',
        'traces cannot be sent, and are lost until they can be: the thread that sends them has ended',
      ])
      await until(() => {
        pipeline.add(span('after'))
        return collector.spans.length > 0
      }, 'spans after that')
      await pipeline.close()
      expect(lines.slice(2)).toEqual(['traces are taken again'])
      expect(new Set(collector.spans.map(({ name }) => name))).toEqual(new Set(['after']))
    })
  }

  if (Pipeline === Built) {
    test('what cannot be given to a thread is lost and told, and no fault of whoever adds to it', async () => {
      const pipeline = open({ OTEL_BSP_SCHEDULE_DELAY: '10' })
      pipeline.add(ended(rowOf('broken', 2, 1n as never)))
      await until(() => lines.length > 0, 'what is told')
      pipeline.add(span('after'))
      await pipeline.close()
      expect(lines).toEqual([
        expect.stringMatching(/^traces cannot be sent, and are lost until they can be: .*BigInt/),
        'traces are taken again',
      ])
      expect(collector.spans.map(({ name }) => name)).toEqual(['after'])
    })
  }

  // OpenTelemetry's log is the embedding program's here.
  if (Pipeline === Built) {
    test.each([
      {
        partialSuccess: { rejectedSpans: '2', errorMessage: 'too old' },
        told: ['some traces are refused, and lost: too old', 'all traces are taken again'],
      },
      {
        partialSuccess: { rejectedSpans: 1 },
        told: ['some traces are refused, and lost: no reason is given', 'all traces are taken again'],
      },
      { partialSuccess: { errorMessage: 'slow down' }, told: ['of traces the backend says: slow down'] },
    ])('what a backend refuses of a batch is told: $partialSuccess', async ({ partialSuccess, told }) => {
      const pipeline = open({ OTEL_BSP_SCHEDULE_DELAY: '10' })
      collector.partialSuccess = partialSuccess
      for (let batch = 1; batch <= 2; batch++) {
        pipeline.add(span('some'))
        await until(() => collector.spans.length === batch, 'a batch')
      }
      await until(() => lines.length > 0, 'what is told')
      collector.partialSuccess = undefined
      pipeline.add(span('all'))
      await pipeline.close()
      expect(lines).toEqual(told)
    })
  }

  test('what has not been taken at the end is told', async () => {
    const sockets: Socket[] = []
    const hanging = createServer((socket) => void sockets.push(socket.on('error', () => undefined)))
    hanging.listen(0, '127.0.0.1')
    await once(hanging, 'listening')
    const { port } = hanging.address() as AddressInfo
    const pipeline = open({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_TIMEOUT: '10000',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '2',
    })
    for (let i = 0; i < 3; i++) pipeline.add(span(String(i)))
    await pipeline.close()
    expect(lines).toEqual(['traces that had not been taken at the end are lost'])
    for (const socket of sockets) socket.destroy()
    hanging.close()
  })

  test('a backend whose answer never ends is told of in time, and its connections are ended', async () => {
    const sockets = new Set<Socket>()
    const trickling = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined))
      socket.on('close', () => sockets.delete(socket))
      // Never idle for as long as the exporter's own time-out.
      const drip = setInterval(() => socket.write('0'), 50)
      socket
        .on('close', () => clearInterval(drip))
        .once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n')
        })
    })
    trickling.listen(0, '127.0.0.1')
    await once(trickling, 'listening')
    const { port } = trickling.address() as AddressInfo
    const pipeline = open({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_BSP_EXPORT_TIMEOUT: '500',
      OTEL_BSP_SCHEDULE_DELAY: '10',
    })
    pipeline.add(span('one'))
    await until(() => sockets.size > 0, 'a connection')
    await until(() => lines.length > 0 && sockets.size === 0, 'its end')
    pipeline.add(span('two'))
    await until(() => sockets.size > 0, 'another connection')
    await until(() => sockets.size === 0, 'the end of that')
    await pipeline.close()
    expect(lines).toEqual(['traces cannot be sent, and are lost until they can be: no answer within 500 ms'])
    trickling.close()
  })

  test('to a backend that asks for a certificate, by the files that the variables name', async () => {
    const authority = await CertificateAuthority.create()
    const server = await authority.issue({ name: 'backend', altNames: ['127.0.0.1'], use: 'server' })
    const client = await authority.issue({ name: 'gateway', use: 'client' })
    const folder = mkdtempSync(join(tmpdir(), 'spans-'))
    const files = { 'ca.pem': authority.cert, 'cert.pem': client.cert, 'key.pem': client.key }
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
    let isAuthorized: boolean | undefined
    const options = { ...server, ca: authority.cert, requestCert: true }
    const backend = createHttpsServer(options, ({ socket }, res) => {
      isAuthorized = (socket as TLSSocket).authorized
      res.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
    backend.listen(0, '127.0.0.1')
    await once(backend, 'listening')
    const pipeline = open({
      OTEL_EXPORTER_OTLP_ENDPOINT: `https://127.0.0.1:${(backend.address() as AddressInfo).port}`,
      OTEL_EXPORTER_OTLP_TIMEOUT: '5000',
      // That of the signal goes before that of all.
      OTEL_EXPORTER_OTLP_CERTIFICATE: join(folder, 'key.pem'),
      OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: join(folder, 'ca.pem'),
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: join(folder, 'cert.pem'),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: join(folder, 'key.pem'),
    })
    pipeline.add(span('one'))
    await pipeline.close()
    expect([isAuthorized, lines]).toEqual([true, []])
    backend.closeAllConnections()
    backend.close()
    rmSync(folder, { recursive: true })
  })

  test('numbers that are none are told of', async () => {
    await open({ OTEL_BSP_MAX_QUEUE_SIZE: 'big', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '0' }).close()
    expect(lines).toEqual([
      'OTEL_BSP_MAX_QUEUE_SIZE: "big" is not a number of at least 1; taken is 2048',
      'OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "0" is not a number of at least 1; taken is 512',
    ])
  })
})
