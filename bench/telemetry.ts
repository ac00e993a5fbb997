import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startCollector } from './collector.js'
import { benchCosts, type Costed, type CostRun } from './costs.js'

/* What it costs to tell of requests. */

/** Prints CPU per request without and with each, in units of the bare responder. @returns the number of failed requests */
export async function benchTelemetry(length: CostRun): Promise<number> {
  const collector = await startCollector()
  const folder = mkdtempSync(join(tmpdir(), 'protobridge-bench-'))
  try {
    return await benchCosts(rowsOf(collector.url, join(folder, 'access.log')), length)
  } finally {
    rmSync(folder, { recursive: true })
    collector.close()
  }
}

/** Nobody listens there. */
const REFUSING = 'http://127.0.0.1:1'
const SAMPLED_CALLER = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n'
const UNSAMPLED_CALLER = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r\n'

function rowsOf(collector: string, file: string): readonly Costed[] {
  const server = 'protobridge'
  const traces = (sampler: string, share = '', to = collector): Pick<Costed, 'telemetry' | 'env'> => ({
    telemetry: { traces: 'otlp' },
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: to,
      OTEL_TRACES_SAMPLER: sampler,
      OTEL_TRACES_SAMPLER_ARG: share,
    },
  })
  const hanging = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector}/hang`,
    OTEL_EXPORTER_OTLP_TIMEOUT: '200',
    OTEL_METRIC_EXPORT_INTERVAL: '500',
  }
  return [
    { name: 'bare', server: 'bare' },
    { name: 'nothing is told', server },
    { name: 'traces, none sampled', server, ...traces('parentbased_always_off') },
    { name: 'traces, caller does not sample', server, ...traces('parentbased_always_on'), headers: UNSAMPLED_CALLER },
    {
      name: 'traces, 1 % sampled',
      server,
      ...traces('parentbased_traceidratio', '0.01'),
      warmUpHeaders: SAMPLED_CALLER,
    },
    { name: 'traces, all sampled', server, ...traces('parentbased_always_on') },
    { name: 'traces, all, the backend hangs', server, ...traces('always_on', '', `${collector}/hang`) },
    { name: 'traces, all, the backend refuses', server, ...traces('always_on', '', REFUSING) },
    { name: 'metrics', server, telemetry: { metrics: 'prometheus' } },
    { name: 'metrics, the backend hangs', server, telemetry: { metrics: 'otlp' }, env: hanging },
    { name: 'access log, JSON', server, telemetry: { accessLog: { file } } },
    { name: 'access log, combined', server, telemetry: { accessLog: { file, format: 'combined' } } },
    { name: 'metrics and access log', server, telemetry: { metrics: 'prometheus', accessLog: { file } } },
  ]
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await benchTelemetry({ seconds: 3, rounds: 5 })
}
