export type * from './types.js'
export { buildSnapshot, buildWaitingSnapshot } from './build.js'
export { SharedUpstreams, type HeldUpstreams } from './shared-upstreams.js'
