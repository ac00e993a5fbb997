import { createGateway } from '../../src/index.js'
import { root } from './proto.js'

/** Loads a gateway over the protos in a folder, and tells how long that took and what it holds. */
const [folder = ''] = process.argv.slice(2)
const begun = performance.now()
const gateway = await createGateway({
  schema: [{ protos: ['**/*.proto'], roots: [folder, `${root}/protos`] }],
  upstreams: { one: { target: 'static:///127.0.0.1:1', services: ['*'] } },
  telemetry: { metrics: 'none', accessLog: 'none' },
  watch: false,
})
const milliseconds = performance.now() - begun
process.send?.({ milliseconds, rss: process.memoryUsage.rss() })
await gateway.close()
