export type * from './types.js'
export { createAdminApp } from './app.js'
export { openAdmin } from './listener.js'
