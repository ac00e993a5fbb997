export { canonicalPath } from './canonical-path.js'
export { createRouter } from './router.js'
export type * from './types.js'
