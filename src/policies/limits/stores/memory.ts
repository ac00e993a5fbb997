import { MemoryLimiter } from '../memory-limiter.js'
import type { LimitStore } from '../types.js'

/** `store: memory`: each process counts for itself. */
export function memoryStore(): LimitStore {
  return {
    waitMs: 0,
    limiter: (quota) => new MemoryLimiter(quota),
    open: () => undefined,
    keep: () => undefined,
    close: () => undefined,
  }
}
