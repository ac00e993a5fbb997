export { LimiterSet, Limiters } from './limiters.js'
export { addressLimits, callerLimits } from './limits.js'
export { openLimitPrimary } from './primary.js'
export type { StoreNotes } from './types.js'
