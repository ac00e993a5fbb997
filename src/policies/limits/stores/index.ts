import type { LimitsConfig } from '../../../config/index.js'
import type { LimitStore, StoreNotes } from '../types.js'
import { clusterStore } from './cluster.js'
import { memoryStore } from './memory.js'
import { redisStore } from './redis.js'

/** Makes a store that opens nothing until it is told to. */
export type LimitStoreFactory = (config: LimitsConfig, notes: StoreNotes) => LimitStore

/** The one table of stores. */
export const stores: Readonly<Record<LimitsConfig['store']['kind'], LimitStoreFactory>> = {
  memory: memoryStore,
  cluster: clusterStore,
  redis: redisStore,
}
