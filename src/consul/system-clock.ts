import type { Clock } from './types.js'

/** The clock of this machine. */
export const systemClock: Clock = {
  now: Date.now,
  setTimer: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
  random: Math.random,
}
