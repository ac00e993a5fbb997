/** What one worker says to a question. */
export interface WorkerAnswer<T = unknown> {
  /** The worker's place, from 1: the same after it was replaced. */
  readonly worker: number
  readonly value: T
}

/**
 * Asks the processes that serve for what only they know. Whoever has something to ask (metrics, say) answers to a name in each
 * worker (`Channel.answer`), and asks for that name here.
 */
export interface WorkerChannel {
  /**
   * Asks every worker that serves, side by side. One that does not answer in time, or fails, is left out.
   * @param argument anything that can be cloned (the structured clone algorithm)
   * @param timeoutMs default: a second
   * @returns in the order of their places
   */
  ask<T = unknown>(name: string, argument?: unknown, timeoutMs?: number): Promise<readonly WorkerAnswer<T>[]>
}

/** One worker for a person: a row of `/status`. */
export interface WorkerView {
  readonly worker: number
  /** null while there is no process. */
  readonly pid: number | null
  readonly state: 'starting' | 'serving' | 'waiting' | 'ending'
  /** How often it was replaced. */
  readonly restarts: number
  /** How the last process of this place ended, where nobody asked it to; null: none did. */
  readonly lastExit: string | null
}
