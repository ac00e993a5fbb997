import type { ConcurrencyConfig } from '../config/index.js'
import { Code, StatusError } from '../status/index.js'
import { compileCallerKey } from './caller-key.js'
import { PolicyReason } from './reasons.js'
import type { PolicyKind } from './types.js'

/** How many requests of each caller are under way. Only of those that have some is anything kept. */
export class CallerCounts {
  readonly #counts = new Map<string, number>()

  /** @returns false where there are so many already */
  enter(key: string, max: number): boolean {
    const count = this.#counts.get(key) ?? 0
    if (count >= max) return false
    this.#counts.set(key, count + 1)
    return true
  }

  leave(key: string): void {
    const count = this.#counts.get(key) ?? 0
    if (count > 1) this.#counts.set(key, count - 1)
    else this.#counts.delete(key)
  }
}

/** The counts of a process: requests that began before a reload are under way after it, and count. */
export class ConcurrencyCounts {
  /** One for each entry of `policies`: the methods that it selects share it. */
  readonly #byEntry = new Map<string, CallerCounts>()

  of({ entry }: ConcurrencyConfig): CallerCounts {
    let counts = this.#byEntry.get(entry)
    if (counts === undefined) this.#byEntry.set(entry, (counts = new CallerCounts()))
    return counts
  }
}

/** `concurrency: { max, by }`: so many requests of one caller at one time, over all methods of the entry; exact. */
export const concurrency: PolicyKind = {
  name: 'concurrency',
  compile: (_method, { concurrency: config }, { concurrencyCounts }) => {
    if (config === undefined) return undefined
    const keyOf = compileCallerKey(config.by)
    const { max } = config
    const shared = concurrencyCounts.of(config)
    return {
      filter: (request) => {
        const key = keyOf(request)
        if (!shared.enter(key, max)) {
          throw new StatusError(Code.ResourceExhausted, `no more than ${max} requests of a caller at one time`, {
            reason: PolicyReason.TooManyConcurrent,
          })
        }
        request.onOver(() => shared.leave(key))
        return undefined
      },
    }
  },
}
