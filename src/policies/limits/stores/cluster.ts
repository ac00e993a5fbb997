import cluster from 'node:cluster'
import type { LimitsConfig } from '../../../config/index.js'
import { isAnswer, type CountMessage, type UseMessage } from '../cluster-messages.js'
import { InsuredStore } from '../insured-store.js'
import type { LimitStore, Quota, RemoteStore, StoreNotes, Verdict } from '../types.js'
import { memoryStore } from './memory.js'

/**
 * `store: cluster`: the primary process counts for all its workers (`openLimitPrimary` there). A process that is nobody's worker
 * counts for itself.
 */
export function clusterStore({ timeoutMs, failOpen }: LimitsConfig, notes: StoreNotes): LimitStore {
  if (!cluster.isWorker) return memoryStore()
  return new InsuredStore(new PrimaryStore(), { timeoutMs, failOpen, notes })
}

interface Pending {
  readonly resolve: (verdict: Verdict) => void
  readonly reject: (error: Error) => void
}

/** What a worker asks of its primary: all that is counted in one turn of the event loop in one message. */
class PrimaryStore implements RemoteStore {
  readonly name = 'the primary process'
  #pending = new Map<number, Pending>()
  #entries: CountMessage['count'] = []
  #count = 0
  readonly #onMessage = (message: unknown): void => this.#settle(message)
  readonly #onDisconnect = (): void => this.reset()

  open(): void {
    process.on('message', this.#onMessage)
    process.on('disconnect', this.#onDisconnect)
  }

  close(): void {
    process.off('message', this.#onMessage)
    process.off('disconnect', this.#onDisconnect)
    this.reset()
  }

  keep(quotas: readonly Quota[]): void {
    this.#send({ for: 'protobridge limits', use: quotas }, () => undefined)
  }

  reset(): void {
    const pending = this.#pending
    this.#pending = new Map()
    for (const { reject } of pending.values()) reject(new Error('the question was dropped'))
  }

  limiter({ id }: Quota): { consume(key: string, cost: number): Promise<Verdict> } {
    return { consume: (key, cost) => this.#ask(id, key, cost) }
  }

  #ask(id: string, key: string, cost: number): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      const number = ++this.#count
      this.#pending.set(number, { resolve, reject })
      this.#entries.push([number, id, key, cost])
      if (this.#entries.length === 1) setImmediate(() => this.#flush())
    })
  }

  #flush(): void {
    const count = this.#entries
    this.#entries = []
    this.#send({ for: 'protobridge limits', count }, (error) => {
      for (const [number] of count) this.#take(number)?.reject(error)
    })
  }

  #send(message: CountMessage | UseMessage, onError: (error: Error) => void): void {
    if (process.send === undefined || !process.connected) return onError(new Error('there is no primary process'))
    process.send(message, undefined, undefined, (error) => {
      if (error !== null) onError(error)
    })
  }

  #settle(message: unknown): void {
    if (!isAnswer(message)) return
    for (const [number, isAllowed, remaining, msBeforeNext] of message.counted) {
      this.#take(number)?.resolve({ isAllowed, remaining, msBeforeNext })
    }
  }

  #take(number: number): Pending | undefined {
    const pending = this.#pending.get(number)
    this.#pending.delete(number)
    return pending
  }
}
