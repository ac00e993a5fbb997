import { Circuit } from './circuit.js'
import { MemoryLimiter } from './memory-limiter.js'
import type { Limiter, LimitStore, Quota, RemoteStore, StoreNotes, Verdict } from './types.js'

export interface Insurance {
  /** The longest that one request may wait for the store. */
  readonly timeoutMs: number
  /** While the store is away requests pass; otherwise this process counts for itself. */
  readonly failOpen: boolean
  readonly notes: StoreNotes
  /** How often a store that is away is asked whether it is back. */
  readonly probeEveryMs?: number
}

const PROBE_EVERY_MS = 500
/** So many probes in vain, and the connection itself may be what is dead. */
const PROBES_BEFORE_RESET = 6
/** Counted at no cost: reading alone would not show that the store can write. */
const PROBE: Quota = { name: 'probe', points: 1, seconds: 1, burst: 0, isPrivate: false, id: 'probe' }

/** A store elsewhere, and what is done while it is away: no request ever fails for that, or waits longer than the time-out. */
export class InsuredStore implements LimitStore {
  readonly waitMs: number
  readonly #remote: RemoteStore
  readonly #insurance: Insurance
  readonly #circuit: Circuit
  #failedProbes = 0
  #quotas: readonly Quota[] = []
  #isOpen = false

  constructor(remote: RemoteStore, insurance: Insurance) {
    const { timeoutMs, probeEveryMs = PROBE_EVERY_MS } = insurance
    this.waitMs = timeoutMs
    this.#remote = remote
    this.#insurance = insurance
    const probe = remote.limiter(PROBE)
    this.#circuit = new Circuit({
      probeEveryMs,
      probe: () => this.#probed(withTimeout(probe.consume('', 0), timeoutMs)),
      onOpen: (error) => this.#tellAway(error),
      onClose: () => insurance.notes('info', `limits: ${remote.name} is back: it counts again`),
    })
  }

  limiter(quota: Quota): Limiter {
    const { failOpen } = this.#insurance
    const remote = this.#remote.limiter(quota)
    const counting: ReturnType<RemoteStore['limiter']> = {
      consume: (key, cost) => {
        if (!this.#isOpen) this.open()
        return remote.consume(key, cost)
      },
    }
    return new InsuredLimiter(counting, this.waitMs, this.#circuit, failOpen ? undefined : quota)
  }

  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#remote.open()
    this.#remote.keep(this.#quotas)
  }

  keep(quotas: readonly Quota[]): void {
    this.#quotas = [PROBE, ...quotas]
    if (this.#isOpen) this.#remote.keep(this.#quotas)
  }

  close(): void {
    this.#circuit.stop()
    this.#remote.close()
  }

  #probed<T>(answer: Promise<T>): Promise<T> {
    return answer.then(
      (verdict) => {
        this.#failedProbes = 0
        return verdict
      },
      (error: unknown) => {
        this.#failedProbes++
        if (this.#failedProbes % PROBES_BEFORE_RESET === 0) this.#remote.reset()
        throw error
      },
    )
  }

  #tellAway({ message }: Error): void {
    const { failOpen, notes } = this.#insurance
    const meanwhile = failOpen ? 'requests pass uncounted' : 'this process counts for itself'
    notes('warn', `limits: ${this.#remote.name} is away (${message}): until it is back ${meanwhile}`)
  }
}

class InsuredLimiter implements Limiter {
  readonly #remote: ReturnType<RemoteStore['limiter']>
  readonly #timeoutMs: number
  readonly #circuit: Circuit
  /** undefined: requests pass. */
  readonly #quota: Quota | undefined
  /** Made when it is first needed. */
  #substitute: MemoryLimiter | undefined

  constructor(
    remote: ReturnType<RemoteStore['limiter']>,
    timeoutMs: number,
    circuit: Circuit,
    quota: Quota | undefined,
  ) {
    this.#remote = remote
    this.#timeoutMs = timeoutMs
    this.#circuit = circuit
    this.#quota = quota
    this.#substitute = undefined
  }

  async consume(key: string, cost: number, waitMs: number): Promise<Verdict | undefined> {
    // Where it has waited its time for another limit, this one is counted here.
    if (this.#circuit.isOpen || waitMs <= 0) return this.#insured(key, cost)
    try {
      return await withTimeout(this.#remote.consume(key, cost), waitMs)
    } catch (error) {
      // A request that had waited for another limit already could not wait long enough to tell.
      const isTold = waitMs >= this.#timeoutMs || !(error instanceof TimeoutError)
      if (isTold) this.#circuit.open(error instanceof Error ? error : new Error(String(error)))
      return this.#insured(key, cost)
    }
  }

  #insured(key: string, cost: number): Verdict | undefined {
    if (this.#quota === undefined) return undefined
    this.#substitute ??= new MemoryLimiter(this.#quota)
    return this.#substitute.consume(key, cost)
  }
}

class TimeoutError extends Error {}

/** Rejects where it takes longer. What comes after that is nobody's. */
function withTimeout<T>(answer: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // Where this process itself was held up, answers may have come that it has not read yet: they are read first.
      setImmediate(() => reject(new TimeoutError(`no answer within ${Math.round(ms)} ms`)))
    }, ms)
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
