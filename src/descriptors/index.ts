export type * from './types.js'
export { buildSchema } from './build-schema.js'
export { compileSource } from './compile-source.js'
export { loadProtos, type ProtosOptions } from './load-protos.js'
