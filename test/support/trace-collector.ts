import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

/** A span as OTLP has it in JSON. */
export interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  /** undefined, or empty: it has none. */
  readonly parentSpanId: string | undefined
  readonly name: string
  /** 2: server, 3: client. */
  readonly kind: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[]
}

type Written = Omit<OtlpSpan, 'attributes' | 'events'> & {
  readonly attributes: readonly Attribute[]
  readonly events?: readonly { readonly name: string; readonly attributes: readonly Attribute[] }[]
}

interface Body {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly {
      readonly spans: readonly Written[]
    }[]
  }[]
}

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

/** Takes spans by OTLP over HTTP in JSON (`http/json`), hangs, or refuses them, as it is told. */
export class TraceCollector {
  /** What it does with a batch: takes it, keeps it waiting, or answers with this status. */
  mode: 'take' | 'hang' | number = 'take'
  readonly spans: OtlpSpan[] = []
  /** What it says of what it takes: OTLP's `partialSuccess`. */
  partialSuccess: object | undefined
  /** Of the last batch. */
  headers: IncomingHttpHeaders = {}
  resource: Readonly<Record<string, unknown>> = {}
  /** Batches that have come. */
  batches = 0
  readonly #server: Server
  readonly #held: ServerResponse[] = []

  private constructor() {
    this.#server = createServer((req, res) => {
      const chunks: Buffer[] = []
      req.on('data', (chunk: Buffer) => chunks.push(chunk))
      req.on('end', () => this.#take(req.headers, Buffer.concat(chunks).toString(), res))
    })
  }

  /** @param port 0: any */
  static async start(port = 0): Promise<TraceCollector> {
    const collector = new TraceCollector()
    collector.#server.listen(port, '127.0.0.1')
    await once(collector.#server, 'listening')
    return collector
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The variables that send spans here, soon. */
  get env(): Readonly<Record<string, string>> {
    return collectorEnv(this.port)
  }

  /** What it keeps waiting is taken then, so that nobody tries again. */
  async stop(): Promise<void> {
    this.#server.close()
    const open = this.#held.filter((res) => !res.destroyed)
    await Promise.all(open.map((res) => once(res.end('{}'), 'close')))
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  #take(headers: IncomingHttpHeaders, text: string, res: ServerResponse): void {
    this.batches++
    this.headers = headers
    if (this.mode === 'hang') return void this.#held.push(res)
    if (this.mode !== 'take') return void res.writeHead(this.mode).end()
    for (const { resource, scopeSpans } of (JSON.parse(text) as Body).resourceSpans) {
      this.resource = valuesOf(resource.attributes)
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        const { traceId, spanId, parentSpanId, name, kind, events = [] } = span
        this.spans.push({
          ...{ traceId, spanId, parentSpanId, name, kind },
          attributes: valuesOf(span.attributes),
          events: events.map((event) => ({ name: event.name, attributes: valuesOf(event.attributes) })),
        })
      }
    }
    res
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ partialSuccess: this.partialSuccess }))
  }
}

export function collectorEnv(port: number): Readonly<Record<string, string>> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_TIMEOUT: '300',
    OTEL_BSP_SCHEDULE_DELAY: '20',
  }
}

const valuesOf = (attributes: readonly Attribute[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
