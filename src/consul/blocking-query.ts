import { requireAnswer } from './answers.js'
import { TurnLimit } from './turn-limit.js'
import { AgentError, type AgentClient, type AgentRequest, type AgentResponse, type Clock } from './types.js'

/** Consul's default is 5 m, its maximum 10 m. */
const DEFAULT_WAIT_MS = 300_000
/** What a question without index, or a slow network, may take besides. */
const MARGIN_MS = 10_000
const MIN_BACKOFF_MS = 1000
const MAX_BACKOFF_MS = 60_000
const BACKOFF_JITTER = 0.2
/** A call to `hurry` does not ask sooner than this after the last question. */
const MIN_HURRY_MS = 5000

/** What surrounds an answer: whether an empty list can be taken at its word. */
export interface Circumstances {
  /** The first answer after an error, or after the index went back. */
  readonly isAfterFault: boolean
  /** `X-Consul-Results-Filtered-By-ACLs: true`: the token may not read all there is (Consul 1.11 and later). */
  readonly isFiltered: boolean
  /** `X-Consul-KnownLeader: false`: whoever answered may be behind without knowing. */
  readonly isLeaderless: boolean
  /** The answer differs from the last one, or is the first. */
  readonly isChanged: boolean
}

export interface BlockingQueryOptions<Value> {
  readonly client: AgentClient
  readonly clock: Clock
  readonly path: string
  readonly query?: AgentRequest['query']
  /** How long the agent may hold a question. Default 5 m. */
  readonly waitMs?: number
  readonly maxResponseBytes?: number
  /** Statuses that are answers; default 200. KV: also 404, which has an index and so can be watched. */
  readonly answers?: readonly number[]
  /** Reads an answer. What it throws counts as an error of the agent. */
  read(response: AgentResponse): Value
  /** The same text for values that are the same: a return of a blocking query is no promise of change. */
  fingerprint(value: Value): string
  /** What the token needs, for the message where the agent answers 403: `service:read and node:read`. */
  readonly rights: string
  /** Each good answer, changed or not. */
  onAnswer(value: Value, circumstances: Circumstances): void
  /** Asking failed; it is tried again, and the last answer stays what is known. */
  onError(error: AgentError): void
}

export interface BlockingQuery {
  /** Asks soon, where the loop is waiting after an error. */
  hurry(): void
  /** Ends the loop and the question under way at once; no callback follows. */
  stop(): void
}

/**
 * Watches one path of an agent. The rules are those of Consul's documentation of blocking queries:
 * the first question has no index, later ones the last `X-Consul-Index`, at least 1; an index that went back starts again
 * without one; answers are compared; the loop is rate-limited; errors back off with jitter (1 to 60 s) and forget the
 * index.
 */
export function startBlockingQuery<Value>(options: BlockingQueryOptions<Value>): BlockingQuery {
  return new BlockingQueryLoop(options)
}

class BlockingQueryLoop<Value> implements BlockingQuery {
  private readonly options: BlockingQueryOptions<Value>
  private readonly waitMs: number
  private readonly limit: TurnLimit
  private readonly abort = new AbortController()
  /** Of the last good answer; undefined: the next question has none. */
  private index: bigint | undefined
  private fingerprint: string | undefined
  private isAfterFault = false
  private failures = 0
  private askedAt: number
  private pending: { cancel(): void } | undefined
  private backoffUntil = 0

  constructor(options: BlockingQueryOptions<Value>) {
    this.options = options
    this.waitMs = options.waitMs ?? DEFAULT_WAIT_MS
    this.askedAt = options.clock.now()
    this.limit = new TurnLimit(this.askedAt)
    this.turn(0, false)
  }

  hurry(): void {
    const now = this.options.clock.now()
    const soonest = Math.max(now, this.askedAt + MIN_HURRY_MS)
    if (this.pending === undefined || this.backoffUntil <= soonest) return
    this.pending.cancel()
    this.backoffUntil = soonest
    this.schedule(soonest - now)
  }

  stop(): void {
    this.pending?.cancel()
    this.pending = undefined
    this.abort.abort()
  }

