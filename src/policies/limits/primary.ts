import cluster, { type Worker } from 'node:cluster'
import { isCount, isUse, type AnswerMessage, type CountMessage } from './cluster-messages.js'
import { MemoryLimiter } from './memory-limiter.js'
import type { Quota } from './types.js'

/**
 * Counts, in the primary process of a cluster, for all its workers whose `limits.store` is `cluster`. To be called before the first
 * worker is forked. Counters live as long as a worker uses their limit, and over the end of any of them.
 */
export function openLimitPrimary(): { close(): void } {
  const primary = new LimitPrimary()
  const onMessage = (worker: Worker, message: unknown): void => primary.take(worker, message)
  const onExit = ({ id }: Worker): void => primary.leave(id)
  cluster.on('message', onMessage)
  cluster.on('exit', onExit)
  return {
    close: () => {
      cluster.off('message', onMessage)
      cluster.off('exit', onExit)
    },
  }
}

class LimitPrimary {
  readonly #limiters = new Map<string, MemoryLimiter>()
  /** Ids of what each worker uses, and of what it used before: requests under way may still be counted by that. */
  readonly #used = new Map<number, readonly [now: ReadonlySet<string>, before: ReadonlySet<string>]>()

  take(worker: Worker, message: unknown): void {
    if (isUse(message)) this.#use(worker.id, message.use)
    else if (isCount(message)) this.#count(worker, message.count)
  }

  leave(worker: number): void {
    this.#used.delete(worker)
  }

  #use(worker: number, quotas: readonly Quota[]): void {
    for (const quota of quotas) {
      if (!this.#limiters.has(quota.id)) this.#limiters.set(quota.id, new MemoryLimiter(quota))
    }
    const [before = new Set<string>()] = this.#used.get(worker) ?? []
    this.#used.set(worker, [new Set(quotas.map(({ id }) => id)), before])
    const used = [...this.#used.values()].flat()
    for (const id of this.#limiters.keys()) {
      if (!used.some((ids) => ids.has(id))) this.#limiters.delete(id)
    }
  }

  #count(worker: Worker, count: CountMessage['count']): void {
    const counted = count.map(([number, id, key, cost]) => {
      const verdict = this.#limiters.get(id)?.consume(key, cost)
      // A limit that is no longer anybody's.
      if (verdict === undefined) return [number, true, 0, 0] as const
      return [number, verdict.isAllowed, verdict.remaining, verdict.msBeforeNext] as const
    })
    const message: AnswerMessage = { for: 'protobridge limits', counted }
    // A worker that has gone meanwhile asks nothing: without the listener its end would be an error event.
    if (worker.isConnected()) worker.send(message, () => undefined)
  }
}
