export type * from './types.js'
export { openListener } from './listener.js'
