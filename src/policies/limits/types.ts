/** What is counted: the rate of one limit, or of one of its plans. */
export interface Quota {
  readonly name: string
  readonly points: number
  readonly seconds: number
  /** A second bucket, spent after the first; 0: none. */
  readonly burst: number
  /** Keys are something that callers have sent, a credential perhaps: what is kept elsewhere is their hash. */
  readonly isPrivate: boolean
  /** Tells it from every other, in all processes of one configuration alike. */
  readonly id: string
}

/** What a limit says of one request. */
export interface Verdict {
  readonly isAllowed: boolean
  /** Of the limit and its burst together. */
  readonly remaining: number
  /** Until the window of the limit ends; of a request that is refused, until there is room again. */
  readonly msBeforeNext: number
}

/** Counts the requests of each caller against one quota. */
export interface Limiter {
  /**
   * @param key tells callers apart
   * @param cost what the request takes, a whole number from 0
   * @param waitMs the longest that it may take where the store is not in this process
   * @returns at once where the store is in this process; undefined where nobody counts, and the request passes
   */
  consume(key: string, cost: number, waitMs: number): Verdict | Promise<Verdict | undefined>
}

/** Where limits are counted. */
export interface LimitStore {
  /** The longest that one request may wait for it, ms; 0: it is in this process. */
  readonly waitMs: number
  limiter(quota: Quota): Limiter
  /** It is in use from now on. */
  open(): void
  /** These are counted now; of the others nothing needs to be remembered. */
  keep(quotas: readonly Quota[]): void
  close(): void
}

/** A store in another process, which may be away: `insured` makes a LimitStore of it. */
export interface RemoteStore {
  /** As the log names it: `redis at 10.0.0.1:6379`. */
  readonly name: string
  /** Rejects where the store cannot count, and may take for ever. */
  limiter(quota: Quota): { consume(key: string, cost: number): Promise<Verdict> }
  open(): void
  keep(quotas: readonly Quota[]): void
  /** It has not answered for a while: begins anew, and forgets what it waits for. */
  reset(): void
  close(): void
}

/** Tells the operator: `warn` when a store goes away, `info` when it is back. */
export type StoreNotes = (level: 'warn' | 'info', text: string) => void
