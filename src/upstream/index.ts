export type * from './types.js'
export { hashOf } from './balancers/index.js'
export { createUpstream, type UpstreamDependencies, type UpstreamOptions } from './upstream.js'
export { validateTarget } from './resolvers/index.js'
export {
  resilientCall,
  RetryBudget,
  systemResilience,
  type ResilienceSettings,
  type RetrySettings,
  type UnaryCall,
  type UnaryEnd,
} from './resilience/index.js'
export { validateTls } from './tls-context.js'
export { grpcJsTransport, http2Transport, transports, type TransportName } from './transports/index.js'
export type { Subset } from './endpoint-set.js'
export * from './traffic/index.js'
