import { keepObjectsYoung } from '../../src/cli/young-objects.js'
import { createGateway } from '../../src/index.js'
import { beMeasured } from './measured.js'
import { benchProto, protoRoots } from './proto.js'

/**
 * The gateway itself, as `serve` runs it. UPSTREAM_TARGET, BALANCER and TRANSPORT where they are not the usual; POLICIES, AUTH,
 * LIMITS, UPSTREAM, TELEMETRY and TLS are JSON of what the configuration has besides.
 */
const {
  UPSTREAM_PORT = '',
  UPSTREAM_TARGET = `static:///127.0.0.1:${UPSTREAM_PORT}`,
  BALANCER,
  TRANSPORT,
  POLICIES = '[]',
  UPSTREAM = '{}',
  AUTH = '{}',
  TELEMETRY = '{}',
  LIMITS = '{}',
  TLS,
} = process.env
keepObjectsYoung()
const gateway = await createGateway({
  listen: { host: '127.0.0.1', port: 0, ...(TLS === undefined ? {} : { tls: JSON.parse(TLS) as unknown }) },
  admin: { port: 0 },
  schema: [{ protos: [benchProto], roots: protoRoots }],
  upstreams: {
    echo: {
      target: UPSTREAM_TARGET,
      services: ['bench.v1.*'],
      balancer: BALANCER ?? 'round_robin',
      transport: TRANSPORT ?? 'http2',
      ...(JSON.parse(UPSTREAM) as object),
    },
  },
  auth: JSON.parse(AUTH) as unknown,
  limits: JSON.parse(LIMITS) as unknown,
  policies: JSON.parse(POLICIES) as unknown,
  telemetry: { traces: 'none', metrics: 'none', accessLog: 'none', ...(JSON.parse(TELEMETRY) as object) },
  watch: false,
})
const { urls } = await gateway.listen()
beMeasured(Number(new URL(urls[0]!).port))
