export type * from './types.js'
export { openAdmin } from './listener.js'
