export type * from './types.js'
export { buildSnapshot, type BuildOptions, type Built } from './build.js'
export { SchemaMemory } from './schema-memory.js'
export { SharedUpstreams, type HeldUpstreams } from './shared-upstreams.js'
