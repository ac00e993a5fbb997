import type { Listener } from '../server/index.js'
import type { Pause } from './pause.js'

export interface DrainOptions {
  readonly listeners: readonly Listener[]
  readonly delayMs: number
  readonly timeoutMs: number
  readonly pause: Pause
  /** Called before the listeners are closed; by default there is nothing else to do. Never rejects. */
  readonly stopAccepting?: (() => Promise<void>) | undefined
  /** Resolves when no request is under way any more. Called when nothing new can come. */
  readonly idle: () => Promise<unknown>
}

/** Waits for what ends by itself, but no longer than this. @param ended never rejects */
export async function waitAtMost(ms: number, ended: Promise<unknown>, pause: Pause): Promise<void> {
  await Promise.race([ended, pause.wait(ms)])
  pause.end()
}

/**
 * Contract, "Drain": for `delay` the listeners still accept, then what is under way may finish within `timeout`, and
 * what has not by then is cut.
 * @returns whether anything was
 */
export async function drain({
  listeners,
  delayMs,
  timeoutMs,
  pause,
  stopAccepting,
  idle,
}: DrainOptions): Promise<boolean> {
  if (delayMs > 0 && listeners.length > 0) await pause.wait(delayMs)
  await stopAccepting?.()
  const endMs = performance.now() + timeoutMs
  await waitAtMost(timeoutMs, Promise.all(listeners.map((listener) => listener.close())), pause)
  // Only now: while a connection is open, a request may come on it.
  let isIdle = false
  const finished = idle().then(() => {
    isIdle = true
  })
  await waitAtMost(Math.max(0, endMs - performance.now()), finished, pause)
  // Connections without a request may still be open: closing those cuts nothing.
  for (const listener of listeners) listener.closeAllConnections()
  return !isIdle
}
