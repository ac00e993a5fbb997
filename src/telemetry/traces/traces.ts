import type { Environment, TelemetryConfig } from '../../config/index.js'
import { hasOtlpVariable, isSdkDisabled, listOf, numberOf, textOf, type Warn } from '../otlp/index.js'
import type { OpenTelemetryKind, TelemetryContext, TelemetryKind } from '../types.js'
import { ActiveSpans } from './active-span.js'
import type { ServerName } from './attempt-span.js'
import { SpanPipeline, type ExporterName } from './pipeline.js'
import { propagationOf } from './propagation.js'
import { samplerOf } from './sampler.js'
import { cutters } from './span-parts.js'
import { TraceObserver } from './trace-observer.js'

const EXPORTERS: readonly string[] = ['otlp', 'console'] satisfies ExporterName[]
/**
 * Of text in attributes, where no variable says another. The specification has none, and a client's header may be 16 KiB: a full
 * queue of those would be hundreds of megabytes.
 */
const MAX_VALUE_LENGTH = 2048
/** As the specification has it. */
const MAX_EVENTS = 128

export const traces: TelemetryKind = {
  name: 'traces',
  settingsOf: ({ traces: setting, trustInbound, credentialParameters }, env) =>
    isOn(setting, env) ? { trustInbound, credentialParameters } : undefined,
  open,
}

/** Without a word in the configuration, the environment decides. */
function isOn(setting: TelemetryConfig['traces'], env: Environment): boolean {
  const exporters = listOf(env, 'OTEL_TRACES_EXPORTER')
  if (setting === 'none' || isSdkDisabled(env) || exporters.includes('none')) return false
  return setting === 'otlp' || exporters.length > 0 || hasOtlpVariable(env, 'TRACES')
}

function open({ trustInbound, credentialParameters }: TelemetryConfig, context: TelemetryContext): OpenTelemetryKind {
  const { env, logger } = context
  const warn: Warn = (message) => logger.warn(message)
  const maxValueLength = valueLengthOf(env, warn)
  const saysOldNames = listOf(env, 'OTEL_SEMCONV_STABILITY_OPT_IN').includes('rpc/dup')
  const options = { credentialParameters, saysOldNames, maxValueLength }
  const pipeline = new SpanPipeline(exportersOf(env, warn), options, context, warn)
  const { cut, cutQuery } = cutters(options)
  const add = pipeline.add.bind(pipeline)
  const active = new ActiveSpans()
  const observer = new TraceObserver({
    sample: samplerOf(env, warn),
    propagation: propagationOf(env, warn),
    active,
    trustInbound,
    cut,
    cutQuery,
    maxEvents: numberOf(env, 'OTEL_SPAN_EVENT_COUNT_LIMIT', MAX_EVENTS, 0, warn),
    attempts: { cut, serverOf: serverNames(context), add },
    add,
  })
  const close = (): Promise<void> => {
    active.close()
    return pipeline.close()
  }
  return { observer, close }
}

function exportersOf(env: Environment, warn: Warn): readonly ExporterName[] {
  const asked = listOf(env, 'OTEL_TRACES_EXPORTER')
  for (const name of asked.filter((candidate) => !EXPORTERS.includes(candidate))) {
    warn(`OTEL_TRACES_EXPORTER: ${JSON.stringify(name)} is none of ${EXPORTERS.join(', ')}, none; left out`)
  }
  const known = asked.filter((name) => EXPORTERS.includes(name)) as ExporterName[]
  return known.length === 0 ? ['otlp'] : known
}

function valueLengthOf(env: Environment, warn: Warn): number {
  const name = ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'].find(
    (candidate) => textOf(env, candidate) !== undefined,
  )
  return name === undefined ? MAX_VALUE_LENGTH : numberOf(env, name, MAX_VALUE_LENGTH, 0, warn)
}

/** `dns:` targets by upstream, as long as one configuration is served. */
function serverNames({ current }: TelemetryContext): (upstream: string) => ServerName | undefined {
  let generation = -1
  let names = new Map<string, ServerName>()
  return (upstream) => {
    const served = current()
    if (served !== undefined && served.generation !== generation) {
      generation = served.generation
      names = new Map(
        served.upstreams.flatMap(({ name, target }) => {
          const server = serverNameOf(target)
          return server === undefined ? [] : [[name, server] as const]
        }),
      )
    }
    return names.get(upstream)
  }
}

/** The host and port of `dns:host:port` and `dns://server/host:port`. */
function serverNameOf(target: string): ServerName | undefined {
  const match = /^dns:(?:\/\/[^/]*\/)?(?:\[([^\]]+)\]|([^:/]+)):(\d+)$/.exec(target)
  return match === null ? undefined : { address: (match[1] ?? match[2])!, port: Number(match[3]) }
}
