export { BackendWatch } from './backend-watch.js'
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
