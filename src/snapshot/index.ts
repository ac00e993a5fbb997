export type * from './types.js'
export { buildSnapshot, type BuildOptions, type Built } from './build.js'
export { SharedUpstreams, type HeldUpstreams } from './shared-upstreams.js'
