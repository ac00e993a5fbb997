import type { MetricDefinition } from './types.js'

/** Semantic conventions, "HTTP metrics" and "RPC metrics": the buckets of both, in seconds. */
const DURATION_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const SIZE_BOUNDS = [64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216]
const TRANSCODE_BOUNDS = [1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.1]

const ROUTE = ['http.route', 'rpc.method']
const REQUEST = ['http.request.method', 'url.scheme', 'http.response.status_code', 'error.type', ...ROUTE]

const gauge = (name: string, unit: string, meaning: string, attributes: readonly string[] = []): MetricDefinition => ({
  name,
  kind: 'gauge',
  unit,
  meaning,
  attributes,
  merge: 'max',
})

/**
 * The one table of metrics. Names, units and attributes are those of OpenTelemetry's semantic conventions
 * (https://opentelemetry.io/docs/specs/semconv/), where these have one; what is ours begins with `protobridge.`.
 */
export const METRICS: readonly MetricDefinition[] = [
  {
    name: 'http.server.request.duration',
    kind: 'histogram',
    unit: 's',
    meaning: 'from the headers of a request to the last byte of its response',
    attributes: REQUEST,
    bounds: DURATION_BOUNDS,
    merge: 'sum',
  },
  {
    name: 'http.server.active_requests',
    kind: 'up-down counter',
    unit: '{request}',
    meaning: 'requests under way',
    attributes: ['http.request.method', 'url.scheme'],
    merge: 'sum',
  },
  {
    name: 'http.server.request.body.size',
    kind: 'histogram',
    unit: 'By',
    meaning: 'bodies of requests, as they came',
    attributes: REQUEST,
    bounds: SIZE_BOUNDS,
    merge: 'sum',
  },
  {
    name: 'http.server.response.body.size',
    kind: 'histogram',
    unit: 'By',
    meaning: 'bodies of responses, as they went',
    attributes: REQUEST,
    bounds: SIZE_BOUNDS,
    merge: 'sum',
  },
  {
    name: 'rpc.client.call.duration',
    kind: 'histogram',
    unit: 's',
    meaning: 'an attempt at an upstream call, each by itself',
    attributes: [
      'rpc.system.name',
      'rpc.method',
      'rpc.response.status_code',
      'error.type',
      'server.address',
      'server.port',
      'protobridge.upstream',
    ],
    bounds: DURATION_BOUNDS,
    merge: 'sum',
  },
  {
    name: 'rpc.client.duration',
    kind: 'histogram',
    unit: 'ms',
    meaning: 'the same by its old name: only with `OTEL_SEMCONV_STABILITY_OPT_IN=rpc/dup`',
    attributes: ['rpc.system', 'rpc.service', 'rpc.method', 'rpc.grpc.status_code', 'server.address', 'server.port'],
    bounds: DURATION_BOUNDS.map((seconds) => seconds * 1000),
    merge: 'sum',
  },
  {
    name: 'protobridge.transcode.duration',
    kind: 'histogram',
    unit: 's',
    meaning: 'turning a body into protobuf, or protobuf into a body',
    attributes: ['protobridge.transcode.direction', ...ROUTE],
    bounds: TRANSCODE_BOUNDS,
    merge: 'sum',
  },
  {
    name: 'protobridge.errors',
    kind: 'counter',
    unit: '{error}',
    meaning: 'errors made by the gateway itself, by reason ([errors](errors.md))',
    attributes: ['error.type', ...ROUTE],
    merge: 'sum',
  },
  {
    name: 'protobridge.auth.decisions',
    kind: 'counter',
    unit: '{decision}',
    meaning: 'who was asked who they are: `allowed` by a provider, or `denied` for a reason',
    attributes: ['protobridge.decision', 'protobridge.auth.provider', 'error.type', 'rpc.method'],
    merge: 'sum',
  },
  {
    name: 'protobridge.limit.decisions',
    kind: 'counter',
    unit: '{decision}',
    meaning: 'requests that `limits` or `concurrency` counted: `allowed`, or `denied` for a reason',
    attributes: ['protobridge.decision', 'error.type', 'rpc.method'],
    merge: 'sum',
  },
  gauge('protobridge.upstream.endpoints', '{endpoint}', 'endpoints of an upstream, by state', [
    'protobridge.upstream',
    'protobridge.endpoint.state',
  ]),
  {
    name: 'protobridge.upstream.active_calls',
    kind: 'up-down counter',
    unit: '{call}',
    meaning: 'attempts under way on the endpoints of an upstream',
    attributes: ['protobridge.upstream'],
    merge: 'sum',
  },
  gauge('protobridge.discovery.age', 's', 'since discovery last told of an upstream’s endpoints', [
    'protobridge.upstream',
  ]),
  gauge('protobridge.auth.keys.age', 's', 'since the keys of an issuer were last fetched', [
    'protobridge.auth.provider',
  ]),
  gauge('protobridge.snapshot.generation', '{snapshot}', 'configurations that were served, this one included'),
  gauge('protobridge.snapshot.age', 's', 'since the configuration took over'),
  gauge('nodejs.eventloop.delay.mean', 's', 'how late the event loop is, on average'),
  gauge('nodejs.eventloop.delay.p50', 's', 'how late it is, the half of the time at most'),
  gauge('nodejs.eventloop.delay.p99', 's', 'how late it is, 99 % of the time at most'),
  gauge('nodejs.eventloop.delay.max', 's', 'how late it is at worst'),
  gauge('nodejs.eventloop.utilization', '1', 'share of the time the event loop is busy'),
  {
    name: 'process.cpu.time',
    kind: 'counter',
    unit: 's',
    meaning: 'processor time',
    attributes: ['cpu.mode'],
    merge: 'sum',
    isObserved: true,
  },
  {
    name: 'process.memory.usage',
    kind: 'up-down counter',
    unit: 'By',
    meaning: 'physical memory in use',
    attributes: [],
    merge: 'sum',
  },
  {
    name: 'v8js.memory.heap.used',
    kind: 'up-down counter',
    unit: 'By',
    meaning: 'heap memory in use',
    attributes: ['v8js.heap.space.name'],
    merge: 'sum',
  },
  gauge('process.uptime', 's', 'since the process began'),
]

const byName = new Map(METRICS.map((metric) => [metric.name, metric]))

export function metricOf(name: string): MetricDefinition {
  const metric = byName.get(name)
  if (metric === undefined) throw new Error(`no metric is named ${name}`)
  return metric
}