  /** Asks when the rate limit and `atLeastMs` have passed. @param isAfterNews for the rate limit */
  private turn(atLeastMs: number, isAfterNews: boolean): void {
    const now = this.options.clock.now()
    const delayMs = Math.max(atLeastMs, this.limit.take(now, isAfterNews))
    this.backoffUntil = atLeastMs > 0 ? now + delayMs : 0
    if (delayMs === 0) void this.ask()
    else this.schedule(delayMs)
  }

  private schedule(delayMs: number): void {
    this.pending = this.options.clock.setTimer(delayMs, () => {
      this.pending = undefined
      void this.ask()
    })
  }

  private async ask(): Promise<void> {
    const { client, clock, path, query, maxResponseBytes } = this.options
    this.askedAt = clock.now()
    const blocking: (readonly [string, string])[] =
      this.index === undefined
        ? []
        : [
            ['index', this.index.toString()],
            ['wait', this.waitMs % 1000 === 0 ? `${this.waitMs / 1000}s` : `${this.waitMs}ms`],
          ]
    let value: Value
    let response: AgentResponse
    try {
      response = await client.request({
        method: 'GET',
        path,
        query: [...(query ?? []), ...blocking],
        // The agent holds a question for `wait` and up to a sixteenth more, so that not all come back at once.
        timeoutMs: (this.index === undefined ? 0 : Math.ceil((this.waitMs * 17) / 16)) + MARGIN_MS,
        signal: this.abort.signal,
        ...(maxResponseBytes === undefined ? {} : { maxResponseBytes }),
      })
      if (this.abort.signal.aborted) return
      requireAnswer(response, client, this.options)
      value = this.read(response)
    } catch (error) {
      if (!this.abort.signal.aborted) this.onError(error)
      return
    }
    this.onAnswer(value, response)
  }

  private onAnswer(value: Value, { headers }: AgentResponse): void {
    this.failures = 0
    const index = readIndex(headers['x-consul-index'])
    const wentBack = this.index !== undefined && index < this.index
    this.index = wentBack ? undefined : index
    const fingerprint = this.options.fingerprint(value)
    const circumstances: Circumstances = {
      isAfterFault: this.isAfterFault || wentBack,
      isFiltered: headers['x-consul-results-filtered-by-acls'] === 'true',
      isLeaderless: headers['x-consul-knownleader'] === 'false',
      isChanged: fingerprint !== this.fingerprint,
    }
    // What was asked without index after the index went back is the first answer that can be trusted again, or not.
    this.isAfterFault = wentBack
    this.fingerprint = fingerprint
    this.options.onAnswer(value, circumstances)
    if (!this.abort.signal.aborted) this.turn(0, circumstances.isChanged)
  }

  private onError(error: unknown): void {
    const agentError =
      error instanceof AgentError
        ? error
        : new AgentError('malformed', error instanceof Error ? error.message : String(error))
    this.index = undefined
    this.isAfterFault = true
    const backoffMs = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** Math.min(this.failures, 10))
    this.failures += 1
    this.options.onError(agentError)
    if (this.abort.signal.aborted) return
    const jitter = 1 + BACKOFF_JITTER * (2 * this.options.clock.random() - 1)
    this.turn(Math.round(Math.min(MAX_BACKOFF_MS, backoffMs * jitter)), false)
  }

  /** @throws {AgentError} for a body that cannot be read */
  private read(response: AgentResponse): Value {
    try {
      return this.options.read(response)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new AgentError(
        'malformed',
        `the answer of the Consul agent ${this.options.client.agent} is malformed: ${reason}`,
      )
    }
  }
}

/**
 * At least 1: an index of 0 would make a busy loop, 1 is always safe. Without the header, or with nonsense in it, too:
 * then each question is answered at once and the rate limit makes it polling.
 */
function readIndex(header: string | undefined): bigint {
  if (header === undefined || !/^[0-9]{1,20}$/.test(header)) return 1n
  const index = BigInt(header)
  return index < 1n ? 1n : index
}
