import type { ShedConfig } from '../../config/index.js'
import type { PolicyKind } from '../types.js'
import { EventLoopDelay } from './event-loop.js'
import { PRIORITIES, Shedder } from './shedder.js'

export { EventLoopDelay, type LoopClock } from './event-loop.js'
export { PRIORITIES, Shedder, type Priority } from './shedder.js'

/** There is one event loop. A pending timer of it does not keep the process. */
const delay = new EventLoopDelay({
  now: () => performance.now(),
  later: (listener, ms) => void setTimeout(listener, ms).unref(),
})
/** By bound: what is known of the load outlives a configuration. */
const shedders = new Map<number, Shedder>()

export function shedderOf({ eventLoopDelayMs }: ShedConfig): Shedder {
  let shedder = shedders.get(eventLoopDelayMs)
  if (shedder === undefined) shedders.set(eventLoopDelayMs, (shedder = new Shedder(eventLoopDelayMs, delay)))
  return shedder
}

/** `shed`, and the `priority` of methods: runs before anything that costs, behind CORS, so that pages can read that they are to wait. */
export const shedding: PolicyKind = {
  name: 'shed',
  compile: (_method, { priority = 'normal' }, { shedder }) => {
    if (shedder === undefined) return undefined
    const rank = PRIORITIES.indexOf(priority)
    return {
      filter: () => {
        const refusal = shedder.refusalOf(rank)
        if (refusal !== undefined) throw refusal
        return undefined
      },
    }
  },
}
