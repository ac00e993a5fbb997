export { BoundedCache } from './bounded-cache.js'
