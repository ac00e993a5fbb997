import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { pino } from 'pino'
import { SpanPipeline } from '../../src/telemetry/traces/pipeline.js'
import type { SpanParts } from '../../src/telemetry/traces/recorded-span.js'
import { until } from '../support/calls.js'
import { TraceCollector } from '../support/trace-collector.js'

const parts = (name: string): SpanParts => ({
  name,
  kind: 1,
  context: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 },
  parent: undefined,
  startMs: 1_700_000_000_000.25,
  endMs: 1_700_000_000_001.5,
  status: { code: 0 },
  attributes: { 'protobridge.attempts': 1 },
  links: [],
  events: [],
  droppedEvents: 0,
})

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
    return new Pipeline(['otlp'], context, (message) => void lines.push(message))
  }

  test('those that end before the exporter is there are sent too, and closing sends all', async () => {
    const pipeline = open({ OTEL_BSP_SCHEDULE_DELAY: '600000' })
    pipeline.add(parts('early'))
    await pipeline.close()
    expect(collector.spans).toMatchObject([{ name: 'early', attributes: { 'protobridge.attempts': 1 } }])
    expect(lines).toEqual([])
  })

  test('so many wait for the exporter as the queue holds', async () => {
    const pipeline = open({ OTEL_BSP_MAX_QUEUE_SIZE: '3' })
    for (let i = 0; i < 10; i++) pipeline.add(parts(String(i)))
    await pipeline.close()
    expect(collector.spans.map(({ name }) => name)).toEqual(['0', '1', '2'])
  })

  // In this thread it would be the caller's to catch.
  if (Pipeline === Built) {
    test('a thread that has ended is told of, and replaced', async () => {
      const pipeline = open({ OTEL_BSP_SCHEDULE_DELAY: '10' })
      pipeline.add({ ...parts('broken'), links: null as never })
      await until(() => lines.length === 2, 'what is told')
      expect(lines).toEqual([
        'traces cannot be sent: the exporter failed',
        'traces cannot be sent, and are lost until they can be: the thread that sends them has ended',
      ])
      await until(() => {
        pipeline.add(parts('after'))
        return collector.spans.length > 0
      }, 'spans after that')
      await pipeline.close()
      expect(lines.slice(2)).toEqual(['traces are taken again'])
      expect(new Set(collector.spans.map(({ name }) => name))).toEqual(new Set(['after']))
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
    for (let i = 0; i < 3; i++) pipeline.add(parts(String(i)))
    await pipeline.close()
    expect(lines).toEqual(['traces that had not been taken at the end are lost'])
    for (const socket of sockets) socket.destroy()
    hanging.close()
  })

  test('numbers that are none are told of', async () => {
    await open({ OTEL_BSP_MAX_QUEUE_SIZE: 'big', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '0' }).close()
    expect(lines).toEqual([
      'OTEL_BSP_MAX_QUEUE_SIZE: "big" is not a number of at least 1; taken is 2048',
      'OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "0" is not a number of at least 1; taken is 512',
    ])
  })
})
