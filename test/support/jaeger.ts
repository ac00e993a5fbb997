import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { poll } from './consul-agent.js'

const PROGRAM = fileURLToPath(new URL('../../.tools/jaeger/jaeger', import.meta.url))

/** scripts/get-jaeger.mjs has built it there. */
export function hasJaeger(): boolean {
  const isThere = existsSync(PROGRAM)
  if (!isThere) console.log('skipped: no jaeger binary')
  return isThere
}

/** A span as Jaeger's query API tells it. */
export interface JaegerSpan {
  readonly traceId: string
  readonly spanId: string
  /** undefined: it has no parent in its trace. */
  readonly parentId: string | undefined
  readonly service: string
  /** Of the resource that tells of it, but for `service.name`. */
  readonly resource: Readonly<Record<string, unknown>>
  readonly name: string
  readonly startUs: number
  readonly durationUs: number
  readonly tags: Readonly<Record<string, unknown>>
  readonly events: readonly Readonly<Record<string, unknown>>[]
  /** Spans of other traces that it is linked to. */
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
}

/** A real Jaeger on free ports of this machine, its traces in memory. */
export class Jaeger {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`, with HTTP and with gRPC. */
  readonly otlpHttp: string
  readonly otlpGrpc: string
  readonly #query: string
  readonly #process: ChildProcess
  #output = ''

  private constructor(ports: readonly number[]) {
    const at = (i: number): string => `127.0.0.1:${ports[i]!}`
    this.otlpHttp = `http://${at(0)}`
    this.otlpGrpc = `http://${at(1)}`
    this.#query = `http://${at(2)}`
    const listeners = {
      'collector.otlp.http': at(0),
      'collector.otlp.grpc': at(1),
      'query.http-server': at(2),
      'query.grpc-server': at(3),
      'admin.http': at(4),
      'collector.http-server': at(5),
      'collector.grpc-server': at(6),
    }
    const args = Object.entries(listeners).map(([name, address]) => `--${name}.host-port=${address}`)
    this.#process = spawn(PROGRAM, [...args, '--log-level=warn'], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#process.stdout!, this.#process.stderr!]) {
      stream.on('data', (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-4000)))
    }
  }

  static async start(): Promise<Jaeger> {
    const jaeger = new Jaeger(await freePorts(7))
    await poll('Jaeger to answer', async () => {
      if (jaeger.#process.exitCode !== null) throw new Error(`Jaeger has stopped: ${jaeger.#output}`)
      return (await jaeger.#ask('/api/services')) !== undefined
    })
    return jaeger
  }

  /** The spans of a trace, each before those under it, once there are as many as are waited for. */
  async trace(traceId: string, spans: number): Promise<readonly JaegerSpan[]> {
    let found: readonly JaegerSpan[] = []
    await poll(
      `${spans} spans of the trace ${traceId} in Jaeger`,
      async () => {
        found = spansOf(await this.#ask(`/api/traces/${traceId}`))
        return found.length >= spans
      },
      { everyMs: 100 },
    )
    return found
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGKILL')
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit')
  }

  /** undefined: it does not answer yet, or knows nothing. */
  async #ask(path: string): Promise<unknown> {
    try {
      const response = await fetch(this.#query + path)
      return response.ok ? await response.json() : undefined
    } catch {
      return undefined
    }
  }
}

interface Tag {
  readonly key: string
  readonly value: unknown
}

interface Answer {
  readonly data: readonly {
    readonly spans: readonly {
      readonly traceID: string
      readonly spanID: string
      readonly operationName: string
      readonly references: readonly { readonly refType: string; readonly traceID: string; readonly spanID: string }[]
      readonly startTime: number
      readonly duration: number
      readonly tags: readonly Tag[]
      readonly logs: readonly { readonly fields: readonly Tag[] }[]
      readonly processID: string
    }[]
    readonly processes: Readonly<Record<string, { readonly serviceName: string; readonly tags: readonly Tag[] }>>
  }[]
}

const fieldsOf = (tags: readonly Tag[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(tags.map(({ key, value }) => [key, value]))

function spansOf(answer: unknown): readonly JaegerSpan[] {
  const [trace] = (answer as Answer | undefined)?.data ?? []
  const spans = (trace?.spans ?? []).map((span) => ({
    traceId: span.traceID,
    spanId: span.spanID,
    parentId: span.references.find(({ refType, traceID }) => refType === 'CHILD_OF' && traceID === span.traceID)
      ?.spanID,
    service: trace!.processes[span.processID]!.serviceName,
    resource: fieldsOf(trace!.processes[span.processID]!.tags),
    name: span.operationName,
    startUs: span.startTime,
    durationUs: span.duration,
    tags: fieldsOf(span.tags),
    events: span.logs.map(({ fields }) => fieldsOf(fields)),
    links: span.references
      .filter(({ refType }) => refType !== 'CHILD_OF')
      .map(({ traceID, spanID }) => ({ traceId: traceID, spanId: spanID })),
  }))
  return inTreeOrder(spans)
}

/**
 * Each span before those under it, and those in the order they began. Of one trace's spans those of several processes cannot be
 * told apart by time alone: they begin in the same millisecond, and an SDK's clock has no smaller part.
 */
function inTreeOrder(spans: readonly JaegerSpan[]): readonly JaegerSpan[] {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const under = (parent: string | undefined): readonly JaegerSpan[] =>
    spans
      .filter(({ parentId }) => (parentId !== undefined && ids.has(parentId) ? parentId : undefined) === parent)
      .sort((a, b) => a.startUs - b.startUs)
      .flatMap((span) => [span, ...under(span.spanId)])
  return under(undefined)
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
