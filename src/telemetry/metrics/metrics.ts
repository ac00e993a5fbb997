import { listOf } from '../otlp/index.js'
import type { TelemetryContext, TelemetryKind } from '../types.js'
import { addServed, serverNameOf } from './observed-series.js'
import { ProcessSeries } from './process-series.js'
import { addRecorded, type ServerName } from './recorded-series.js'
import { Recorder } from './recorder.js'
import { addUp, SeriesSet } from './series-set.js'
import type { MetricsSnapshot, Teller } from './types.js'

/**
 * `telemetry.metrics`: one source of counts, read by whoever asks at `/metrics`, or by what sends them over OTLP. What
 * writes them is OpenTelemetry's, and loaded only where metrics are served: it takes a part of the start-up.
 */
export const metrics: TelemetryKind = {
  name: 'metrics',
  settingsOf: ({ metrics: how }, env) => {
    if (how === 'none' || (how === 'otlp' && listOf(env, 'OTEL_METRICS_EXPORTER').includes('none'))) return undefined
    return how
  },
  open: ({ metrics: how }, context) => {
    const source = new MetricsSource(context)
    const snapshot = (): MetricsSnapshot => source.snapshot()
    const { recorder: observer } = source
    if (how === 'otlp') {
      const reader = import('./otlp-reader.js').then(({ OtlpReader }) => new OtlpReader(snapshot, context))
      reader.catch((error: unknown) => context.logger.error({ err: error }, 'metrics cannot be sent'))
      return {
        observer,
        metricsSnapshot: snapshot,
        close: async () => {
          await reader.then((one) => one.close()).catch(() => undefined)
          source.close()
        },
      }
    }
    const exposition = loadExposition()
    return {
      observer,
      metricsSnapshot: snapshot,
      prometheus: async (others) => {
        const { prometheusText } = await exposition
        return prometheusText(addUp([source.snapshot(), ...others]), context)
      },
      close: () => Promise.resolve(source.close()),
    }
  },
}

/** What several processes tell, in the Prometheus text format. */
export async function prometheusOf(snapshots: readonly MetricsSnapshot[], teller: Teller): Promise<string> {
  const { prometheusText } = await loadExposition()
  return prometheusText(addUp(snapshots), teller)
}

function loadExposition() {
  const exposition = import('./prometheus.js')
  // Whoever asks for it is told.
  exposition.catch(() => undefined)
  return exposition
}

/** All that is counted in this process. */
class MetricsSource {
  readonly recorder = new Recorder()
  readonly #context: TelemetryContext
  readonly #hasOldNames: boolean
  readonly #process = new ProcessSeries()
  /** Of upstreams that have been served. */
  readonly #servers = new Map<string, ServerName>()

  constructor(context: TelemetryContext) {
    this.#context = context
    this.#hasOldNames = listOf(context.env, 'OTEL_SEMCONV_STABILITY_OPT_IN').includes('rpc/dup')
  }

  snapshot(): MetricsSnapshot {
    const series = new SeriesSet()
    const served = this.#context.current()
    for (const { name, target } of served?.upstreams ?? []) this.#servers.set(name, serverNameOf(target))
    addRecorded(this.recorder, series, {
      serverOf: (upstream) => this.#servers.get(upstream),
      hasOldNames: this.#hasOldNames,
    })
    if (served !== undefined) addServed(served, series, Date.now())
    this.#process.add(series)
    return series.snapshot
  }

  close(): void {
    this.#process.close()
  }
}
