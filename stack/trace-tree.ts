/** A span as Jaeger's API tells it. */
export interface Span {
  readonly spanID: string
  readonly operationName: string
  readonly references: readonly { readonly refType: string; readonly spanID: string }[]
  /** µs */
  readonly startTime: number
  readonly duration: number
  readonly processID: string
  readonly tags: readonly { readonly key: string; readonly value: unknown }[]
}

export interface Trace {
  readonly traceID: string
  readonly spans: readonly Span[]
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>
}

/** A trace from Jaeger; undefined: it does not know of it (yet). */
export async function readTrace(jaeger: string, id: string): Promise<Trace | undefined> {
  const answer = await fetch(`${jaeger}/api/traces/${encodeURIComponent(id)}`)
  if (answer.status === 404) return undefined
  if (!answer.ok) throw new Error(`Jaeger answers ${answer.status}`)
  const { data } = (await answer.json()) as { data?: readonly Trace[] }
  return data?.[0]
}

const SHOWN = [
  'span.kind',
  'http.response.status_code',
  'rpc.response.status_code',
  'server.address',
  'server.port',
  'network.peer.port',
  'error.type',
]

/** A trace as a tree, one span a line: when it began, how long it took, whose it is, what it is. */
export function printTrace({ traceID, spans, processes }: Trace): string {
  const start = Math.min(...spans.map(({ startTime }) => startTime))
  const known = new Set(spans.map(({ spanID }) => spanID))
  const lines = [`trace ${traceID}, ${spans.length} spans`]
  const parentOf = (span: Span): string | undefined =>
    span.references.find(({ refType, spanID }) => refType === 'CHILD_OF' && known.has(spanID))?.spanID
  const walk = (parent: string | undefined, depth: number): void => {
    const children = spans.filter((span) => parentOf(span) === parent).sort((a, b) => a.startTime - b.startTime)
    for (const span of children) {
      const service = processes[span.processID]?.serviceName ?? '?'
      const tags = SHOWN.flatMap((key) => {
        const tag = span.tags.find((each) => each.key === key)
        return tag === undefined ? [] : [`${key.split('.').slice(-2).join('.')}=${String(tag.value)}`]
      })
      const at = `${((span.startTime - start) / 1000).toFixed(1)} ms`.padStart(10)
      const took = `${(span.duration / 1000).toFixed(1)} ms`.padStart(10)
      lines.push(`${at}${took}  ${'  '.repeat(depth)}${service}: ${span.operationName}  ${tags.join(' ')}`)
      walk(span.spanID, depth + 1)
    }
  }
  walk(undefined, 0)
  return lines.join('\n')
}
