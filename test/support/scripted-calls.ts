import type { ResilienceDependencies, UnaryCall, UnaryEnd } from '../../src/upstream/resilience/types.js'
import type { CallOptions, CallStatus, Endpoint, Metadata } from '../../src/upstream/index.js'
import { local } from './fake-transport.js'

/** A clock that stands still until it is told to go on. */
export class FakeClock implements ResilienceDependencies {
  nowMs: number
  /** What chance gives: 0.5 is the middle of what it may be. */
  chance = 0.5
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>()

  constructor(nowMs = 1_000_000) {
    this.nowMs = nowMs
  }

  readonly now = (): number => this.nowMs
  readonly random = (): number => this.chance
  readonly setTimer = (delayMs: number, run: () => void): { cancel(): void } => {
    const timer = { at: this.nowMs + delayMs, run }
    this.#timers.add(timer)
    return { cancel: () => void this.#timers.delete(timer) }
  }

  /** Delays of the timers that are set, ms from now. */
  get waits(): number[] {
    return [...this.#timers].map(({ at }) => at - this.nowMs).sort((a, b) => a - b)
  }

  advance(ms: number): void {
    const until = this.nowMs + ms
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > until) break
      this.#timers.delete(next)
      this.nowMs = Math.max(this.nowMs, next.at)
      next.run()
    }
    this.nowMs = until
  }
}

/** An attempt that waits for the test to end it. */
export interface ScriptedAttempt {
  readonly options: CallOptions
  readonly message: Uint8Array
  isCancelled: boolean
  /** Where it is, from when the test says so. */
  endpoint: string | undefined
  end(status: CallStatus, more?: { readonly trailers?: Metadata; readonly endpoint?: string }): void
}

/** Calls whose attempts are kept, for the test to end. */
export class ScriptedCalls {
  readonly attempts: ScriptedAttempt[] = []

  readonly call: UnaryCall = (options, message, onEnd) => {
    let isOver = false
    const attempt: ScriptedAttempt = {
      options,
      message,
      isCancelled: false,
      endpoint: undefined,
      end: (status, { trailers = [], endpoint = attempt.endpoint } = {}) => {
        if (isOver) throw new Error('an attempt ends once')
        isOver = true
        const answer = status.code === 0 ? Uint8Array.of(this.attempts.indexOf(attempt)) : undefined
        onEnd({ status, headers: [], trailers, message: answer }, endpoint === undefined ? undefined : named(endpoint))
      },
    }
    this.attempts.push(attempt)
    return {
      get endpoint() {
        return attempt.endpoint === undefined ? undefined : named(attempt.endpoint)
      },
      cancel: () => {
        if (isOver || attempt.isCancelled) return
        attempt.isCancelled = true
        process.nextTick(() => isOver || attempt.end(local(1, 'the call was cancelled')))
      },
    }
  }

  get last(): ScriptedAttempt {
    return this.attempts.at(-1)!
  }
}

/** Takes how a call ended, once. */
export function outcome(): { readonly onEnd: UnaryEnd; readonly ends: Parameters<UnaryEnd>[] } {
  const ends: Parameters<UnaryEnd>[] = []
  return { ends, onEnd: (...end) => void ends.push(end) }
}

function named(address: string): Endpoint {
  const [host = '', port = ''] = address.split(':')
  return { address, host, port: Number(port), path: undefined, weight: 1, zone: undefined, tags: [], meta: {} }
}
