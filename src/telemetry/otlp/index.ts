export { BackendWatch } from './backend-watch.js'
export { checkOtlp } from './check.js'
export { OtlpConnections } from './connections.js'
export {
  hasOtlpVariable,
  inEnvironment,
  isSdkDisabled,
  listOf,
  numberOf,
  otlpEndpointOf,
  otlpProtocolOf,
  textOf,
  type OtlpProtocol,
  type Signal,
  type Warn,
} from './environment.js'
export { resourceAttributes } from './resource.js'
export { TimedExports } from './timed-exports.js'
