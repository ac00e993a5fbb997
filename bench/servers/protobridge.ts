import { createGateway } from '../../src/index.js'
import { beMeasured } from './measured.js'
import { benchProto, protoRoots } from './proto.js'

/** The gateway itself, as `serve` runs it. */
const gateway = await createGateway({
  listen: { host: '127.0.0.1', port: 0 },
  admin: { port: 0 },
  schema: [{ protos: [benchProto], roots: protoRoots }],
  upstreams: {
    echo: {
      target: `static:///127.0.0.1:${process.env['UPSTREAM_PORT'] ?? ''}`,
      services: ['bench.v1.*'],
      transport: process.env['TRANSPORT'] ?? 'http2',
    },
  },
  telemetry: { traces: 'none', metrics: 'none', accessLog: 'none' },
  watch: false,
})
const { urls } = await gateway.listen()
beMeasured(Number(new URL(urls[0]!).port))
