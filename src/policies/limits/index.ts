export { Limiters, MemoryLimiter } from './limiter.js'
export { addressLimits, callerLimits } from './limits.js'
